import { createRequire } from "node:module";
import { join } from "node:path";
import { codecNamed } from "./codecs.ts";
import { compile } from "./compile.ts";
import { refsOf } from "./cycles.ts";
import { withEnv } from "./env.ts";
import { fill, type Fillable } from "./fill.ts";
import { CaptureError, quote } from "./errors.ts";
import { importFrom } from "./import-from.ts";
import { hiddenIntrinsic } from "./intrinsics.ts";
import { follow } from "./load.ts";
import type { Hint, Slot, WireNode } from "./nodes.ts";
import { corrupt, Ref } from "./wire.ts";

/** Values in the making, by node id. */
type Build = {
  readonly nodes: readonly WireNode[];
  readonly hints: ReadonlyMap<number, Hint>;
  readonly values: Map<number, unknown>;
  readonly setters: Map<number, (values: readonly unknown[]) => void>;
};

/**
 * Make the values of all nodes and return the first. Every node that can be part of a cycle is
 * made empty first and filled later; values of codecs are made once all that they are made from
 * is filled, which the order of a depth-first walk gives.
 */
export function build(
  nodes: readonly WireNode[],
  hints: ReadonlyMap<number, Hint>,
  loaded: Map<number, unknown>,
): unknown {
  const state: Build = { nodes, hints, values: loaded, setters: new Map() };
  const given = new Set(loaded.keys());
  const entered = new Set<number>();
  const stack: { id: number; children: number[] }[] = [];
  const enter = (id: number): void => {
    if (entered.has(id)) return;
    entered.add(id);
    const node = nodeAt(state, id);
    const children = given.has(id) ? [] : refsOf(node).reverse();
    stack.push({ id, children });
  };
  enter(0);
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const child = top.children.pop();
    if (child !== undefined) {
      enter(child);
      continue;
    }
    stack.pop();
    if (!given.has(top.id)) finish(state, top.id);
  }
  return state.values.get(0);
}

function finish(state: Build, id: number): void {
  const node = nodeAt(state, id);
  const target = shell(state, id);
  const resolve = (slot: Slot): unknown => valueOf(state, slot);
  if (node.kind === "function") {
    const values = node.values.map(resolve);
    state.setters.get(id)!(values);
    fill(target as object, node, resolve);
    if (node.prototype !== undefined) {
      fill((target as { prototype: object }).prototype, node.prototype, resolve);
    }
  } else if (isFillable(node)) {
    fill(target as object, node, resolve, state.hints.get(id));
  }
}

function isFillable(node: WireNode): node is Fillable {
  switch (node.kind) {
    case "object":
    case "array":
    case "map":
    case "set":
    case "date":
    case "regexp":
    case "error":
    case "boxed":
    case "buffer":
    case "view":
    case "namespace":
      return true;
    default:
      return false;
  }
}

function nodeAt({ nodes }: Build, id: number): WireNode {
  const node = nodes[id];
  if (node === undefined) throw corrupt(`there is no node ${id}`);
  return node;
}

function valueOf(state: Build, slot: Slot): unknown {
  return slot instanceof Ref ? shell(state, slot.id) : slot;
}

/** The value of a node, made but perhaps not filled. */
function shell(state: Build, id: number): unknown {
  if (state.values.has(id)) return state.values.get(id);
  const value = make(state, id);
  state.values.set(id, value);
  return value;
}

function make(state: Build, id: number): unknown {
  const node = nodeAt(state, id);
  const resolve = (slot: Slot): unknown => valueOf(state, slot);
  switch (node.kind) {
    case "global": {
      const root = node.path[0]!.startsWith("%")
        ? { [node.path[0]!]: hiddenIntrinsic(node.path[0]!) }
        : globalThis;
      return follow(root, node.path, "the globals");
    }
    case "builtin":
    case "package":
    case "module":
      throw corrupt(`node ${id} was not loaded`);
    case "env":
      return withEnv(resolve(node.env) as object, resolve(node.fn) as (env: object) => unknown);
    case "require":
      return createRequire(join(node.base, "require.cjs"));
    case "dynamic-import":
      return (specifier: string, options?: ImportCallOptions) =>
        importFrom(node.base ?? state.hints.get(id)?.from, specifier, options);
    case "coverage":
      return coverageCounter();
    case "symbol":
      return Symbol(node.description);
    case "registered-symbol":
      return Symbol.for(node.key);
    case "function": {
      const compiled = compile(node, state.hints.get(id), node.earlyValues.map(resolve));
      state.setters.set(id, compiled.set);
      return compiled.fn;
    }
    case "prototype":
      return (resolve(node.of) as { prototype: object }).prototype;
    case "codec": {
      const payload = resolve(node.payload);
      return called(`codec ${node.name}`, () => codecNamed(node.name)!.decode(payload));
    }
    case "reduce": {
      const rebuild = resolve(node.rebuild) as (...args: unknown[]) => unknown;
      const args = resolve(node.args) as unknown[];
      return called("method Symbol.for('millrace.reduce')", () => rebuild(...args));
    }
    default:
      return makeObject(node, resolve);
  }
}

/** Call user code that makes a value. */
function called(what: string, call: () => unknown): unknown {
  try {
    return call();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CaptureError(
      "closure/codec",
      `revive: the ${what} could not make the value again, got ${quote(reason)}, wanted a value. ` +
        "Let it accept in this process what it gave in the other one.",
      [],
      { cause },
    );
  }
}

function makeObject(node: Fillable, resolve: (slot: Slot) => unknown): object {
  switch (node.kind) {
    case "object":
      return {};
    case "namespace":
      return (node.plain === true ? {} : Object.create(null)) as object;
    case "array":
      return [];
    case "map":
      return new Map();
    case "set":
      return new Set();
    case "date":
      return new Date(node.time);
    case "regexp":
      return new RegExp(node.source, node.flags);
    case "error":
      return emptyError();
    case "boxed":
      return Object(resolve(node.value)) as object;
    case "buffer":
      return arrayBuffer(node.bytes, node.bytesMax);
    case "view":
      return view(node, resolve(node.buffer) as ArrayBuffer);
  }
}

function emptyError(): object {
  const error = new Error();
  for (const key of Reflect.ownKeys(error))
    delete (error as unknown as Record<string | symbol, unknown>)[key];
  return error;
}

function arrayBuffer(bytes: Uint8Array, bytesMax: number | undefined): ArrayBuffer {
  if (bytesMax === undefined) return bytes.slice().buffer;
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer;
  const buffer = new Resizable(bytes.length, { maxByteLength: bytesMax });
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

type View = Extract<Fillable, { kind: "view" }>;

function view({ type, offset, length }: View, buffer: ArrayBuffer): object {
  if (type === "Buffer") return Buffer.from(buffer, offset, length);
  const View = (globalThis as never)[type] as new (
    buffer: ArrayBuffer,
    offset: number,
    length?: number,
  ) => object;
  return new View(buffer, offset, length);
}

/** Stands for Istanbul's counters; counts, for nobody. */
function coverageCounter(): () => object {
  const branches = (): object => new Proxy({}, { get: () => [0, 0], set: () => true });
  const counts = (): object => new Proxy({}, { get: () => 0, set: () => true });
  const counters = { s: counts(), f: counts(), b: branches() };
  return () => counters;
}
