import { checkCallback } from "../check.ts";
import { asSnapshot } from "../layer-name.ts";
import type { KeyOf } from "../stage/ops.ts";

/** How elements get their keys: by the function that a user gave, or the property. */
export function keyOf(api: string, key: unknown): KeyOf {
  if (typeof key === "string" || typeof key === "number" || typeof key === "symbol") {
    return asSnapshot({ api, name: key });
  }
  return checkCallback(api, key);
}

/** As {@link keyOf}, where the element itself is the key when none was given. */
export function optionalKey(api: string, key: unknown): KeyOf | undefined {
  return key === undefined ? undefined : keyOf(api, key);
}
