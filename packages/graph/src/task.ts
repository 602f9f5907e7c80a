import type { Annotations } from "./annotations.ts";
import { currentAnnotations } from "./annotations.ts";
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
 * Stands for the value of the task `key`. Only these are references: a string that equals a key stays
 * a string. References are found inside arrays, plain objects, Maps and Sets too.
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
 * A lazy call: `fn` will get `args`, with every {@link ref} among them replaced by that task's value.
 * A promise that `fn` returns is waited for.
 *
 * @param options.annotations - advice for executors, see `annotate`
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
  const annotations = options.annotations ?? currentAnnotations();
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
const programs = new WeakMap<TaskFunction, Map<string, Program>>();

/** Takes a call apart. Calls of one function with arguments of the same shape share one program. */
export function parseCall<Source>(
  fn: TaskFunction,
  args: readonly unknown[],
  sourceOf: SourceOf<Source>,
): ParsedTask<Source> {
  const parser = new ArgumentParser(sourceOf);
  const parsed = args.map((arg) => parser.parse(arg, 0));
  const { inputs, constants } = parser;
  const signature = parser.signature.join("");
  let known = programs.get(fn);
  if (known === undefined) programs.set(fn, (known = new Map()));
  let program = known.get(signature);
  if (program === undefined) {
    program = makeProgram([{ fn, args: parsed }], inputs.length, constants.length);
    if (signature.length <= signatureLengthMax) known.set(signature, program);
  }
  return { program, inputs, constants };
}

/** Longer signatures come from big nested arguments: not worth keeping. */
const signatureLengthMax = 512;

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

/** The function of a task that is a plain value: promises are waited for before somebody reads them. */
export function holderOf(value: unknown): TaskFunction {
  return isThenable(value) ? settle : identity;
}

class ArgumentParser<Source> {
  readonly inputs: Source[] = [];
  readonly constants: unknown[] = [];
  readonly signature: string[] = [];
  readonly #numbers = new Map<Source, number>();
  readonly #sourceOf: SourceOf<Source>;

  constructor(sourceOf: SourceOf<Source>) {
    this.#sourceOf = sourceOf;
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
    let input = this.#numbers.get(source);
    if (input === undefined) {
      input = this.inputs.push(source) - 1;
      this.#numbers.set(source, input);
    }
    this.signature.push("i", String(input));
    return { kind: "input", input };
  }

  #constant(value: unknown): Arg {
    this.signature.push("c");
    return { kind: "constant", constant: this.constants.push(value) - 1 };
  }

  #container(value: Container, depth: number): Arg {
    const { signature } = this;
    if (Array.isArray(value)) {
      signature.push("[");
      const items = Array.from(value, (item) => this.parse(item, depth));
      signature.push("]");
      return runOfInputs(items, undefined);
    }
    if (value instanceof Set) {
      signature.push("(");
      const items = [...value].map((item) => this.parse(item, depth));
      signature.push(")");
      return { kind: "set", items };
    }
    if (value instanceof Map) {
      signature.push("<");
      const entries = [...value].map(
        ([key, item]) => [this.parse(key, depth), this.parse(item, depth)] as const,
      );
      signature.push(">");
      return { kind: "map", entries };
    }
    if (Object.getOwnPropertySymbols(value).length > 0) {
      const wanted = "text as keys of objects that hold references";
      throw invalidArgument("task", "a symbol is the key of a property", value, wanted);
    }
    signature.push("{");
    const entries = Object.entries(value).map(([name, item]) => {
      signature.push(JSON.stringify(name), ":");
      return [name, this.parse(item, depth)] as const;
    });
    signature.push("}");
    return { kind: "object", entries };
  }

  /** Looks through a container without recursion, so that deep or cyclic data stays plain data. */
  #containsSource(root: Container): boolean {
    const seen = new Set<object>([root]);
    const stack: Container[] = [root];
    for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
      for (const item of children(value)) {
        if (this.#sourceOf(item) !== undefined) return true;
        if (isContainer(item) && !seen.has(item)) {
          seen.add(item);
          stack.push(item);
        }
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
