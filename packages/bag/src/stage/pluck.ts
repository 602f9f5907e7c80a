import { taskFault } from "@millrace/graph/tasks";
import { invalidArgument } from "../errors.ts";
import type { ElementOp } from "./ops.ts";

/** The function that plucks what an operation names out of an element. */
export function pluckWith(
  api: string,
  { key, fallback, hasFallback }: Omit<Extract<ElementOp, { kind: "pluck" }>, "kind">,
): (value: unknown) => unknown {
  const pluckOne = (value: unknown, name: PropertyKey): unknown => {
    if (value === null || value === undefined) {
      if (hasFallback) return fallback;
      const remedy = "Filter these elements out first.";
      const what = `an element has no ${String(name)}`;
      throw taskFault(invalidArgument(api, what, value, "objects", remedy));
    }
    const found = (value as Record<PropertyKey, unknown>)[name];
    return found === undefined && hasFallback ? fallback : found;
  };
  if (!Array.isArray(key)) return (value) => pluckOne(value, key as PropertyKey);
  const names = key as readonly PropertyKey[];
  return (value) => names.map((name) => pluckOne(value, name));
}
