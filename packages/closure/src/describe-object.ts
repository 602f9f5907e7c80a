import { inspect, types } from "node:util";
import { codecFor } from "./codecs.ts";
import { checkChain, isBuiltinPrototypeFor, refuseLiving } from "./object-chain.ts";
import { Integrity, type Ordinary, type Slot, type WireNode } from "./nodes.ts";
import { integrityOf, ownProperties } from "./properties.ts";
import { constructorOf } from "./prototype.ts";
import { isModuleLike, reduceKey } from "./prune.ts";
import type { Edge, Found, Walk } from "./walk.ts";
import type { Packed } from "./wire.ts";

const hidden: Edge = { kind: "hidden", name: "" };

/** The wire form of an object that no other process has. */
export function describeObject(walk: Walk, found: Found, value: object): WireNode {
  const made = constructorOf(value);
  if (made !== undefined) {
    return { kind: "prototype", of: walk.slot(made, found, { kind: "capture", name: made.name }) };
  }
  const custom = describeCustom(walk, found, value);
  if (custom !== undefined) return custom;
  if (isModuleLike(value)) return describeNamespace(walk, found, value);
  refuseLiving(walk, found, value);
  checkChain(walk, found, value);
  return describeKind(walk, found, value);
}

/** A codec's payload, or what the reduce protocol returns. */
function describeCustom(walk: Walk, found: Found, value: object): WireNode | undefined {
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto === Object.prototype || proto === null || Array.isArray(value)) {
    if (!(reduceKey in value)) return undefined;
  }
  const codec = codecFor(value);
  if (codec !== undefined) {
    const payload = called(walk, found, value, `codec ${codec.name}`, () => codec.encode(value));
    const module = codec.module === undefined ? undefined : String(codec.module);
    return { kind: "codec", name: codec.name, module, payload: walk.slot(payload, found, hidden) };
  }
  const reduce: unknown = reduceKey in value ? (value as never)[reduceKey] : undefined;
  if (typeof reduce !== "function") return undefined;
  const pair = called(walk, found, value, "Symbol.for('millrace.reduce')", () =>
    (reduce as () => unknown).call(value),
  );
  const [rebuild, args] = Array.isArray(pair) ? (pair as unknown[]) : [];
  if (typeof rebuild !== "function" || !Array.isArray(args)) {
    walk.fail(
      "closure/codec",
      found,
      "its method Symbol.for('millrace.reduce') must return [function, array of arguments]",
    );
  }
  return {
    kind: "reduce",
    rebuild: walk.slot(rebuild, found, { kind: "capture", name: rebuild.name || "rebuild" }),
    args: walk.slot(args, found, hidden),
  };
}

function called(
  walk: Walk,
  found: Found,
  value: object,
  what: string,
  call: () => unknown,
): unknown {
  try {
    return walk.onceFor(value, call);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return walk.fail("closure/codec", found, `its ${what} threw (${reason}); it must not throw`);
  }
}

function describeNamespace(walk: Walk, found: Found, value: object): WireNode {
  const need = walk.needOf(value);
  const names = Object.keys(value).filter((key) => need === "all" || need.has(key));
  const values = names.map((key) =>
    walk.slot(
      readExport(walk, found, value, key),
      found,
      { kind: "property", name: key },
      need === "all" ? "all" : need.get(key)!.usage,
    ),
  );
  // Only what stands for a namespace has these; a real one has no prototype and no __esModule.
  const plain = Object.getPrototypeOf(value) === Object.prototype ? true : undefined;
  const marked = Object.getOwnPropertyDescriptor(value, "__esModule")?.enumerable === false;
  const tagged = Object.hasOwn(value, Symbol.toStringTag);
  return { kind: "namespace", names, values, plain, esModule: marked || undefined, tagged };
}

function readExport(walk: Walk, found: Found, module: object, key: string): unknown {
  try {
    return Reflect.get(module, key);
  } catch {
    return walk.fail(
      "closure/uninitialised",
      found,
      "its module has not run that far yet; capture the function later",
      key,
    );
  }
}

function describeKind(walk: Walk, found: Found, value: object): WireNode {
  if (Array.isArray(value)) return describeArray(walk, found, value as unknown[]);
  const rest = (native: object): Ordinary => ordinary(walk, found, value, native);
  if (types.isMap(value)) {
    const entries: Packed[] = [];
    Map.prototype.forEach.call(value, (item: unknown, key: unknown) => {
      entries.push(walk.slot(key, found, entryEdge("key")), walk.slot(item, found, mapEdge(key)));
    });
    return { kind: "map", entries, ...rest(Map.prototype) };
  }
  if (types.isSet(value)) {
    const entries: Packed[] = [];
    Set.prototype.forEach.call(value, (item: unknown) => {
      entries.push(walk.slot(item, found, entryEdge("member")));
    });
    return { kind: "set", entries, ...rest(Set.prototype) };
  }
  if (types.isDate(value)) {
    return { kind: "date", time: Date.prototype.getTime.call(value), ...rest(Date.prototype) };
  }
  if (types.isRegExp(value)) {
    const { source, flags, lastIndex } = value;
    return { kind: "regexp", source, flags, lastIndex, ...rest(RegExp.prototype) };
  }
  if (types.isNativeError(value)) return describeError(walk, found, value);
  if (types.isBoxedPrimitive(value)) {
    const primitive: unknown = unboxed(value);
    const native = Object.getPrototypeOf(Object(primitive)) as object;
    return { kind: "boxed", value: walk.slot(primitive, found, hidden), ...rest(native) };
  }
  if (types.isAnyArrayBuffer(value)) return describeBuffer(walk, found, value as ArrayBuffer);
  if (ArrayBuffer.isView(value)) return describeView(walk, found, value);
  return { kind: "object", ...rest(Object.prototype) };
}

function describeArray(walk: Walk, found: Found, value: unknown[]): WireNode {
  const integrity = integrityOf(value);
  const dense = integrity === undefined && isDense(value);
  const isIndex = (key: string | symbol): boolean =>
    key === "length" || (dense && typeof key === "string" && isArrayIndex(key));
  const shared = ordinary(walk, found, value, Array.prototype, isIndex);
  const writable = Object.getOwnPropertyDescriptor(value, "length")?.writable;
  // Freezing fixes the length as well; left out where it is free.
  const fixedLength = writable === false && integrity !== Integrity.frozen ? true : undefined;
  const { length } = value;
  if (!dense) return { kind: "array", length, fixedLength, ...shared };
  const items = Array.from({ length: value.length }, (_, i) =>
    walk.slot(value[i], found, { kind: "property", name: `[${i}]` }),
  );
  return { kind: "array", length, fixedLength, items, ...shared };
}

/** Every index holds a plain property: no hole, no accessor, nothing read-only. */
function isDense(value: unknown[]): boolean {
  for (let i = 0; i < value.length; i++) {
    const property = Object.getOwnPropertyDescriptor(value, i);
    if (property?.writable !== true || !property.enumerable || !property.configurable) return false;
  }
  return true;
}

function isArrayIndex(key: string): boolean {
  return String(Number(key) >>> 0) === key && key !== "4294967295";
}

function describeError(walk: Walk, found: Found, value: Error): WireNode {
  const stack: unknown = walk.onceFor(value, () => value.stack);
  // The stack names places, so it travels as a hint and does not change the hash.
  if (typeof stack === "string") walk.hints.set(found.id, { stack });
  const shared = ordinary(walk, found, value, Error.prototype, (key) => key === "stack");
  return { kind: "error", ...shared };
}

function describeBuffer(walk: Walk, found: Found, value: ArrayBuffer): WireNode {
  if (isDetached(value)) {
    walk.fail(
      "closure/native-object",
      found,
      "it is an ArrayBuffer that was transferred away, so there is nothing left to copy; capture it before",
    );
  }
  const { resizable, maxByteLength } = value as { resizable?: boolean; maxByteLength?: number };
  return {
    kind: "buffer",
    bytes: new Uint8Array(value.slice(0)),
    bytesMax: resizable === true ? maxByteLength : undefined,
    ...ordinary(walk, found, value, ArrayBuffer.prototype),
  };
}

function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    buffer.slice(0);
    return false;
  } catch {
    return true;
  }
}

function describeView(walk: Walk, found: Found, value: ArrayBufferView): WireNode {
  const pooled = Buffer.isBuffer(value) && value.buffer.byteLength === Buffer.poolSize;
  // Small Buffers share one allocation with strangers, which must not travel along.
  const buffer = pooled
    ? walk.onceFor(value, () => Uint8Array.prototype.slice.call(value).buffer)
    : value.buffer;
  const type = Buffer.isBuffer(value) ? "Buffer" : viewType(value);
  const native = (globalThis as never)[type] as { prototype: object };
  const tracking = !pooled && isTracking(value);
  const isIndex = (key: string | symbol): boolean => typeof key === "string" && isArrayIndex(key);
  const length = types.isDataView(value) ? value.byteLength : (value as Uint8Array).length;
  const proto = protoOf(walk, found, value, native.prototype);
  return {
    kind: "view",
    type,
    buffer: walk.slot(buffer, found, { kind: "property", name: "buffer" }),
    offset: pooled ? 0 : value.byteOffset,
    length: tracking ? undefined : length,
    ...(onlyElements(value) ? proto : ordinary(walk, found, value, native.prototype, isIndex)),
  };
}

/**
 * Whether a view grows with its resizable buffer. One that ends before the buffer does is of a
 * fixed length; for the others only a change of the buffer can tell, which is undone at once.
 */
function isTracking(value: ArrayBufferView): boolean {
  const buffer = value.buffer as ArrayBuffer & {
    readonly resizable?: boolean;
    readonly maxByteLength: number;
    resize(bytes: number): void;
  };
  const bytes = buffer.byteLength;
  if (buffer.resizable !== true || value.byteOffset + value.byteLength < bytes) return false;
  // Eight more bytes are one element more of any kind; a full buffer cannot tell: take its word.
  if (bytes + 8 > buffer.maxByteLength) return true;
  const before = value.byteLength;
  buffer.resize(bytes + 8);
  const grew = value.byteLength > before;
  buffer.resize(bytes);
  return grew;
}

// Listing the keys of a large typed array makes a string for every element; inspect does not.
function onlyElements(value: ArrayBufferView): boolean {
  if (types.isDataView(value) || !Object.isExtensible(value)) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  const options = { maxArrayLength: 0, breakLength: Infinity, depth: 0, customInspect: false };
  return / \[(\]| \.\.\. \d+ more items? \])$/.test(inspect(value, options));
}

function viewType(value: ArrayBufferView): string {
  if (types.isDataView(value)) return "DataView";
  const proto = Object.getPrototypeOf(Uint8Array.prototype) as object;
  const tag = Object.getOwnPropertyDescriptor(proto, Symbol.toStringTag);
  return String(tag?.get?.call(value));
}

function unboxed(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value);
}

/** Prototype, own properties and closedness; of a plain object only what is needed. */
function ordinary(
  walk: Walk,
  found: Found,
  value: object,
  native: object,
  skip: (key: string | symbol) => boolean = () => false,
): Ordinary {
  const need = walk.needOf(value);
  const boxedString = types.isStringObject(value);
  const props = ownProperties(
    walk,
    found,
    value,
    (key) => {
      if (skip(key) || (native === RegExp.prototype && key === "lastIndex")) return true;
      if (boxedString && (key === "length" || (typeof key === "string" && isArrayIndex(key)))) {
        return true;
      }
      return need !== "all" && !(typeof key === "string" && need.has(key));
    },
    (key) => (need === "all" || typeof key === "symbol" ? "all" : need.get(key)!.usage),
  );
  return { ...protoOf(walk, found, value, native), props, integrity: integrityOf(value) };
}

function protoOf(walk: Walk, found: Found, value: object, native: object): { proto?: Slot } {
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto === native || isBuiltinPrototypeFor(proto, native)) return {};
  return { proto: walk.slot(proto, found, hidden) };
}

function entryEdge(what: string): Edge {
  return { kind: "property", name: `.(${what})` };
}

function mapEdge(key: unknown): Edge {
  const text = typeof key === "string" ? JSON.stringify(key) : String(typeof key);
  return { kind: "property", name: `.get(${text.length > 40 ? "..." : text})` };
}
