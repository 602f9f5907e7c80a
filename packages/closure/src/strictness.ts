import type { AnyFunction } from "./inspector.ts";
import { isFunction, type Scope } from "./scopes.ts";
import { fileOf } from "./script.ts";
import type { Examined, Found, Walk } from "./walk.ts";

/**
 * Whether a function is strict code. Only ordinary functions of sloppy code have a property
 * `caller`; for the others it is the source that says so, except under a direct eval, which
 * takes its strictness from the code around it.
 */
export function isStrict(walk: Walk, found: Found, fn: AnyFunction, examined: Examined): boolean {
  const { placed, inspected } = examined;
  if (Object.hasOwn(fn, "caller")) return false;
  if (placed === undefined || placed.strict) return true;
  const { node, start } = placed;
  const ordinary = isFunction(node) && !node.async && !node.generator && start === node.start;
  if (ordinary && node.type !== "ArrowFunctionExpression") return true;
  if (!isFromDirectEval(examined)) return false;
  if (inspected?.scopes.some(({ description }) => description === "Module") === true) return true;
  return walk.fail(
    "closure/eval",
    found,
    "a direct eval made it, and whether it is strict code cannot be known; use (0, eval)(text) or new Function",
  );
}

/**
 * Whether direct eval made a function: then it stands in a script without a file and sees variables
 * that this script does not declare, those of the code that called eval.
 */
function isFromDirectEval({ script, placed, inspected }: Examined): boolean {
  if (script === undefined || placed === undefined || script.isModule) return false;
  if (fileOf(script) !== undefined) return false;
  const declared = new Set(["this", "arguments", "new.target"]);
  for (let at: Scope | undefined = placed.scope; at !== undefined; at = at.parent) {
    for (const name of at.bindings.keys()) declared.add(name);
  }
  return (inspected?.scopes ?? []).some(({ description, object }) => {
    if (description === "Module") return true;
    if (/^(Global|Script)$/.test(description)) return false;
    return Object.keys(object).some((name) => /^[^#.]/.test(name) && !declared.has(name));
  });
}
