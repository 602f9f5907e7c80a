import { types } from "node:util";
import { sameSource, type NaturalMembers } from "./class-source.ts";
import type { AnyFunction } from "./inspector.ts";
import type { Ordinary, Slot } from "./nodes.ts";
import { integrityOf, keySlot, ownProperties } from "./properties.ts";
import type { Found, Walk } from "./walk.ts";

/** The function whose `prototype` an object is; undefined for any other object. */
export function constructorOf(value: object): AnyFunction | undefined {
  const made: unknown = Object.getOwnPropertyDescriptor(value, "constructor")?.value;
  if (typeof made !== "function" || types.isProxy(made)) return undefined;
  const own: unknown = Object.getOwnPropertyDescriptor(made, "prototype")?.value;
  return own === value ? (made as AnyFunction) : undefined;
}

/** What a function's prototype object got beside what its source gives it. */
export function describePrototype(
  walk: Walk,
  found: Found,
  fn: AnyFunction,
  members: NaturalMembers | undefined,
): Ordinary | undefined {
  const prototype: unknown = Object.getOwnPropertyDescriptor(fn, "prototype")?.value;
  if (typeof prototype !== "object" || prototype === null) return undefined;
  if (constructorOf(prototype) !== fn) return undefined;
  const natural = skipNatural(members);
  const props = ownProperties(walk, found, prototype, (key, property) =>
    key === "constructor" ? isHidden(property) : natural(key, property),
  );
  const proto: unknown = Object.getPrototypeOf(prototype);
  const removed = missingKeys(walk, found, prototype, members);
  const integrity = integrityOf(prototype);
  const usual = proto === naturalParent(fn, members);
  if (usual && props === undefined && removed === undefined && integrity === undefined) {
    return undefined;
  }
  const parent = usual ? {} : { proto: walk.slot(proto, found, { kind: "hidden", name: "proto" }) };
  return { ...parent, props, removed, integrity };
}

function naturalParent(fn: AnyFunction, members: NaturalMembers | undefined): unknown {
  const base: unknown = Object.getPrototypeOf(fn);
  if (members === undefined || base === Function.prototype) return Object.prototype;
  return (base as { prototype?: unknown }).prototype;
}

function isHidden(property: PropertyDescriptor): boolean {
  return property.writable === true && property.configurable === true && !property.enumerable;
}

/** Whether a property is just what evaluating the class would make. */
export function skipNatural(
  members: NaturalMembers | undefined,
): (key: string | symbol, property: PropertyDescriptor) => boolean {
  return (key, property) => {
    const made = members?.get(key);
    if (made === undefined || property.enumerable === true || property.configurable !== true) {
      return false;
    }
    if (made.value !== undefined)
      return property.writable === true && same(made.value, property.value);
    return same(made.get, property.get) && same(made.set, property.set);
  };
}

function same(source: string | undefined, value: unknown): boolean {
  if (source === undefined || value === undefined) return source === value;
  return typeof value === "function" && sameSource(source, value);
}

/** Keys that evaluating the class makes and that have been deleted since. */
export function missingKeys(
  walk: Walk,
  found: Found,
  value: object,
  members: NaturalMembers | undefined,
): Slot[] | undefined {
  const lost = [...(members?.keys() ?? [])].filter((key) => !Object.hasOwn(value, key));
  return lost.length === 0 ? undefined : lost.map((key) => keySlot(walk, found, key));
}
