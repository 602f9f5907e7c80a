import { types } from "node:util";
import type { AnyFunction } from "@millrace/closure/tasks";
import { quoteValue } from "@millrace/graph/tasks";

/** What a value is that cannot travel, as a message says it: "a Promise", "the function f". */
export function describeValue(value: unknown): string {
  if (typeof value === "function") return describeFunction(value as AnyFunction);
  if (typeof value === "symbol") return `the local ${String(value).slice(0, 80)}`;
  if (typeof value !== "object" || value === null) return quoteValue(value);
  if (types.isProxy(value)) return "a Proxy";
  const kind = innerKindOf(value);
  const name = classNameOf(value);
  if (kind !== undefined) {
    return name === undefined || name === kind ? a(kind) : `${a(kind)} of the class ${name}`;
  }
  return name === undefined ? "an object with a prototype of its own" : `an instance of ${name}`;
}

/** What to do instead of sending it. */
export function remedyFor(value: unknown): string {
  if (typeof value === "function") return "Return what it computes, as plain data.";
  if (typeof value === "symbol") return "Make it with Symbol.for, which names it in every thread.";
  if (typeof value !== "object" || value === null) return "Return plain data.";
  if (types.isProxy(value)) return "Return the object behind it, or a copy.";
  if (types.isPromise(value)) return "Await it first and return what it becomes.";
  if (types.isWeakMap(value) || types.isWeakSet(value)) return "Use a Map or a Set.";
  if (types.isGeneratorObject(value)) return "Collect what it gives into an array.";
  return "Return plain data, or teach its class to travel with registerCodec of @millrace/closure.";
}

/**
 * Whether an object has more inside than its prototype says, as a Map does whose prototype was
 * replaced by that of a plain object.
 */
export function isDisguised(value: object): boolean {
  return innerKindOf(value) !== undefined;
}

/** What an object is by its inner state, whatever its prototype and its properties say. */
function innerKindOf(value: object): string | undefined {
  return kinds.find(([, is]) => is(value))?.[0];
}

const kinds: readonly (readonly [name: string, is: (value: object) => boolean])[] = [
  ["Array", Array.isArray],
  ["Map", types.isMap],
  ["Set", types.isSet],
  ["Promise", types.isPromise],
  ["WeakMap", types.isWeakMap],
  ["WeakSet", types.isWeakSet],
  ["Date", types.isDate],
  ["RegExp", types.isRegExp],
  ["running generator", types.isGeneratorObject],
  ["iterator of a Map", types.isMapIterator],
  ["iterator of a Set", types.isSetIterator],
  ["native handle", types.isExternal],
  ["Error", types.isNativeError],
  ["boxed value", types.isBoxedPrimitive],
  ["ArrayBuffer", types.isArrayBuffer],
  ["SharedArrayBuffer", types.isSharedArrayBuffer],
  ["view of memory", (value) => ArrayBuffer.isView(value)],
];

function describeFunction(fn: AnyFunction): string {
  const name: unknown = Object.getOwnPropertyDescriptor(fn, "name")?.value;
  if (typeof name !== "string" || name === "") return "a function";
  return `the function ${name.length > 40 ? `${name.slice(0, 39)}…` : name}`;
}

/** The name of the class of an object, without running anything of it. */
export function classNameOf(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return undefined;
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof maker !== "function") return undefined;
  const name: unknown = Object.getOwnPropertyDescriptor(maker, "name")?.value;
  return typeof name === "string" && name !== "" ? name.slice(0, 80) : undefined;
}

function a(noun: string): string {
  return `${/^[AEIOU]/i.test(noun) ? "an" : "a"} ${noun}`;
}
