import type { Annotations } from "./annotations.ts";
import { currentAnnotations, withinAnnotate } from "./annotations.ts";
import { invalidArgument } from "./errors.ts";
import type { Key } from "./key.ts";
import type { Arg, Program, TaskFunction } from "./program.ts";
import {
  checkFunction,
  identity,
  isThenable,
  makeProgram,
  runOfInputs,
  settle,
} from "./program.ts";

/** Stands for the value of another task among the arguments of a task; made by {@link ref}. */
export interface Ref {
  readonly kind: "millrace.ref";
  readonly key: Key;
}

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
  if (typeof key !== "string")
    throw invalidArgument("ref", "a key must be a string", key, "a string");
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
export function task(
  fn: TaskFunction,
  args: readonly unknown[] = [],
  options: { annotations?: Annotations } = {},
): TaskSpec {
  checkFunction("task", fn);
  if (!Array.isArray(args)) {
    throw invalidArgument("task", "the arguments must come as an array", args, "an array");
  }
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

/** Recognises references among arguments: gives the source of the value, or undefined. */
export type SourceOf<Source> = (value: unknown) => Source | undefined;

const depthMax = 1000;

/** Calls of one function whose arguments began alike; `program` for those that end here. */
interface Shape {
  readonly next: Map<string | number, Shape>;
  program: Program | undefined;
}

const shapes = new WeakMap<TaskFunction, Shape>();

/** Takes a call apart. Calls of one function with arguments of the same shape share one program. */
export function parseCall<Source>(
  fn: TaskFunction,
  args: readonly unknown[],
  sourceOf: SourceOf<Source>,
): ParsedTask<Source> {
  let root = shapes.get(fn);
  if (root === undefined) shapes.set(fn, (root = { next: new Map(), program: undefined }));
  const parser = new ArgumentParser(sourceOf, root);
  const parsed = args.map((arg) => parser.parse(arg, 0));
  const { inputs, constants, shape } = parser;
  const program =
    shape?.program ?? makeProgram([{ fn, args: parsed }], inputs.length, constants.length);
  if (shape !== undefined) shape.program = program;
  return { program, inputs, constants };
}

/** Longer shapes come from big nested arguments: not worth keeping. */
const shapeLengthMax = 256;
/** So many inputs are searched faster than hashed. */
const searchedInputsMax = 8;

/** One entry of a graph taken apart, its inputs still named. */
export interface ParsedEntry extends ParsedTask<Key> {
  readonly annotations: Annotations | undefined;
}

/** Takes apart what a key stands for: a call, or a value in which references are filled in. */
export function parseEntry(value: unknown): ParsedEntry {
  const sourceOf = (item: unknown): Key | undefined => (isRef(item) ? item.key : undefined);
  return isTaskSpec(value)
    ? { ...parseCall(value.fn, value.args, sourceOf), annotations: value.annotations }
    : { ...parseCall(holderOf(value), [value], sourceOf), annotations: undefined };
}

/**
 * The function of a task that is a plain value: promises are waited for before somebody reads them.
 */
export function holderOf(value: unknown): TaskFunction {
  return isThenable(value) ? settle : identity;
}

class ArgumentParser<Source> {
  readonly inputs: Source[] = [];
  readonly constants: unknown[] = [];
  /** What has been parsed has this shape; undefined when it is too long to keep. */
  shape: Shape | undefined;
  #length = 0;
  #numbers: Map<Source, number> | undefined;
  readonly #sourceOf: SourceOf<Source>;
  /** Containers in which a source was found. */
  readonly #containing = new Set<Container>();

  constructor(sourceOf: SourceOf<Source>, root: Shape) {
    this.#sourceOf = sourceOf;
    this.shape = root;
  }

  parse(value: unknown, depth: number): Arg {
    const source = this.#sourceOf(value);
    if (source !== undefined) return this.#input(source);
    if (!isContainer(value) || !this.#containsSource(value)) return this.#constant(value);
    if (depth > depthMax) {
      throw invalidArgument("task", "references are nested too deep", value, `${depthMax} levels`);
    }
    return this.#container(value, depth + 1);
  }

  #input(source: Source): Arg {
    let input = this.#numberOf(source);
    if (input < 0) {
      input = this.inputs.push(source) - 1;
      this.#numbers?.set(source, input);
    }
    this.#sign(input);
    return { kind: "input", input };
  }

  #numberOf(source: Source): number {
    const { inputs } = this;
    if (inputs.length <= searchedInputsMax) return inputs.indexOf(source);
    this.#numbers ??= new Map(inputs.map((known, i) => [known, i]));
    return this.#numbers.get(source) ?? -1;
  }

  #constant(value: unknown): Arg {
    this.#sign("constant");
    return { kind: "constant", constant: this.constants.push(value) - 1 };
  }

  /** Goes on to the shape that has one more mark: the number of an input, or a text. */
  #sign(mark: string | number): void {
    if (this.shape === undefined) return;
    let next = this.shape.next.get(mark);
    if (next === undefined && this.#length < shapeLengthMax) {
      next = { next: new Map(), program: undefined };
      this.shape.next.set(mark, next);
    }
    this.#length++;
    this.shape = next;
  }

  #container(value: Container, depth: number): Arg {
    if (Array.isArray(value)) {
      this.#sign("[");
      const items: Arg[] = [];
      for (const item of value) items.push(this.parse(item, depth));
      this.#sign("]");
      return runOfInputs(items);
    }
    if (value instanceof Set) {
      this.#sign("(");
      const items = [...value].map((item) => this.parse(item, depth));
      this.#sign(")");
      return { kind: "set", items };
    }
    if (value instanceof Map) {
      this.#sign("<");
      const entries = [...value].map(
        ([key, item]) => [this.parse(key, depth), this.parse(item, depth)] as const,
      );
      this.#sign(">");
      return { kind: "map", entries };
    }
    if (Object.getOwnPropertySymbols(value).length > 0) {
      const wanted = "text as keys of objects that hold references";
      throw invalidArgument("task", "a symbol is the key of a property", value, wanted);
    }
    this.#sign("{");
    const entries = Object.entries(value).map(([name, item]) => {
      this.#sign(`:${name}`);
      return [name, this.parse(item, depth)] as const;
    });
    this.#sign("}");
    return { kind: "object", entries };
  }

  /**
   * Looks through a container without recursion, so that deep or cyclic data stays plain data.
   * What was found to be on the way to a source is not looked through again.
   */
  #containsSource(root: Container): boolean {
    if (this.#containing.has(root)) return true;
    const seen = new Set<object>([root]);
    const path = [root];
    const items = [children(root)[Symbol.iterator]()];
    while (path.length > 0) {
      const { done, value } = (items.at(-1) as Iterator<unknown>).next();
      if (done === true) {
        path.pop();
        items.pop();
      } else if (this.#sourceOf(value) !== undefined) {
        for (const container of path) this.#containing.add(container);
        return true;
      } else if (isContainer(value) && !seen.has(value)) {
        seen.add(value);
        path.push(value);
        items.push(children(value)[Symbol.iterator]());
      }
    }
    return false;
  }
}

type Container =
  | readonly unknown[]
  | ReadonlySet<unknown>
  | ReadonlyMap<unknown, unknown>
  | Readonly<Record<string, unknown>>;

/** Arrays, Sets, Maps and plain objects are looked into; instances of classes are plain values. */
function isContainer(value: unknown): value is Container {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype ||
    prototype === null ||
    prototype === Map.prototype ||
    prototype === Set.prototype
  );
}

function children(value: Container): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value as Iterable<unknown>;
  if (value instanceof Map) return mapParts(value);
  return Object.values(value);
}

function* mapParts(map: ReadonlyMap<unknown, unknown>): Iterable<unknown> {
  yield* map.keys();
  yield* map.values();
}
