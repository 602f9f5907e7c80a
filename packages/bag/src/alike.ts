import { tokenizeLoosely } from "@millrace/graph/tokens";
import { openClassToken } from "./class-token.ts";
import { StructuralMap } from "./stage/structural-map.ts";

/** How far numbers may be apart, of the larger one: what joining in another order rounds away. */
const rounding = 1e-9;
/** Deeper data, and circles, are compared by their tokens. */
const depthMax = 100;

/**
 * Whether two values have the same structure and the same leaves, numbers but for rounding; names
 * of objects and members of Maps and Sets in any order.
 */
export function alike(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a === "number" && typeof b === "number") {
    const largest = Math.max(Math.abs(a), Math.abs(b));
    return Number.isFinite(largest) && Math.abs(a - b) <= rounding * largest;
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return typeof a === "function" && tokenizeLoosely(a) === tokenizeLoosely(b);
  }
  return depth > depthMax ? tokenizeLoosely(a) === tokenizeLoosely(b) : alikeObjects(a, b, depth);
}

function alikeObjects(a: object, b: object, depth: number): boolean {
  const next = depth + 1;
  const kind = Object.getPrototypeOf(a) as unknown;
  const isSame = kind === Object.getPrototypeOf(b);
  if (isSame && (kind === Array.prototype || isTyped(a))) {
    return alikeLists(a as ArrayLike<unknown>, b as ArrayLike<unknown>, next);
  }
  if (isSame && kind === Map.prototype) {
    return alikeMaps(a as Map<unknown, unknown>, b as Map<unknown, unknown>, next);
  }
  if (isSame && kind === Set.prototype) {
    const members = (set: object): Map<unknown, unknown> =>
      new Map(Array.from(set as Set<unknown>, (item) => [item, undefined]));
    return alikeMaps(members(a), members(b), next);
  }
  const token = isPlain(a) ? "" : openClassToken(a);
  if (token === undefined || token !== (isPlain(b) ? "" : openClassToken(b))) {
    return tokenizeLoosely(a) === tokenizeLoosely(b);
  }
  const names = Reflect.ownKeys(a);
  return (
    names.length === Reflect.ownKeys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && alike(a[name as never], b[name as never], next))
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isTyped(value: object): boolean {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function alikeLists(a: ArrayLike<unknown>, b: ArrayLike<unknown>, depth: number): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (i in a !== i in b || !alike(a[i], b[i], depth)) return false;
  }
  return true;
}

function alikeMaps(
  a: ReadonlyMap<unknown, unknown>,
  b: ReadonlyMap<unknown, unknown>,
  depth: number,
): boolean {
  if (a.size !== b.size) return false;
  const others = new StructuralMap<unknown>();
  for (const [key, item] of b) others.add(key, item);
  for (const [key, item] of a) {
    const other = others.find(key);
    if (other === undefined || !alike(item, other.value, depth)) return false;
  }
  return true;
}
