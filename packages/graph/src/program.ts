import type { Arg } from "./arg.ts";
import { forEachLeaf } from "./arg.ts";
import type { Pieces } from "./cut.ts";
import { Cut, pieceOf } from "./cut.ts";
import { GraphError, invalidArgument, quoteValue, taskFault } from "./errors.ts";

/** Any function a task may call; sync or async. */
export type TaskFunction = (...args: never[]) => unknown;

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
  /** For each step, the inputs that nobody reads after it. */
  readonly freedInputs: readonly (readonly number[])[];
}

/** A label is read by people, in keys and messages. */
const labelLengthMax = 100;

/**
 * What a function is called, as far as that is a text and fits in a key; `otherwise` where it has
 * no name. Programs may write anything into it, of any length.
 *
 * @example
 * ```ts
 * import { functionLabel } from "@millrace/graph";
 *
 * functionLabel(Math.abs, "call"); // => "abs"
 * functionLabel(() => 1, "call"); // => "call"
 * ```
 */
export function functionLabel(fn: object, otherwise: string): string {
  const { name } = fn as { readonly name?: unknown };
  if (typeof name !== "string" || name === "") return otherwise;
  // A cut may leave half of a pair.
  return name.slice(0, labelLengthMax).toWellFormed();
}

/** What a run and the program of one of its tasks tell each other. */
export interface RunControl {
  /** The step that runs or, when it has thrown, that threw; kept by {@link runProgram}. */
  step: number;
  /** Throws where the run is over; called before anything more is started. */
  throwIfOver(): void;
  /** Called before every step but the first; what it returns is waited for first. */
  pause(): Promise<void> | undefined;
}

/** That of the step which is being called. */
let current: RunControl | undefined;

/**
 * For a step that calls more and more functions by itself, after it has given a promise: gives a
 * function that throws once nobody waits for the step any more, so that it calls no other. To be
 * asked for before the step gives its promise.
 *
 * @example
 * ```ts
 * import { Delayed, runGuard } from "@millrace/graph";
 *
 * async function readAll(read: (page: number) => Promise<string>): Promise<string[]> {
 *   const throwIfOver = runGuard();
 *   const pages: string[] = [];
 *   for (let page = 0; page < 3; page++) {
 *     throwIfOver();
 *     pages.push(await read(page));
 *   }
 *   return pages;
 * }
 * await Delayed.call(readAll, [async (page) => `page ${page}`]).compute();
 * // => ["page 0", "page 1", "page 2"]
 * ```
 */
export function runGuard(): () => void {
  const control = current;
  return () => control?.throwIfOver();
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

/** Gives back the pieces that a block was split into, when they are as many as they should be. */
export function checkPieces(pieces: unknown, count: number): unknown {
  const given = pieces instanceof Cut ? pieces.count : Array.isArray(pieces) ? pieces.length : -1;
  if (given === count) return pieces;
  const got = pieces instanceof Cut ? `a Cut of ${pieces.count}` : quoteValue(pieces);
  const message =
    `ShuffleLayer: split does not give as many pieces as npartitions says, got ${got}, ` +
    `wanted an array or a Cut of ${count}. Correct split, or npartitions.`;
  throw taskFault(new GraphError("graph/nout", message));
}

/**
 * The functions of steps that no user wrote, by name. Executors know them: `identity` does no work,
 * `settle` waits for a promise that a graph holds, `gather` stands for many tasks together,
 * `checkPieces` counts what a split gave.
 *
 * @example
 * ```ts
 * import { ownFunctions } from "@millrace/graph";
 *
 * Object.keys(ownFunctions); // => ["identity", "settle", "gather", "checkPieces"]
 * ```
 */
export const ownFunctions: Readonly<
  Record<"identity" | "settle" | "gather" | "checkPieces", TaskFunction>
> = Object.freeze({ identity, settle, gather, checkPieces });

const own: ReadonlySet<TaskFunction> = new Set(Object.values(ownFunctions));

/** Whether a function is one of {@link ownFunctions}. */
export function isOwn(fn: TaskFunction): boolean {
  return own.has(fn);
}

/**
 * Makes a program of steps and works out when each value and input may be forgotten.
 *
 * @example
 * ```ts
 * import { makeProgram, runProgram } from "@millrace/graph";
 *
 * const add = (x: number, y: number) => x + y;
 * const input = { kind: "input", input: 0 } as const;
 * const program = makeProgram([{ fn: add, args: [input, { kind: "literal", value: 1 }] }], 1, 0);
 * runProgram(program, [2], []); // => 3
 * ```
 */
export function makeProgram(
  steps: readonly Step[],
  inputCount: number,
  constantCount: number,
): Program {
  const lastOfStep = new Int32Array(steps.length).fill(-1);
  const lastOfInput = new Int32Array(inputCount);
  const runs: number[] = [];
  steps.forEach((step, j) => {
    const visit = (leaf: Arg): void => {
      if (leaf.kind === "step") lastOfStep[leaf.step] = j;
      else if (leaf.kind === "input") lastOfInput[leaf.input] = j;
      else if (leaf.kind === "inputs") runs.push(leaf.start, leaf.start + leaf.count, j);
    };
    for (const arg of step.args) forEachLeaf(arg, visit);
  });
  noteRuns(lastOfInput, runs);
  const freed = steps.map((): number[] => []);
  for (let s = 0; s < steps.length - 1; s++) {
    const reader = lastOfStep[s] as number;
    (freed[reader < 0 ? s + 1 : reader] as number[]).push(s);
  }
  const freedInputs = steps.map((): number[] => []);
  lastOfInput.forEach((reader, input) => freedInputs[reader]?.push(input));
  return { steps, inputCount, constantCount, freed, freedInputs };
}

/**
 * Notes for runs of inputs, each a start, an end and the step that reads it, in the order of the
 * steps, which step reads each input last. Cost: grows with the inputs and the runs, however much
 * of each other the runs cover.
 */
function noteRuns(lastOfInput: Int32Array, runs: readonly number[]): void {
  const { length } = lastOfInput;
  // For an input that a later run has, the one behind it: where to look for one that none has.
  const next = runs.length > 3 ? Int32Array.from({ length: length + 1 }, (_, i) => i) : undefined;
  for (let r = runs.length - 3; r >= 0; r -= 3) {
    const end = Math.min(runs[r + 1] as number, length);
    const step = runs[r + 2] as number;
    for (let i = firstFree(next, runs[r] as number); i < end; i = firstFree(next, i + 1)) {
      if ((lastOfInput[i] as number) < step) lastOfInput[i] = step;
      if (next !== undefined) next[i] = i + 1;
    }
  }
}

function firstFree(next: Int32Array | undefined, start: number): number {
  if (next === undefined) return start;
  let i = start;
  while (i < next.length && next[i] !== i) {
    const after = next[i] as number;
    next[i] = next[after] as number;
    i = after;
  }
  return i;
}

/**
 * Runs a program. The answer is a promise only where a step, or `control`, gave one; synchronous
 * steps never wait. What a step throws is thrown.
 *
 * @param inputs - the values of the inputs; the array is the program's from now on, which forgets
 * each of them after the last step that reads it
 * @param control - how the run stops the program or makes it wait between two steps
 * @example
 * ```ts
 * import { lowerGraph, runProgram, TaskGraph, task } from "@millrace/graph";
 *
 * const { core } = lowerGraph(TaskGraph.from({ a: task(Math.max, [1, 2]) }), ["a"], true);
 * runProgram(core.programs[0]!, [], core.constants); // => 2
 * ```
 */
export function runProgram(
  program: Program,
  inputs: unknown[],
  constants: readonly unknown[],
  control?: RunControl,
): unknown {
  const { length } = program.steps;
  const values = length === 1 ? inputs : new Array<unknown>(length);
  return runFrom(program, 0, values, inputs, constants, control);
}

function runFrom(
  program: Program,
  start: number,
  values: unknown[],
  inputs: unknown[],
  constants: readonly unknown[],
  control: RunControl | undefined,
): unknown {
  const { steps } = program;
  const outer = current;
  current = control;
  try {
    if (steps.length === 1) return callStep(steps[0] as Step, inputs, constants, values);
    for (let j = start; j < steps.length; j++) {
      if (control !== undefined && j > 0) {
        control.throwIfOver();
        const pause = control.pause();
        if (pause !== undefined) {
          return pause.then(() => runFrom(program, j, values, inputs, constants, control));
        }
        control.step = j;
      }
      const value = callStep(steps[j] as Step, inputs, constants, values);
      forget(program, j, values, inputs);
      if (isThenable(value)) {
        return Promise.resolve(value).then((settled) => {
          values[j] = settled;
          return runFrom(program, j + 1, values, inputs, constants, control);
        });
      }
      values[j] = value;
    }
    return values[steps.length - 1];
  } finally {
    current = outer;
  }
}

/** Lets go of what only step `j` has still read. */
function forget({ freed, freedInputs }: Program, j: number, values: unknown[], inputs: unknown[]) {
  const steps = freed[j] as readonly number[];
  for (let s = 0; s < steps.length; s++) values[steps[s] as number] = undefined;
  const read = freedInputs[j] as readonly number[];
  for (let i = 0; i < read.length; i++) inputs[read[i] as number] = undefined;
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
      const of = valueOf(arg.of, inputs, constants, values) as readonly Pieces[];
      const piece = valueOf(arg.piece, inputs, constants, values) as number;
      return of.map((pieces) => pieceOf(pieces, piece));
    }
    case "step":
      return values[arg.step];
    case "array":
      return arg.items.map((item) => valueOf(item, inputs, constants, values));
    case "set":
      return new Set(arg.items.map((item) => valueOf(item, inputs, constants, values)));
    case "object": {
      const made: unknown = Object.fromEntries(
        arg.entries.map(([key, item]) => [key, valueOf(item, inputs, constants, values)]),
      );
      return arg.isBare === true ? Object.setPrototypeOf(made, null) : made;
    }
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
