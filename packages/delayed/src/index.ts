export { delayed } from "./delayed.ts";
export type { DelayedFunction, DelayedOptions, DelayedTuple } from "./delayed.ts";
export { Delayed } from "@millrace/graph";
export type { Lazy, LazyArguments, Settled } from "@millrace/graph";
