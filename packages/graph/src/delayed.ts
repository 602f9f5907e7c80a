import { currentAnnotations, withoutAnnotations } from "./annotations.ts";
import type { CallNode } from "./call-graph.ts";
import { graphOfCalls, setCallNode } from "./call-graph.ts";
import { checkOptions } from "./check-options.ts";
import { registerForm } from "./collection-forms.ts";
import type { Collection } from "./collection.ts";
import { isCollection, onlyPart } from "./collection.ts";
import { compute, optimize, persist } from "./compute.ts";
import { GraphError, invalidArgument, quoteValue, taskFault } from "./errors.ts";
import type { RunOptions } from "./executor.ts";
import { Finalizer } from "./finalizer.ts";
import type { Key } from "./key.ts";
import { checkKey } from "./key.ts";
import type { LayeredGraph } from "./layered-graph.ts";
import type { TaskFunction } from "./program.ts";
import { checkFunction, identity, functionLabel, settle } from "./program.ts";
import { parseCall } from "./parse-call.ts";
import type { TakesAnything } from "./task.ts";
import { holderOf } from "./task.ts";
import { tokenizeLoosely, tokenizeWith } from "./tokenize.ts";
import type { VisualizeOptions } from "./visualize.ts";
import { visualize } from "./visualize.ts";

/**
 * A value, or something lazy that will become it; also inside arrays, plain objects, Maps and Sets.
 */
export type Lazy<T> = T | Delayed<T> | Collection<T> | LazyInside<T>;

type LazyInside<T> = T extends (...args: never[]) => unknown
  ? never
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<Lazy<K>, Lazy<V>>
    : T extends ReadonlySet<infer V>
      ? ReadonlySet<Lazy<V>>
      : T extends object
        ? { [K in keyof T]: Lazy<T[K]> }
        : never;

/**
 * What a value becomes once all that is lazy inside it has been computed. Types are followed eight
 * levels deep, since they may be recursive.
 */
export type Settled<T> = SettledBelow<T, []>;

type SettledBelow<T, Above extends 0[]> = Above["length"] extends 8
  ? T
  : T extends Collection<infer V>
    ? V
    : T extends ReadonlyMap<infer K, infer V>
      ? SettledMap<T, K, V, SettledBelow<K, [...Above, 0]>, SettledBelow<V, [...Above, 0]>>
      : T extends ReadonlySet<infer V>
        ? SettledSet<T, V, SettledBelow<V, [...Above, 0]>>
        : T extends object
          ? T extends { [K in keyof T]: SettledBelow<T[K], [...Above, 0]> }
            ? T
            : { -readonly [K in keyof T]: SettledBelow<T[K], [...Above, 0]> }
          : T;

type SettledMap<T, K, V, L, W> = readonly [K, V] extends readonly [L, W] ? T : Map<L, W>;
type SettledSet<T, V, W> = readonly [V] extends readonly [W] ? T : Set<W>;

/** How a lazy call is named. */
export interface CallOptions {
  /** Key of the task. Default: the function's name and something that no other call has. */
  readonly name?: string | undefined;
  /**
   * Whether equal calls are one task; their key is then made of the content of function and
   * arguments, or of the identity of what has no content that can be captured.
   */
  readonly pure?: boolean | undefined;
}

/**
 * One value that will be computed: a key of a graph. Reductions of other collections give it, and
 * the package `@millrace/delayed` makes it of any function call. It is no promise: nothing runs
 * before `compute`.
 *
 * @example
 * ```ts
 * import { Delayed } from "@millrace/graph";
 *
 * const word: Delayed<string> = Delayed.call((n: number) => "ab".repeat(n), [2]);
 * await word.get("length").compute(); // => 4
 * await word.call("toUpperCase").compute(); // => "ABAB"
 * ```
 */
export class Delayed<T> implements Collection<T> {
  /** Key of the task that gives the value. */
  readonly key: Key;
  readonly #node: CallNode;
  #graph: LayeredGraph | undefined;

  private constructor(node: CallNode) {
    this.key = node.key;
    this.#node = node;
    if (node.kind === "call") setCallNode(this, node);
  }

  /** The value of one key of a graph. @throws GraphError `graph/missing-key` */
  static of<T>(graph: LayeredGraph, key: Key): Delayed<T> {
    if (!graph.has(key)) {
      throw new GraphError(
        "graph/missing-key",
        `Delayed.of: the graph has no such key, got ${quoteValue(key)}, wanted one of its keys.`,
      );
    }
    return new Delayed<T>({ kind: "value", key, graph });
  }

  /**
   * The value of `fn(...args)`. What is lazy among the arguments, also inside arrays, plain
   * objects, Maps and Sets, is computed first; a promise that `fn` returns is waited for.
   *
   * @throws GraphError `graph/invalid-argument`
   */
  static call<F extends TaskFunction>(
    fn: F,
    args: CallArguments<F>,
    options: CallOptions = {},
  ): Delayed<Awaited<ReturnType<F>>> {
    checkFunction("Delayed.call", fn);
    const parsed = parseCall(fn, args, lazyOf);
    const inputs = parsed.inputs.map(
      (input) => (input instanceof Delayed ? input : valueOf(input)).#node,
    );
    const keys = inputs.map(({ key }) => key);
    const entry = { ...parsed, inputs: keys, annotations: currentAnnotations() };
    return new Delayed({ kind: "call", key: callKey(fn, args, options), entry, inputs });
  }

  /** A value that is there already; what is lazy inside it is computed first. */
  static value<T>(value: T, options: Pick<CallOptions, "name"> = {}): Delayed<Settled<Awaited<T>>> {
    return Delayed.call(holderOf(value), [value], options) as Delayed<Settled<Awaited<T>>>;
  }

  /** The graph with this value's tasks. Written out at the first use; cost: one visit a task. */
  get graph(): LayeredGraph {
    const node = this.#node;
    this.#graph ??= node.kind === "value" ? node.graph : graphOfCalls([node]);
    return this.#graph;
  }

  /** The key, as the list that every collection has. */
  get outputKeys(): readonly Key[] {
    return [this.key];
  }

  get finalize(): (parts: unknown[]) => T {
    return onlyPart;
  }

  withGraph(graph: LayeredGraph, outputKeys: readonly Key[]): Delayed<T> {
    return new Delayed<T>({ kind: "value", key: outputKeys[0] as Key, graph });
  }

  /** The value. @throws TaskError, CancelledError, GraphError; see `compute` */
  compute(options?: RunOptions): Promise<T> {
    return compute<T>(this, options);
  }

  /** The same, computed now and held by the executor; see `persist`. */
  persist(options?: RunOptions): Promise<Delayed<T>> {
    return persist(this as Delayed<T>, options);
  }

  /** The same on its optimized graph; see `optimize`. */
  optimize(): Delayed<T> {
    return optimize(this as Delayed<T>);
  }

  /** The graph as text; see `visualize`. */
  visualize(options?: VisualizeOptions): string {
    return visualize(this, options);
  }

  /** A property of the value, lazily: `undefined` where the value has none. */
  get<K extends keyof T>(property: K): Delayed<T[K]> {
    return Delayed.call(getProperty, [this, property]) as Delayed<T[K]>;
  }

  /** The result of a method of the value, lazily; arguments may be lazy. */
  call<K extends MethodNames<T>>(
    method: K,
    ...args: ArgumentsOf<SignatureOf<T[K]>>
  ): Delayed<Awaited<SignatureOf<T[K]>["result"]>> {
    return Delayed.call(callMethod, [this, method, args]) as Delayed<
      Awaited<SignatureOf<T[K]>["result"]>
    >;
  }
}

/** Arguments of a call, each of which may be lazy. */
export type LazyArguments<A extends readonly unknown[]> = { [I in keyof A]: Lazy<A[I]> };

/** The same of a function; behind them may stand more that is lazy, to be computed before. */
export type CallArguments<F extends TaskFunction> =
  TakesAnything<F> extends true
    ? readonly unknown[]
    : readonly [...LazyArguments<Parameters<F>>, ...Collection<unknown>[]];

/** Name by name, since a mapped type of an array or a number is that array or number again. */
type MethodNames<T> = keyof T extends infer K
  ? K extends keyof T
    ? T[K] extends (...args: never[]) => unknown
      ? K
      : never
    : never
  : never;

/** The last four signatures of an overloaded function: as many as `replace` has. */
type SignatureOf<F> = F extends {
  (...args: infer A): infer R;
  (...args: infer B): infer S;
  (...args: infer C): infer T;
  (...args: infer D): infer U;
}
  ? Earlier<A, R> | Earlier<B, S> | Earlier<C, T> | { args: D; result: U }
  : F extends {
        (...args: infer A): infer R;
        (...args: infer B): infer S;
        (...args: infer C): infer T;
      }
    ? Earlier<A, R> | Earlier<B, S> | { args: C; result: T }
    : F extends { (...args: infer A): infer R; (...args: infer B): infer S }
      ? Earlier<A, R> | { args: B; result: S }
      : F extends (...args: infer A) => infer R
        ? { args: A; result: R }
        : never;
/** A signature before the last one; where there are fewer, unknown ones are made up. */
type Earlier<A, R> = unknown[] extends A ? never : { args: A; result: R };
type ArgumentsOf<S> = S extends { args: infer A extends readonly unknown[] }
  ? LazyArguments<A>
  : never;

function getProperty(value: unknown, property: PropertyKey): unknown {
  if (value === null || value === undefined) {
    const what = `cannot read the property ${quoteValue(property)}`;
    throw taskFault(invalidArgument("get", what, value, "a value"));
  }
  return (value as Record<PropertyKey, unknown>)[property];
}

function callMethod(value: unknown, method: PropertyKey, args: readonly unknown[]): unknown {
  const fn: unknown = (value as Record<PropertyKey, unknown> | null | undefined)?.[method];
  if (typeof fn !== "function") {
    const what = `there is no method ${quoteValue(method)}`;
    throw taskFault(invalidArgument("call", what, value, "a value that has it"));
  }
  return Reflect.apply(fn, value, args);
}

function lazyOf(value: unknown): Collection<unknown> | undefined {
  return isCollection(value) ? value : undefined;
}

/** A collection as the one value that a task reads. */
function valueOf(collection: Collection<unknown>): Delayed<unknown> {
  const { outputKeys } = collection;
  const isOne = collection.finalize === onlyPart && outputKeys.length === 1;
  return isOne ? Delayed.of(collection.graph, outputKeys[0] as Key) : gathered(collection);
}

const gatheredOf = new WeakMap<Collection<unknown>, Delayed<unknown>>();

/** A collection of several keys becomes one value by its own `finalize`. */
function gathered(collection: Collection<unknown>): Delayed<unknown> {
  let made = gatheredOf.get(collection);
  if (made === undefined) {
    const { graph, outputKeys } = collection;
    const parts = outputKeys.map((key) => Delayed.of(graph, key));
    // All readers share it, so it takes the annotations of none.
    const args = [new Finalizer(collection), parts] as const;
    made = withoutAnnotations(() => Delayed.call(finalizeParts, args));
    gatheredOf.set(collection, made);
  }
  return made;
}

function finalizeParts({ collection }: Finalizer, parts: unknown[]): unknown {
  return collection.finalize(parts);
}

let callCount = 0;
const processToken = crypto.randomUUID().slice(0, 8);

function callKey(fn: TaskFunction, args: readonly unknown[], options: CallOptions): Key {
  checkOptions("Delayed.call", options, ["name", "pure"]);
  const { name, pure = false } = options;
  if (name !== undefined) return checkKey("delayed", "bad name", name);
  const isValue = fn === identity || fn === settle;
  const label = isValue ? "value" : functionLabel(fn, "call");
  if (!pure) return `${label}-${processToken}-${callCount++}`;
  return `${label}-${tokenizeWith(standIn, fn, args)}`;
}

/** A lazy argument counts by the keys that hold it and by how it is put together from them. */
function standIn(value: object): unknown {
  if (value instanceof Delayed) return ["lazy", value.key];
  const lazy = lazyOf(value);
  if (lazy === undefined) return undefined;
  return [
    "lazy",
    lazy.outputKeys,
    tokenizeLoosely((lazy as { readonly finalize: unknown }).finalize),
  ];
}

registerForm<Delayed<unknown>>({
  kind: "delayed",
  test: (collection) => collection instanceof Delayed,
  outlineOf: () => undefined,
  make: (_outline, graph, keys) => Delayed.value<unknown>(undefined).withGraph(graph, keys),
});
