import type { RunOptions } from "@millrace/graph";
import { runOptionNames } from "@millrace/graph";
import type { Field } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import { checkNames } from "../plan/check.ts";

/** Refuses options that do not exist. */
export function checkOptions(api: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalidArgument(api, "the options must be an object", options, "an object");
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const wanted = names.length === 0 ? "no options" : `one of ${names.join(", ")}`;
    throw invalidArgument(api, "no such option", name, wanted);
  }
}

/** Refuses options that are neither a verb's own nor those of a run; gives the two apart. */
export function splitOptions<O extends RunOptions, K extends keyof O & string>(
  api: string,
  options: O,
  own: readonly K[],
): { run: RunOptions; own: Pick<O, K> } {
  checkOptions(api, options, [...own, ...runOptionNames]);
  const entries = Object.entries(options);
  const isOwn = ([name]: [string, unknown]): boolean => own.some((known) => known === name);
  return {
    run: Object.fromEntries(entries.filter((entry) => !isOwn(entry))),
    own: Object.fromEntries(entries.filter(isOwn)) as Pick<O, K>,
  };
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
