import { invalidArgument } from "./errors.ts";

/** Any function a task may call; sync or async. */
export type TaskFunction = (...args: never[]) => unknown;

/**
 * Where an argument of a step comes from: a value written into the program, the task's own
 * constant, one of the task's inputs, an earlier step, or a container of these.
 */
export type Arg =
  | { readonly kind: "literal"; readonly value: unknown }
  | { readonly kind: "constant"; readonly constant: number }
  | { readonly kind: "input"; readonly input: number }
  /** An array of `count` consecutive inputs. */
  | { readonly kind: "inputs"; readonly start: number; readonly count: number }
  /** Of an array of arrays, an array of item number `piece` of each. */
  | { readonly kind: "pieces"; readonly of: Arg; readonly piece: Arg }
  | { readonly kind: "step"; readonly step: number }
  | { readonly kind: "array"; readonly items: readonly Arg[] }
  | { readonly kind: "set"; readonly items: readonly Arg[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Arg, Arg])[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Arg])[] };

/** One call: a function and where its arguments come from. */
export interface Step {
  readonly fn: TaskFunction;
  readonly args: readonly Arg[];
}

/**
 * A straight-line program: steps run one after another, the value of the last one is the value of
 * the task. Tasks that differ only in their inputs and constants share one program.
 */
export interface Program {
  readonly steps: readonly Step[];
  readonly inputCount: number;
  readonly constantCount: number;
  /** For each step, the earlier steps whose values nobody reads after it. */
  readonly freed: readonly (readonly number[])[];
}

/** Gives back what it was given: the only step of a task that is a plain value or an alias. */
export function identity<T>(value: T): T {
  return value;
}

/**
 * Gives back the array it was given: the only step of a task that stands for many others together,
 * so that who reads all of them reads one task. It does no work: an executor with workers leaves
 * the values where they are.
 */
export function gather(values: readonly unknown[]): readonly unknown[] {
  return values;
}

/**
 * Gives back the value of a promise that a graph holds; unlike {@link identity} it stays a step,
 * so that whoever reads it gets what the promise becomes.
 */
export function settle<T>(value: T): T {
  return value;
}

/**
 * The functions of steps that no user wrote, by name. Executors know them: `identity` does no work,
 * `settle` waits for a promise that a graph holds, `gather` stands for many tasks together.
 *
 * @example
 * ```ts
 * import { ownFunctions } from "@millrace/graph";
 *
 * Object.keys(ownFunctions); // => ["identity", "settle", "gather"]
 * ```
 */
export const ownFunctions: Readonly<Record<"identity" | "settle" | "gather", TaskFunction>> =
  Object.freeze({ identity, settle, gather });

/**
 * A step function with this method may swallow the step before it: given the producer and the
 * consumer (whose first argument is the producer's value, used nowhere else) it returns one step
 * that does the work of both, or undefined to leave them. Bag uses it to make one loop of a chain
 * of element operations.
 *
 * @example
 * ```ts
 * import { absorbs } from "@millrace/graph";
 *
 * typeof absorbs; // => "symbol"
 * ```
 */
export const absorbs: unique symbol = Symbol.for("millrace.absorbs") as never;

/** See {@link absorbs}. */
export type Absorb = (producer: Step, consumer: Step) => Step | undefined;

/** Freezes steps into a program and works out when each value may be forgotten. */
export function makeProgram(
  steps: readonly Step[],
  inputCount: number,
  constantCount: number,
): Program {
  const last = new Int32Array(steps.length).fill(-1);
  steps.forEach((step, j) => {
    for (const arg of step.args)
      forEachLeaf(arg, (leaf) => leaf.kind === "step" && (last[leaf.step] = j));
  });
  const freed: number[][] = steps.map(() => []);
  for (let s = 0; s < steps.length - 1; s++) {
    const reader = last[s] as number;
    (freed[reader < 0 ? s : reader] as number[]).push(s);
  }
  return { steps, inputCount, constantCount, freed };
}

/**
 * Calls `visit` for every argument inside `arg` that holds no other argument.
 *
 * @example
 * ```ts
 * import { forEachLeaf } from "@millrace/graph";
 *
 * const kinds: string[] = [];
 * const step = { kind: "step", step: 0 } as const;
 * forEachLeaf({ kind: "array", items: [step, { kind: "literal", value: 1 }] }, ({ kind }) => {
 *   kinds.push(kind);
 * });
 * kinds; // => ["step", "literal"]
 * ```
 */
export function forEachLeaf(arg: Arg, visit: (leaf: Arg) => void): void {
  switch (arg.kind) {
    case "array":
    case "set":
      for (const item of arg.items) forEachLeaf(item, visit);
      return;
    case "object":
      for (const [, item] of arg.entries) forEachLeaf(item, visit);
      return;
    case "map":
      for (const [key, item] of arg.entries) {
        forEachLeaf(key, visit);
        forEachLeaf(item, visit);
      }
      return;
    case "pieces":
      forEachLeaf(arg.of, visit);
      forEachLeaf(arg.piece, visit);
      return;
    case "inputs":
    case "literal":
    case "constant":
    case "input":
    case "step":
      visit(arg);
  }
}

/**
 * The same argument with every argument that holds no other replaced by `replace(leaf)`.
 *
 * @example
 * ```ts
 * import { mapLeaves } from "@millrace/graph";
 *
 * const arg = { kind: "set", items: [{ kind: "input", input: 0 }] } as const;
 * mapLeaves(arg, () => ({ kind: "literal", value: 7 }));
 * // => { kind: "set", items: [{ kind: "literal", value: 7 }] }
 * ```
 */
export function mapLeaves(arg: Arg, replace: (leaf: Arg) => Arg): Arg {
  switch (arg.kind) {
    case "array":
    case "set":
      return { kind: arg.kind, items: arg.items.map((item) => mapLeaves(item, replace)) };
    case "object":
      return {
        kind: "object",
        entries: arg.entries.map(([key, item]) => [key, mapLeaves(item, replace)]),
      };
    case "map":
      return {
        kind: "map",
        entries: arg.entries.map(([key, item]) => [
          mapLeaves(key, replace),
          mapLeaves(item, replace),
        ]),
      };
    case "pieces":
      return {
        kind: "pieces",
        of: mapLeaves(arg.of, replace),
        piece: mapLeaves(arg.piece, replace),
      };
    case "inputs":
    case "literal":
    case "constant":
    case "input":
    case "step":
      return replace(arg);
  }
}

/**
 * The argument for a run of inputs whose sources have become `items`: still a run where they are
 * consecutive inputs, else an array.
 */
export function runOfInputs(items: readonly Arg[]): Arg {
  const first = items[0];
  const start = first?.kind === "input" ? first.input : -1;
  const consecutive = items.every((item, i) => item.kind === "input" && item.input === start + i);
  return start >= 0 && consecutive
    ? { kind: "inputs", start, count: items.length }
    : { kind: "array", items };
}

/**
 * Runs a program. The answer is a promise only where a step gave one; synchronous steps never wait.
 */
export function runProgram(
  program: Program,
  inputs: readonly unknown[],
  constants: readonly unknown[],
): unknown {
  const { steps } = program;
  if (steps.length === 1) return callStep(steps[0] as Step, inputs, constants, inputs);
  return runFrom(program, 0, new Array<unknown>(steps.length), inputs, constants);
}

function runFrom(
  program: Program,
  start: number,
  values: unknown[],
  inputs: readonly unknown[],
  constants: readonly unknown[],
): unknown {
  const { steps, freed } = program;
  for (let j = start; j < steps.length; j++) {
    const value = callStep(steps[j] as Step, inputs, constants, values);
    if (isThenable(value)) {
      return Promise.resolve(value).then((settled) => {
        values[j] = settled;
        for (const s of freed[j] as readonly number[]) values[s] = undefined;
        return runFrom(program, j + 1, values, inputs, constants);
      });
    }
    values[j] = value;
    for (const s of freed[j] as readonly number[]) values[s] = undefined;
  }
  return values[steps.length - 1];
}

/** Whether a value has a `then` method, so that its settled value is meant. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

function callStep(
  step: Step,
  inputs: readonly unknown[],
  constants: readonly unknown[],
  values: readonly unknown[],
): unknown {
  const fn = step.fn as (...args: unknown[]) => unknown;
  const { args } = step;
  if (args.length === 1) return fn(valueOf(args[0] as Arg, inputs, constants, values));
  return fn(...args.map((arg) => valueOf(arg, inputs, constants, values)));
}

function valueOf(
  arg: Arg,
  inputs: readonly unknown[],
  constants: readonly unknown[],
  values: readonly unknown[],
): unknown {
  switch (arg.kind) {
    case "literal":
      return arg.value;
    case "constant":
      return constants[arg.constant];
    case "input":
      return inputs[arg.input];
    case "inputs":
      return inputs.slice(arg.start, arg.start + arg.count);
    case "pieces": {
      const of = valueOf(arg.of, inputs, constants, values) as readonly (readonly unknown[])[];
      const piece = valueOf(arg.piece, inputs, constants, values) as number;
      return of.map((pieces) => pieces[piece]);
    }
    case "step":
      return values[arg.step];
    case "array":
      return arg.items.map((item) => valueOf(item, inputs, constants, values));
    case "set":
      return new Set(arg.items.map((item) => valueOf(item, inputs, constants, values)));
    case "object":
      return Object.fromEntries(
        arg.entries.map(([key, item]) => [key, valueOf(item, inputs, constants, values)]),
      );
    case "map":
      return new Map(
        arg.entries.map(([key, item]) => [
          valueOf(key, inputs, constants, values),
          valueOf(item, inputs, constants, values),
        ]),
      );
  }
}

/** Checks that something handed over as a task's function can be called. */
export function checkFunction(api: string, fn: unknown): asserts fn is TaskFunction {
  if (typeof fn !== "function") {
    throw invalidArgument(api, "the first argument must be a function", fn, "a function");
  }
}
