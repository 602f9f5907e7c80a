import type { RunOptions } from "@millrace/graph";
import * as graph from "@millrace/graph";
import type { Field } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import { checkNames } from "../plan/check.ts";

/** Refuses options that do not exist. */
export function checkOptions(api: string, options: unknown, names: readonly string[]): void {
  graph.checkOptions(api, options, names, invalidArgument);
}

/** Refuses options that are neither a verb's own nor those of a run; gives the two apart. */
export function splitOptions<O extends RunOptions, K extends keyof O & string>(
  api: string,
  options: O,
  own: readonly K[],
): { own: Pick<O, K>; run: RunOptions } {
  return graph.splitOptions(api, options, own, invalidArgument);
}

/** One name or several, as an array of names that are columns. */
export function columnNames(
  api: string,
  fields: readonly Field[],
  given: string | readonly string[],
): readonly string[] {
  const names = typeof given === "string" ? [given] : given;
  if (!Array.isArray(names) || names.some((name) => typeof name !== "string")) {
    throw invalidArgument(api, "bad columns", given, "a name or an array of names");
  }
  return checkNames(api, fields, names).map(({ name }) => name);
}
