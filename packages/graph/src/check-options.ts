import { invalidArgument } from "./errors.ts";

/** Refuses options that do not exist: one that is misspelt would say nothing. */
export function checkOptions(api: string, options: object, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(api, "the options must be an object", options, "an object");
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw invalidArgument(api, "no such option", name, `one of ${names.join(", ")}`);
  }
}
