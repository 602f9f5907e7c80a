import { threadsExecutor } from "@millrace/distributed";
import { setDefaultExecutor } from "@millrace/graph";

export * from "@millrace/bag";
export * from "@millrace/closure";
export * from "@millrace/delayed";
export * from "@millrace/distributed";
export * from "@millrace/graph";
export * from "@millrace/storage";

setDefaultExecutor(threadsExecutor);
