import type { Annotations } from "./annotations.ts";
import { currentAnnotations, withinAnnotate } from "./annotations.ts";
import { checkOptions } from "./check-options.ts";
import { invalidArgument } from "./errors.ts";
import type { Key } from "./key.ts";
import { checkKey } from "./key.ts";
import { parseCall } from "./parse-call.ts";
import type { Arg } from "./arg.ts";
import type { Program, TaskFunction } from "./program.ts";
import { checkFunction, identity, isThenable, settle } from "./program.ts";

/** Stands for the value of another task among the arguments of a task; made by {@link ref}. */
export interface Ref {
  readonly kind: "millrace.ref";
  readonly key: Key;
}

/** A value, or a reference to it; also inside arrays, plain objects, Maps and Sets. */
export type RefOr<T> =
  | T
  | Ref
  | (T extends (...args: never[]) => unknown
      ? never
      : T extends ReadonlyMap<infer K, infer V>
        ? ReadonlyMap<RefOr<K>, RefOr<V>>
        : T extends ReadonlySet<infer V>
          ? ReadonlySet<RefOr<V>>
          : T extends object
            ? { [K in keyof T]: RefOr<T[K]> }
            : never);

/**
 * Arguments of a function, any of which may be references or hold some. Behind them may stand more
 * references: these tasks run before, and the function gets what they give.
 */
export type RefArguments<F extends TaskFunction> =
  TakesAnything<F> extends true
    ? readonly unknown[]
    : Parameters<F> extends infer A extends readonly unknown[]
      ? readonly [...{ [I in keyof A]: RefOr<A[I]> }, ...Ref[]]
      : never;

/** Whether nothing is known of the parameters of a function. */
export type TakesAnything<F extends TaskFunction> = number extends Parameters<F>["length"]
  ? [Parameters<F>[number]] extends [never]
    ? true
    : false
  : false;

/** A call that has not happened yet; made by {@link task}. */
export interface TaskSpec {
  readonly kind: "millrace.task";
  readonly fn: TaskFunction;
  readonly args: readonly unknown[];
  readonly annotations: Annotations | undefined;
}

/** What a graph shows of one of its tasks. */
export interface Task {
  readonly key: Key;
  /** Keys whose values the steps read, without duplicates. */
  readonly inputs: readonly Key[];
  /** The straight-line program: the last step gives the value of the task. */
  readonly steps: readonly { readonly fn: TaskFunction; readonly args: readonly Arg[] }[];
  readonly annotations: Annotations | undefined;
}

const refs = new WeakSet<object>();
const specs = new WeakSet<object>();

/**
 * Stands for the value of the task `key`. Only these are references: a string that equals a key
 * stays a string. References are found inside arrays, plain objects, Maps and Sets too.
 *
 * @throws GraphError `graph/invalid-argument` when the key is not a string
 * @example
 * ```ts
 * import { TaskGraph, ref, task } from "@millrace/graph";
 *
 * const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
 * const graph = TaskGraph.from({ a: 1, b: 2, c: task(sum, [[ref("a"), ref("b"), 10]]) });
 * await graph.compute("c"); // => 13
 * ```
 */
export function ref(key: Key): Ref {
  checkKey("ref", "bad key", key);
  const made: Ref = Object.freeze({ kind: "millrace.ref", key });
  refs.add(made);
  return made;
}

/** Whether a value was made by {@link ref}. */
export function isRef(value: unknown): value is Ref {
  return typeof value === "object" && value !== null && refs.has(value);
}

/**
 * A lazy call: `fn` will get `args`, with every {@link ref} among them replaced by that task's
 * value. A promise that `fn` returns is waited for.
 *
 * @param options.annotations - advice for executors, inside of that of `annotate`
 * @throws GraphError `graph/invalid-argument` when `fn` is not a function or `args` not an array
 * @example
 * ```ts
 * import { TaskGraph, ref, task } from "@millrace/graph";
 *
 * const graph = TaskGraph.from({
 *   a: 1,
 *   b: task((x: number, y: number) => x + y, [ref("a"), 10]),
 * });
 * await graph.compute("b"); // => 11
 * ```
 */
export function task<F extends TaskFunction>(
  fn: F,
  args: RefArguments<F>,
  options?: { readonly annotations?: Annotations | undefined },
): TaskSpec;
export function task(fn: () => unknown): TaskSpec;
export function task(
  fn: TaskFunction,
  args: readonly unknown[] = [],
  options: { readonly annotations?: Annotations | undefined } = {},
): TaskSpec {
  checkFunction("task", fn);
  if (!Array.isArray(args)) {
    throw invalidArgument("task", "the arguments must come as an array", args, "an array");
  }
  checkOptions("task", options, ["annotations"]);
  const annotations =
    options.annotations === undefined
      ? currentAnnotations()
      : withinAnnotate("task", options.annotations);
  const made: TaskSpec = Object.freeze({ kind: "millrace.task", fn, args: [...args], annotations });
  specs.add(made);
  return made;
}

/** Whether a value was made by {@link task}. */
export function isTaskSpec(value: unknown): value is TaskSpec {
  return typeof value === "object" && value !== null && specs.has(value);
}

/** A task taken apart: a shared program, and what is this task's own. */
export interface ParsedTask<Source> {
  readonly program: Program;
  readonly inputs: readonly Source[];
  readonly constants: readonly unknown[];
}

/** One entry of a graph taken apart, its inputs still named. */
export interface ParsedEntry extends ParsedTask<Key> {
  readonly annotations: Annotations | undefined;
}

/** Takes apart what keys stand for: calls, or values in which references are filled in. */
export function parseEntries(values: Iterable<unknown>): ParsedEntry[] {
  const sourceOf = (item: unknown): Key | undefined => (isRef(item) ? item.key : undefined);
  // Nothing changes while one graph is built.
  const plain = new Set<object>();
  return Array.from(values, (value) =>
    isTaskSpec(value)
      ? { ...parseCall(value.fn, value.args, sourceOf, plain), annotations: value.annotations }
      : { ...parseCall(holderOf(value), [value], sourceOf, plain), annotations: undefined },
  );
}

/**
 * The function of a task that is a plain value: promises are waited for before somebody reads them.
 * Until then one that rejects is no unhandled rejection.
 */
export function holderOf(value: unknown): TaskFunction {
  if (!isThenable(value)) return identity;
  // Other thenables may begin to work when they are asked.
  if (value instanceof Promise) value.catch(() => undefined);
  return settle;
}
