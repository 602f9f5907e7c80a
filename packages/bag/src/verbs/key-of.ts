import { checkCallback } from "../partitions.ts";
import { pluckWith } from "../stage/elements.ts";
import type { Callback } from "../stage/ops.ts";

/** A function of an element, or the name of a property. */
export type KeyOf = Callback | PropertyKey;

/** The key function that a user gave or named. */
export function keyFunction(api: string, key: KeyOf): Callback {
  if (typeof key === "function") return key;
  if (typeof key !== "string" && typeof key !== "number" && typeof key !== "symbol") {
    return checkCallback(api, key as never);
  }
  return pluckWith({ kind: "pluck", key, fallback: undefined, hasFallback: false }) as Callback;
}
