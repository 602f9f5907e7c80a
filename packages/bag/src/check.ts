import { checkCount, checkOptions, runOptionNames } from "@millrace/graph";
import { invalidArgument } from "./errors.ts";
import type { Callback } from "./stage/ops.ts";

/** More partitions than anyone means to have: a plan of them alone would fill the memory. */
export const partitionsMax = 10_000_000;

/** Checks a number of partitions, or of what cannot be more than they are. */
export function checkPartitions(api: string, value: number, name = "npartitions"): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= partitionsMax) return value;
  throw invalidArgument(api, `bad ${name}`, value, `a whole number from 1 to ${partitionsMax}`);
}

/** Checks a number of elements. */
export function checkElements(api: string, name: string, value: number, least = 0): number {
  return checkCount(api, name, value, least, invalidArgument);
}

/** Checks how many parts of a reduction go into one task. */
export function checkSplitEvery(api: string, value: number): number {
  return checkElements(api, "splitEvery", value, 2);
}

/** Checks a callback. */
export function checkCallback(api: string, fn: unknown): Callback {
  if (typeof fn === "function") return fn as Callback;
  throw invalidArgument(api, "the callback must be a function", fn, "a function");
}

/** Refuses options that are neither a verb's own nor those of a run. */
export function checkRunNames(api: string, options: object, names: readonly string[]): void {
  checkOptionNames(api, options, [...names, ...runOptionNames]);
}

/** Refuses options that do not exist. */
export function checkOptionNames(api: string, options: object, names: readonly string[]): void {
  checkOptions(api, options, names, invalidArgument);
}
