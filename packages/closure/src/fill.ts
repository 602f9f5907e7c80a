import {
  Flag,
  Integrity,
  type Hint,
  type Ordinary,
  type Properties,
  type Slot,
  type WireNode,
} from "./nodes.ts";
import type { Packed } from "./wire.ts";

/** Nodes whose objects are made empty and filled afterwards. */
export type Fillable = Extract<
  WireNode,
  {
    kind:
      | "object"
      | "array"
      | "map"
      | "set"
      | "date"
      | "regexp"
      | "error"
      | "boxed"
      | "buffer"
      | "view"
      | "namespace";
  }
>;

type Resolve = (slot: Slot) => unknown;

/** Give an object its contents, prototype and properties, and close it if it was closed. */
export function fill(
  target: object,
  node: Fillable | (Ordinary & { readonly kind?: "function" }),
  resolve: Resolve,
  hint?: Hint,
): void {
  if (node.kind === "namespace") return fillNamespace(target, node, resolve);
  switch (node.kind) {
    case "array":
      fillArray(target as unknown[], node, resolve);
      break;
    case "map":
      for (let i = 0; i < node.entries.length; i += 2) {
        const [key, value] = [resolve(node.entries[i]), resolve(node.entries[i + 1])];
        Map.prototype.set.call(target, key, value);
      }
      break;
    case "set":
      for (const item of node.entries) Set.prototype.add.call(target, resolve(item));
      break;
    case "regexp":
      (target as RegExp).lastIndex = resolve(node.lastIndex) as number;
      break;
    case "error":
      if (hint?.stack !== undefined) defineHidden(target, "stack", hint.stack);
      break;
    case "function":
      nameFunction(target, node as unknown as { name?: string; length?: number });
      break;
    case undefined:
    case "object":
    case "date":
    case "boxed":
    case "buffer":
    case "view":
      break;
  }
  fillOrdinary(target, node, resolve);
  if (node.kind === "array" && node.fixedLength === true) {
    Object.defineProperty(target, "length", { writable: false });
  }
}

function fillOrdinary(target: object, node: Ordinary, resolve: Resolve): void {
  if (node.proto !== undefined) Object.setPrototypeOf(target, resolve(node.proto) as object | null);
  for (const key of node.removed ?? []) Reflect.deleteProperty(target, resolve(key) as string);
  if (node.props) define(target, node.props, resolve);
  if (node.integrity === Integrity.frozen) Object.freeze(target);
  if (node.integrity === Integrity.sealed) Object.seal(target);
  if (node.integrity === Integrity.nonExtensible) Object.preventExtensions(target);
}

function fillArray(
  target: unknown[],
  node: { readonly length: number; readonly items?: Packed[] },
  resolve: Resolve,
): void {
  for (const item of node.items ?? []) target.push(resolve(item));
  target.length = node.length;
}

function fillNamespace(
  target: object,
  node: Extract<Fillable, { kind: "namespace" }>,
  resolve: Resolve,
): void {
  for (const [i, name] of node.names.entries()) {
    Object.defineProperty(target, name, {
      value: resolve(node.values[i]),
      writable: true,
      enumerable: true,
    });
  }
  if (node.esModule === true) Object.defineProperty(target, "__esModule", { value: true });
  if (node.tagged) Object.defineProperty(target, Symbol.toStringTag, { value: "Module" });
}

function define(target: object, props: Properties, resolve: Resolve): void {
  for (let i = 0; i < props.length; i += 2) {
    const head = props[i];
    const value = props[i + 1];
    if (!Array.isArray(head)) {
      // Not an assignment: a key may be __proto__, or have a setter further up.
      Object.defineProperty(target, resolve(head) as string, {
        value: resolve(value),
        writable: true,
        enumerable: true,
        configurable: true,
      });
      continue;
    }
    const [flags, key] = head as [number, Packed];
    const shared = {
      enumerable: (flags & Flag.enumerable) !== 0,
      configurable: (flags & Flag.configurable) !== 0,
    };
    if ((flags & Flag.accessor) !== 0) {
      const [get, set] = (value as Packed[]).map(resolve) as (() => unknown)[];
      Object.defineProperty(target, resolve(key) as string, { ...shared, get: get!, set: set! });
    } else {
      const writable = (flags & Flag.writable) !== 0;
      Object.defineProperty(target, resolve(key) as string, {
        ...shared,
        value: resolve(value),
        writable,
      });
    }
  }
}

function nameFunction(target: object, { name, length }: { name?: string; length?: number }): void {
  const own = Object.getOwnPropertyDescriptor(target, "name");
  if (name !== undefined && own?.value !== name) {
    Object.defineProperty(target, "name", { value: name, configurable: true });
  }
  if (length !== undefined) {
    Object.defineProperty(target, "length", { value: length, configurable: true });
  }
}

function defineHidden(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, configurable: true });
}
