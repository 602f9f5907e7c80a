import "@millrace/distributed";
import type { ExecutorName } from "@millrace/graph";

/** The executors that everything must give the same answers on, by name. */
export const executors: readonly ExecutorName[] = ["inline", "threads"];
