import { invalidArgument } from "./errors.ts";
import type { Arg } from "./arg.ts";
import type { Program, Step, TaskFunction } from "./program.ts";
import { mapItems, runOfInputs } from "./arg.ts";
import { identity, makeProgram } from "./program.ts";
import type { ParsedTask } from "./task.ts";

/** Recognises references among arguments: gives the source of the value, or undefined. */
export type SourceOf<Source> = (value: unknown) => Source | undefined;

/** References stand in so many containers at most. */
const depthMax = 1000;
/** Longer shapes come from big nested arguments: not worth keeping. */
const shapeLengthMax = 256;
/** When more marks of shapes are kept for one function, all are forgotten. */
const shapeMarksMax = 10_000;
/** So many inputs are searched faster than hashed. */
const searchedInputsMax = 8;

/** Calls of one function whose arguments began alike; `program` for those that end here. */
interface Shape {
  next: Map<string | number, Shape> | undefined;
  program: Program | undefined;
}

/** The shapes of the calls of one function. */
interface Shapes {
  readonly root: Shape;
  markCount: number;
}

const shapesOf = new WeakMap<TaskFunction, Shapes>();

/**
 * Takes a call apart. Calls of one function with arguments of the same shape share one program.
 *
 * @param plain - containers known to hold no source, while they cannot change
 */
export function parseCall<Source>(
  fn: TaskFunction,
  args: readonly unknown[],
  sourceOf: SourceOf<Source>,
  plain: Set<object> = new Set(),
): ParsedTask<Source> {
  let shapes = shapesOf.get(fn);
  if (shapes === undefined || shapes.markCount > shapeMarksMax) {
    shapes = { root: { next: undefined, program: undefined }, markCount: 0 };
    shapesOf.set(fn, shapes);
  }
  const parser = new ArgumentParser(sourceOf, shapes, plain);
  const parsed = args.map((arg) => parser.parse(arg, 0));
  const { inputs, constants, shape } = parser;
  const program =
    shape?.program ?? makeProgram(parser.steps(fn, parsed), inputs.length, constants.length);
  if (shape !== undefined) shape.program = program;
  return { program, inputs, constants };
}

class ArgumentParser<Source> {
  readonly inputs: Source[] = [];
  readonly constants: unknown[] = [];
  /** What has been parsed has this shape; undefined when it is too long to keep. */
  shape: Shape | undefined;
  readonly #shapes: Shapes;
  #length = 0;
  #numbers: Map<Source, number> | undefined;
  readonly #sourceOf: SourceOf<Source>;
  readonly #plain: Set<object>;
  /** Containers in which a source was found. */
  readonly #containing = new Set<Container>();
  /** Containers that were parsed, by when they were. */
  readonly #parsed = new Map<Container, { readonly arg: Arg; readonly number: number }>();
  /** Arguments that stand in several places: all who read them must get one container. */
  readonly #shared = new Map<number, Arg>();

  constructor(sourceOf: SourceOf<Source>, shapes: Shapes, plain: Set<object>) {
    this.#sourceOf = sourceOf;
    this.#shapes = shapes;
    this.#plain = plain;
    this.shape = shapes.root;
  }

  parse(value: unknown, depth: number): Arg {
    const source = this.#sourceOf(value);
    if (source !== undefined) return this.#input(source);
    if (!isContainer(value) || !this.#containsSource(value)) return this.#constant(value);
    const known = this.#parsed.get(value);
    if (known !== undefined) {
      this.#shared.set(known.number, known.arg);
      this.#sign(`^${known.number}`);
      return known.arg;
    }
    if (depth > depthMax) {
      throw invalidArgument("task", "references are nested too deep", value, `${depthMax} levels`);
    }
    const arg = this.#container(value, depth + 1);
    this.#parsed.set(value, { arg, number: this.#parsed.size });
    return arg;
  }

  /** The steps of a call: first one for each container that stands in several places. */
  steps(fn: TaskFunction, args: readonly Arg[]): readonly Step[] {
    const steps: Step[] = [];
    const stepOf = new Map<Arg, number>();
    const placed = (arg: Arg): Arg => {
      const step = stepOf.get(arg);
      return step === undefined ? mapItems(arg, placed) : { kind: "step", step };
    };
    // Those that were parsed first stand inside of the others.
    for (const [, arg] of [...this.#shared].sort(([a], [b]) => a - b)) {
      const step = steps.push({ fn: identity, args: [mapItems(arg, placed)] }) - 1;
      stepOf.set(arg, step);
    }
    return [...steps, { fn, args: args.map(placed) }];
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
    const { shape } = this;
    if (shape === undefined) return;
    let next = shape.next?.get(mark);
    if (next === undefined && this.#length < shapeLengthMax) {
      next = { next: undefined, program: undefined };
      shape.next ??= new Map();
      shape.next.set(mark, next);
      this.#shapes.markCount++;
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
    return this.#object(value as Readonly<Record<string, unknown>>, depth);
  }

  #object(value: Readonly<Record<string, unknown>>, depth: number): Arg {
    if (Object.getOwnPropertySymbols(value).length > 0) {
      const wanted = "text as keys of objects that hold references";
      throw invalidArgument("task", "a symbol is the key of a property", value, wanted);
    }
    const isBare = Object.getPrototypeOf(value) === null;
    this.#sign(isBare ? "{bare" : "{");
    const entries = Object.entries(value).map(([name, item]) => {
      this.#sign(`:${name}`);
      return [name, this.parse(item, depth)] as const;
    });
    this.#sign("}");
    return isBare ? { kind: "object", entries, isBare } : { kind: "object", entries };
  }

  /**
   * Looks through a container without recursion, so that deep or cyclic data stays plain data.
   * What was found to be on the way to a source is not looked through again.
   */
  #containsSource(root: Container): boolean {
    if (this.#containing.has(root)) return true;
    if (this.#plain.has(root)) return false;
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
      } else if (isContainer(value) && !seen.has(value) && !this.#plain.has(value)) {
        seen.add(value);
        path.push(value);
        items.push(children(value)[Symbol.iterator]());
      }
    }
    this.#plain.add(root);
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
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype ||
    prototype === Array.prototype ||
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
