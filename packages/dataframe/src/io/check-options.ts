import { invalidArgument } from "../errors.ts";

/** Refuses options that do not exist. */
export function checkNames(api: string, options: object, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(api, "the options must be an object", options, "an object");
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw invalidArgument(api, "no such option", name, `one of ${names.join(", ")}`);
  }
}

/** Checks a choice. */
export function checkOneOf<T>(api: string, name: string, value: T, wanted: readonly T[]): T {
  if (wanted.includes(value)) return value;
  const shown = wanted.map((each) => JSON.stringify(each)).join(", ");
  throw invalidArgument(api, `bad ${name}`, value, `one of ${shown}`);
}

/** Checks a whole number. */
export function checkCount(api: string, name: string, value: unknown, least: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw invalidArgument(api, `bad ${name}`, value, `a whole number of ${least} or more`);
}
