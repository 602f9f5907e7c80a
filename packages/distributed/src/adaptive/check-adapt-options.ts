import { checkCount, checkOptions } from "@millrace/graph";
import { durationOption } from "../duration-option.ts";
import { optionRefusal } from "../option-refusal.ts";

/** How many workers a cluster shall have at different times. */
export interface AdaptOptions {
  /** There are never fewer workers; default 0. */
  readonly minimum?: number | undefined;
  /** There are never more; default Infinity. */
  readonly maximum?: number | undefined;
  /** How often it is measured: milliseconds, or a text such as "1s", which is the default. */
  readonly interval?: number | string | undefined;
  /**
   * In what time all that could run now should be done: milliseconds, or a text; default "5s". The
   * longer, the fewer workers are started.
   */
  readonly targetDuration?: number | string | undefined;
}

/** The same with all options set. */
export interface CheckedAdaptOptions {
  readonly minimum: number;
  readonly maximum: number;
  readonly intervalMs: number;
  readonly targetDurationMs: number;
}

const api = "LocalCluster.adapt";
const optionNames: readonly (keyof AdaptOptions)[] = [
  "minimum",
  "maximum",
  "interval",
  "targetDuration",
];

/** Fills in defaults and refuses what is no good. */
export function checkAdaptOptions(options: AdaptOptions): CheckedAdaptOptions {
  checkOptions(api, options, optionNames, optionRefusal);
  const { minimum = 0, maximum = Infinity, interval = "1s", targetDuration = "5s" } = options;
  checkCount(api, "minimum", minimum, 0, optionRefusal);
  if (maximum !== Infinity) checkCount(api, "maximum", maximum, 1, optionRefusal);
  if (maximum < minimum) {
    throw optionRefusal(api, "bad maximum", maximum, `at least the minimum of ${minimum}`);
  }
  return {
    minimum,
    maximum,
    intervalMs: durationOption(api, "interval", interval),
    targetDurationMs: durationOption(api, "targetDuration", targetDuration),
  };
}
