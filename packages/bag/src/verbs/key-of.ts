import { checkCallback } from "../check.ts";
import type { Callback } from "../stage/ops.ts";
import { pluckWith } from "../stage/pluck.ts";

/** The key function that a user gave, or that of the property that a user named. */
export function keyFunction(api: string, key: unknown): Callback {
  if (typeof key === "string" || typeof key === "number" || typeof key === "symbol") {
    return pluckWith(api, { key, fallback: undefined, hasFallback: false });
  }
  return checkCallback(api, key);
}

/** As {@link keyFunction}, where the element itself is the key when none was given. */
export function optionalKey(api: string, key: unknown): Callback | undefined {
  return key === undefined ? undefined : keyFunction(api, key);
}
