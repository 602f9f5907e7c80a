import { types } from "node:util";

/**
 * Where two values differ, as a path and what differs there; undefined when nothing in the language
 * can tell them apart, but for which of the two they are. Written without the codec in mind: it
 * compares leaves with Object.is, prototypes, property keys in order, attributes, integrity, inner
 * state, and which parts are the same object.
 */
export function difference(a: unknown, b: unknown): string | undefined {
  return new Comparison().of(a, b);
}

class Comparison {
  private readonly partners = new Map<object, object>();
  private readonly reverse = new Map<object, object>();
  private readonly todo: [object, object, string][] = [];
  private readonly views: [ArrayBufferView, ArrayBufferView][] = [];

  of(a: unknown, b: unknown): string | undefined {
    const first = this.meet(a, b, "$");
    if (first !== undefined) return first;
    // A list and no recursion: values may be a million levels deep.
    for (let next = this.todo.pop(); next !== undefined; next = this.todo.pop()) {
      const found = this.objects(...next);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private meet(a: unknown, b: unknown, path: string): string | undefined {
    if (!isObject(a) || !isObject(b)) {
      return Object.is(a, b) ? undefined : `${path}: ${show(a)} is not ${show(b)}`;
    }
    const partner = this.partners.get(a);
    if (partner !== undefined || this.reverse.has(b)) {
      return partner === b ? undefined : `${path}: other objects are the same`;
    }
    this.partners.set(a, b);
    this.reverse.set(b, a);
    this.todo.push([a, b, path]);
    return undefined;
  }

  private objects(a: object, b: object, path: string): string | undefined {
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path}: other prototypes`;
    if (integrityOf(a) !== integrityOf(b)) return `${path}: other integrity`;
    const kind = kindOf(a);
    if (kind !== kindOf(b)) return `${path}: ${kind} is not ${kindOf(b)}`;
    return this.inside(kind, a as never, b as never, path) ?? this.properties(a, b, path);
  }

  private inside(kind: string, a: never, b: never, path: string): string | undefined {
    switch (kind) {
      case "Map":
        return this.lists(entriesOf(a), entriesOf(b), `${path}.entries`);
      case "Set":
        return this.lists([...(a as Set<unknown>)], [...(b as Set<unknown>)], `${path}.members`);
      case "Date":
      case "boxed":
        return this.meet((a as Date).valueOf(), (b as Date).valueOf(), `${path}.primitive`);
      case "RegExp":
        return this.meet(String(a), String(b), `${path}.pattern`);
      case "memory":
        return memoryDifference(a, b, path);
      case "view":
        return viewDifference(a, b, path) ?? this.sharing(a, b, path);
      case "Error":
        return this.meet((a as Error).stack, (b as Error).stack, `${path}.stack`);
      default:
        return undefined;
    }
  }

  /** Views that show the same bytes of one memory have to do so afterwards, and no others. */
  private sharing(a: ArrayBufferView, b: ArrayBufferView, path: string): string | undefined {
    for (const [x, y] of this.views) {
      if (overlap(a, x) !== overlap(b, y)) return `${path}: other views share its bytes`;
    }
    this.views.push([a, b]);
    return undefined;
  }

  private lists(a: unknown[], b: unknown[], path: string): string | undefined {
    if (a.length !== b.length) return `${path}: ${a.length} is not ${b.length}`;
    for (let i = 0; i < a.length; i++) {
      const found = this.meet(a[i], b[i], `${path}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private properties(a: object, b: object, path: string): string | undefined {
    const keys = keysOf(a);
    const others = keysOf(b);
    if (keys.length !== others.length) return `${path}: keys ${show(keys)} and ${show(others)}`;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (key !== others[i]) return `${path}: keys ${show(key)} and ${show(others[i])}`;
      const x = Object.getOwnPropertyDescriptor(a, key);
      const y = Object.getOwnPropertyDescriptor(b, key);
      const at = `${path}[${String(key)}]`;
      if (attributesOf(x) !== attributesOf(y)) return `${at}: other attributes`;
      const found = this.meet(x?.value, y?.value, at);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

type Resizable = ArrayBuffer & { resizable?: boolean; maxByteLength?: number };

function memoryDifference(a: Resizable, b: Resizable, path: string): string | undefined {
  const facts = (memory: Resizable): string =>
    [memory.constructor.name, memory.byteLength, memory.resizable, memory.maxByteLength].join();
  if (facts(a) !== facts(b)) return `${path}: ${facts(a)} is not ${facts(b)}`;
  return Buffer.from(a).equals(Buffer.from(b)) ? undefined : `${path}: other bytes`;
}

/** A view by the bytes that it shows; where in its memory it stands is not compared. */
function viewDifference(a: ArrayBufferView, b: ArrayBufferView, path: string): string | undefined {
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
    Buffer.from(buffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b)) ? undefined : `${path}: other bytes`;
}

/** How far apart two views of one memory begin that have bytes in common. */
function overlap(a: ArrayBufferView, b: ArrayBufferView): number | undefined {
  const apart = b.byteOffset - a.byteOffset;
  const isApart = apart >= a.byteLength || -apart >= b.byteLength;
  return a.buffer === b.buffer && !isApart ? apart : undefined;
}

function keysOf(value: object): PropertyKey[] {
  const elements = ArrayBuffer.isView(value) ? ((value as Uint8Array).length ?? 0) : 0;
  const keys = Reflect.ownKeys(value).slice(elements);
  // What the engine keeps there is an accessor in some versions of Node; the text is compared.
  return types.isNativeError(value) ? keys.filter((key) => key !== "stack") : keys;
}

function attributesOf(property: PropertyDescriptor | undefined): string {
  const { writable, enumerable, configurable } = property ?? {};
  return [writable, enumerable, configurable].join();
}

function integrityOf(value: object): string {
  return [Object.isExtensible(value), Object.isSealed(value), Object.isFrozen(value)].join();
}

function kindOf(value: object): string {
  if (Array.isArray(value)) return "Array";
  if (types.isMap(value)) return "Map";
  if (types.isSet(value)) return "Set";
  if (types.isDate(value)) return "Date";
  if (types.isRegExp(value)) return "RegExp";
  if (types.isBoxedPrimitive(value)) return "boxed";
  if (types.isAnyArrayBuffer(value)) return "memory";
  if (ArrayBuffer.isView(value)) return "view";
  return types.isNativeError(value) ? "Error" : "object";
}

function entriesOf(map: Map<unknown, unknown>): unknown[] {
  return [...map].flatMap(([key, value]) => [key, value]);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function show(value: unknown): string {
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  return Object.is(value, -0) ? "-0" : (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
