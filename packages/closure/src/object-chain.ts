import { types } from "node:util";
import type { CaptureErrorCode } from "./errors.ts";
import { factsOf } from "./facts.ts";
import { hasPrivateMembers } from "./class-source.ts";
import type { AnyFunction } from "./inspector.ts";
import { isNativeText, landmarkOf } from "./intrinsics.ts";
import { constructorOf } from "./prototype.ts";
import { isClass } from "./scopes.ts";
import type { Found, Walk } from "./walk.ts";

type Refusal = readonly [code: CaptureErrorCode, what: string, test: (value: object) => boolean];

const iterator =
  "it is an iterator, whose position cannot be read; capture what it iterates over, or [...it]";

// Told by internal slots where Node can, so that a changed prototype does not hide them.
const living: readonly Refusal[] = [
  [
    "closure/promise",
    "it is a Promise, which belongs to this process; await it first and capture the result",
    types.isPromise,
  ],
  [
    "closure/weak-map",
    "it is a WeakMap, whose entries cannot be listed; use a Map",
    types.isWeakMap,
  ],
  [
    "closure/weak-map",
    "it is a WeakSet, whose members cannot be listed; use a Set",
    types.isWeakSet,
  ],
  [
    "closure/weak-ref",
    "it is a WeakRef; capture the target itself",
    (value) => value instanceof WeakRef,
  ],
  [
    "closure/weak-ref",
    "it is a FinalizationRegistry, which belongs to this process; make it inside the function",
    (value) => value instanceof FinalizationRegistry,
  ],
  [
    "closure/generator",
    "it is a running generator, whose position cannot be read; capture the generator function, or [...it]",
    types.isGeneratorObject,
  ],
  [
    "closure/generator",
    iterator,
    (value) => types.isMapIterator(value) || types.isSetIterator(value),
  ],
  [
    "closure/shared-array-buffer",
    "it is a SharedArrayBuffer, whose memory another process cannot share; copy it with slice into an ArrayBuffer",
    types.isSharedArrayBuffer,
  ],
  [
    "closure/shared-array-buffer",
    "it is a view of a SharedArrayBuffer, whose memory another process cannot share; copy it with slice()",
    (value) => ArrayBuffer.isView(value) && types.isSharedArrayBuffer(value.buffer),
  ],
  [
    "closure/native-object",
    "it is an arguments object; use (...args) => and capture args",
    types.isArgumentsObject,
  ],
  [
    "closure/native-object",
    "it is a handle of native code, which nothing can copy; make it inside the function",
    types.isExternal,
  ],
];

/** Refuse what is bound to this process whatever its prototype says. */
export function refuseLiving(walk: Walk, found: Found, value: object): void {
  for (const [code, what, test] of living) {
    // Deno lacks some of these; what hides there is refused by its prototype.
    if (typeof test === "function" && test(value)) walk.fail(code, found, what);
  }
}

// Below these prototypes an object has no state but what describe-object takes apart.
const open = new Set(
  `Object Array Map Set Date RegExp Error AggregateError EvalError RangeError ReferenceError
  SyntaxError TypeError URIError Boolean Number String Symbol BigInt ArrayBuffer DataView Buffer
  Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array
  BigInt64Array BigUint64Array Float16Array Float32Array Float64Array Function Iterator
  %TypedArray% %IteratorPrototype% %AsyncIteratorPrototype%`.split(/\s+/),
);

/** Refuse instances of classes with state that their properties do not show. */
export function checkChain(walk: Walk, found: Found, value: object): void {
  let at = Object.getPrototypeOf(value) as object | null;
  for (; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (types.isProxy(at)) return;
    const landmark = landmarkOf(at);
    if (landmark?.kind === "global") {
      if (open.has(landmark.path[0]!)) return;
      if (/Iterator/.test(landmark.path[0]!)) refuseIterator(walk, found);
      refuseNative(walk, found, value, landmark.path[0]!);
    }
    if (landmark?.kind === "builtin") {
      refuseHandle(walk, found, value, `node:${[landmark.module, ...landmark.path].join(".")}`);
    }
    const made = constructorOf(at);
    if (made === undefined) {
      if (hasNativeMethod(at)) refuseNative(walk, found, value, "native code");
      continue;
    }
    if (isForeignIntrinsic(made)) return;
    checkClass(walk, found, value, made);
  }
}

function checkClass(walk: Walk, found: Found, value: object, made: AnyFunction): void {
  const { text, script } = walk.examine(made);
  if (script?.url.startsWith("node:") === true) refuseHandle(walk, found, value, script.url);
  if (!text.startsWith("class")) return;
  let hides = text.includes("#");
  try {
    const { node } = factsOf(text, { sloppy: false, freeName: false });
    hides = isClass(node) && hasPrivateMembers(node);
  } catch {
    // A class that cannot be read is refused where it travels; until then a # is suspicious.
  }
  if (!hides) return;
  const name = className(value);
  walk.fail(
    "closure/private-state",
    found,
    `it is ${article(name)} ${name} with private (#) members, which only its class can read; ` +
      "register a codec, give the class a method [Symbol.for('millrace.reduce')], or make it inside the function",
  );
}

/** Prototypes that no name leads to, such as those of some iterators. */
function hasNativeMethod(prototype: object): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(prototype)).some(({ value }) => {
    const fn: unknown = value;
    if (typeof fn !== "function" || types.isProxy(fn) || landmarkOf(fn) !== undefined) return false;
    return isNativeText(Function.prototype.toString.call(fn)) && !fn.name.startsWith("bound ");
  });
}

function refuseIterator(walk: Walk, found: Found): never {
  return walk.fail("closure/generator", found, iterator);
}

function refuseNative(walk: Walk, found: Found, value: object, place: string): never {
  const name = className(value);
  return walk.fail(
    "closure/native-object",
    found,
    `it is ${article(name)} ${name}, whose state is inside ${place} and cannot be read; ` +
      "make it inside the function, or register a codec",
  );
}

function refuseHandle(walk: Walk, found: Found, value: object, place: string): never {
  const name = className(value);
  return walk.fail(
    "closure/live-handle",
    found,
    `it is ${article(name)} ${name} (${place}), a live handle of this process; ` +
      "open it inside the task or on the worker",
  );
}

/** Whether a prototype is another realm's copy of the one that a kind of object has. */
export function isBuiltinPrototypeFor(proto: unknown, native: object): boolean {
  if (typeof proto !== "object" || proto === null || types.isProxy(proto)) return false;
  const made = constructorOf(proto);
  return (
    made !== undefined && isForeignIntrinsic(made) && constructorOf(native)?.name === made.name
  );
}

/** A constructor that a vm context has of its own, such as its Array. */
export function isForeignIntrinsic(made: AnyFunction): boolean {
  if (!open.has(made.name) || landmarkOf(made) !== undefined) return false;
  if (!isNativeText(Function.prototype.toString.call(made))) return false;
  const prototype: unknown = Object.getOwnPropertyDescriptor(made, "prototype")?.value;
  return typeof prototype === "object" && prototype !== null && constructorOf(prototype) === made;
}

function className(value: object): string {
  for (
    let at: object | null = value;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    const made: unknown = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    if (typeof made === "function" && made.name !== "") return made.name;
  }
  return "object";
}

function article(name: string): string {
  return /^(?!U(RL|int|ser|ni))[AEIOU]/i.test(name) ? "an" : "a";
}
