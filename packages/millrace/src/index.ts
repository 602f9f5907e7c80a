import { threadsExecutor } from "@millrace/distributed";
import { setDefaultExecutor } from "@millrace/graph";

export * from "@millrace/bag";
export * from "@millrace/closure";
export * from "@millrace/dataframe";
export * from "@millrace/delayed";
export * from "@millrace/distributed";
export * from "@millrace/graph";
export * from "@millrace/storage";

// Where two packages use one name, it is what most programs mean: lines of JSON are elements of a
// Bag, and `list` is a dtype.
export { readJsonLines } from "@millrace/bag";
export { list, readJsonLines as readJsonLinesFrame } from "@millrace/dataframe";
export { list as listFiles } from "@millrace/storage";

setDefaultExecutor(threadsExecutor);
