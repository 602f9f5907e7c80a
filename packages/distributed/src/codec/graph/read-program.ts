import type { Arg } from "@millrace/graph";
import type { FunctionName } from "../../messages/shipped.ts";
import { corruptGraph } from "../value/corrupt.ts";
import { ARG_LEVELS_MAX, ARG_SCALE, ArgCode, PROGRAM_SCALE, ProgramFlag } from "./format.ts";
import type { PlanReader } from "./plan-reader.ts";
import type { ProgramOf, StepsOf } from "./write-program.ts";

/** What the arguments of a step may name: what is below these numbers. */
interface Limits {
  readonly inputCount: number;
  readonly constantCount: number;
  readonly stepCount: number;
}

/** A container that is not full yet. */
interface Open {
  readonly code: number;
  /** The keys of an object. */
  readonly keys: readonly string[];
  readonly items: Arg[];
  readonly count: number;
}

/** Inputs and constants are numbered by signed integers of 32 bits. */
const countMax = 2 ** 31 - 1;

/** Reads what `writeProgram` wrote. */
export function readProgram<F>(plan: PlanReader, fnOf: (name: FunctionName) => F): ProgramOf<F> {
  const head = plan.natural();
  const flags = head % PROGRAM_SCALE;
  const inputCount = (head - flags) / PROGRAM_SCALE;
  const constantCount = (flags & ProgramFlag.constants) === 0 ? 0 : plan.natural();
  const stepCount = (flags & ProgramFlag.steps) === 0 ? 1 : plan.count();
  if (inputCount > countMax || constantCount > countMax)
    throw corruptGraph("a program of too much");
  if (stepCount === 0) throw corruptGraph("a program without steps");
  const steps = readSteps(plan, stepCount, inputCount, constantCount, fnOf);
  return { steps, inputCount, constantCount };
}

/** Reads so many steps. */
export function readSteps<F>(
  plan: PlanReader,
  stepCount: number,
  inputCount: number,
  constantCount: number,
  fnOf: (name: FunctionName) => F,
): StepsOf<F> {
  plan.need(stepCount);
  return Array.from({ length: stepCount }, (_, step) => {
    const fn = fnOf(plan.values.functionAt(plan.natural()));
    const limits = { inputCount, constantCount, stepCount: step };
    return { fn, args: Array.from({ length: plan.count() }, () => readArg(plan, limits)) };
  });
}

/** Reads an argument and those in it, without recursion. */
function readArg(plan: PlanReader, limits: Limits): Arg {
  const open: Open[] = [];
  for (;;) {
    const head = plan.natural();
    const code = head % ARG_SCALE;
    const number = (head - code) / ARG_SCALE;
    let arg = readLeaf(plan, code, number, limits);
    if (arg === undefined) {
      const container = openContainer(plan, code, number);
      if (container.count > 0) {
        if (open.push(container) > ARG_LEVELS_MAX) throw corruptGraph("arguments too deep");
        continue;
      }
      arg = close(container);
    }
    for (;;) {
      const around = open.at(-1);
      if (around === undefined) return arg;
      if (around.items.push(arg) < around.count) break;
      open.pop();
      arg = close(around);
    }
  }
}

/** An argument that holds no other; undefined where the code says that it is another one. */
function readLeaf(
  plan: PlanReader,
  code: number,
  number: number,
  { inputCount, constantCount, stepCount }: Limits,
): Arg | undefined {
  switch (code) {
    case ArgCode.literal:
      if (number !== 0) throw corruptGraph("a value that is numbered");
      return { kind: "literal", value: plan.values.next() };
    case ArgCode.constant:
      return { kind: "constant", constant: below(number, constantCount) };
    case ArgCode.input:
      return { kind: "input", input: below(number, inputCount) };
    case ArgCode.inputs: {
      const count = plan.natural();
      below(number + count, inputCount + 1);
      return { kind: "inputs", start: number, count };
    }
    case ArgCode.step:
      return { kind: "step", step: below(number, stepCount) };
    default:
      return undefined;
  }
}

function below(number: number, limit: number): number {
  if (number >= limit) throw corruptGraph("an argument that is not there");
  return number;
}

function openContainer(plan: PlanReader, code: number, number: number): Open {
  const count = itemCount(code, number);
  plan.need(count);
  const isObject = code === ArgCode.object || code === ArgCode.bareObject;
  const keys = isObject ? Array.from({ length: count }, () => plan.text()) : [];
  return { code, keys, items: [], count };
}

function itemCount(code: number, number: number): number {
  switch (code) {
    case ArgCode.pieces:
      if (number !== 0) throw corruptGraph("pieces that are numbered");
      return 2;
    case ArgCode.map:
      return 2 * number;
    case ArgCode.array:
    case ArgCode.set:
    case ArgCode.object:
    case ArgCode.bareObject:
      return number;
    default:
      throw corruptGraph(`an argument of the kind ${code}`);
  }
}

function close({ code, keys, items }: Open): Arg {
  switch (code) {
    case ArgCode.pieces:
      return { kind: "pieces", of: items[0] as Arg, piece: items[1] as Arg };
    case ArgCode.set:
      return { kind: "set", items };
    case ArgCode.map:
      return {
        kind: "map",
        entries: Array.from({ length: items.length / 2 }, (_, i) => [
          items[2 * i] as Arg,
          items[2 * i + 1] as Arg,
        ]),
      };
    case ArgCode.object:
    case ArgCode.bareObject: {
      const entries = items.map((item, i) => [keys[i] as string, item] as const);
      return { kind: "object", entries, ...(code === ArgCode.bareObject ? { isBare: true } : {}) };
    }
    default:
      return { kind: "array", items };
  }
}
