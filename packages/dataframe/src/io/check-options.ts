import * as graph from "@millrace/graph";
import { invalidArgument } from "../errors.ts";

/** Refuses options that do not exist. */
export function checkNames(api: string, options: unknown, names: readonly string[]): void {
  graph.checkOptions(api, options, names, invalidArgument);
}

/** Checks a choice. */
export function checkOneOf<T>(api: string, name: string, value: T, wanted: readonly T[]): T {
  if (wanted.includes(value)) return value;
  const shown = wanted.map((each) => JSON.stringify(each)).join(", ");
  throw invalidArgument(api, `bad ${name}`, value, `one of ${shown}`);
}

/** Checks a whole number. */
export function checkCount(api: string, name: string, value: unknown, least: number): number {
  return graph.checkCount(api, name, value, least, invalidArgument);
}
