export { delayed } from "./delayed.ts";
export type { DelayedFunction, DelayedOptions, DelayedTuple, Settled } from "./delayed.ts";
export { Delayed } from "@millrace/graph";
export type { Lazy, LazyArguments } from "@millrace/graph";
