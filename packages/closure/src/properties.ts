import { Flag, Integrity, type Properties, type Slot } from "./nodes.ts";
import type { Edge, Found, Walk } from "./walk.ts";
import type { Usage } from "./usage.ts";
import type { Packed } from "./wire.ts";

const usual = Flag.writable | Flag.enumerable | Flag.configurable;

/** Own properties of a value in their own order; undefined when there are none to send. */
export function ownProperties(
  walk: Walk,
  found: Found,
  value: object,
  skip: (key: string | symbol, property: PropertyDescriptor) => boolean = () => false,
  usage: (key: string | symbol) => Usage = () => "all",
): Properties | undefined {
  const list: Packed[] = [];
  const closed = integrityOf(value) ?? 0;
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    if (skip(key, property)) continue;
    const flags = flagsOf(property, closed);
    const name = keySlot(walk, found, key);
    const edge = propertyEdge(key);
    if ("value" in property) {
      const item = walk.slot(property.value, found, edge, usage(key));
      list.push(flags === usual ? name : [flags, name], item);
      continue;
    }
    const accessors = [walk.slot(property.get, found, edge), walk.slot(property.set, found, edge)];
    list.push([flags | Flag.accessor, name], accessors);
  }
  return list.length === 0 ? undefined : list;
}

/** A property key: strings as they are, symbols as references. */
export function keySlot(walk: Walk, found: Found, key: string | symbol): Slot {
  return typeof key === "string" ? key : walk.slot(key, found, propertyEdge(key));
}

/** How a property shows in a trail. */
export function propertyEdge(key: string | symbol): Edge {
  if (typeof key === "symbol") return { kind: "property", name: `[${String(key)}]` };
  const name = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
    ? key
    : `[${/^\d+$/.test(key) ? key : JSON.stringify(key)}]`;
  return { kind: "property", name };
}

/** How far an object is closed; undefined for an open one. */
export function integrityOf(value: object): number | undefined {
  if (Object.isExtensible(value)) return undefined;
  if (Object.isFrozen(value)) return Integrity.frozen;
  return Object.isSealed(value) ? Integrity.sealed : Integrity.nonExtensible;
}

/** Attributes, without those that closing the object again will set. */
function flagsOf(property: PropertyDescriptor, closed: number): number {
  const accessor = !("value" in property);
  const writable = property.writable === true || (closed === Integrity.frozen && !accessor);
  const configurable = property.configurable === true || closed >= Integrity.sealed;
  return (
    (writable ? Flag.writable : 0) |
    (property.enumerable === true ? Flag.enumerable : 0) |
    (configurable ? Flag.configurable : 0)
  );
}
