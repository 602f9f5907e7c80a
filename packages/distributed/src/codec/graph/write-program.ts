import type { Arg } from "@millrace/graph";
import { SerializationError } from "../../errors.ts";
import type { FunctionName } from "../../messages/shipped.ts";
import { ARG_LEVELS_MAX, ARG_SCALE, ArgCode, PROGRAM_SCALE, ProgramFlag } from "./format.ts";
import type { PlanWriter } from "./plan-writer.ts";

/** Steps whose functions are of some kind. */
export type StepsOf<F> = readonly { readonly fn: F; readonly args: readonly Arg[] }[];

/** A program whose functions are of some kind. */
export interface ProgramOf<F> {
  readonly steps: StepsOf<F>;
  readonly inputCount: number;
  readonly constantCount: number;
}

/** Writes a program; what its steps are made of is behind it. */
export function writeProgram<F>(
  plan: PlanWriter,
  { steps, inputCount, constantCount }: ProgramOf<F>,
  nameOf: (fn: F) => FunctionName,
): void {
  const flags =
    (constantCount > 0 ? ProgramFlag.constants : 0) | (steps.length > 1 ? ProgramFlag.steps : 0);
  plan.natural(inputCount * PROGRAM_SCALE + flags);
  if (constantCount > 0) plan.natural(constantCount);
  if (steps.length > 1) plan.natural(steps.length);
  writeSteps(plan, steps, nameOf);
}

/** Writes steps whose number the reader knows. */
export function writeSteps<F>(
  plan: PlanWriter,
  steps: StepsOf<F>,
  nameOf: (fn: F) => FunctionName,
): void {
  for (const { fn, args } of steps) {
    plan.natural(plan.values.functionNumber(nameOf(fn)));
    plan.natural(args.length);
    for (const arg of args) writeArg(plan, arg);
  }
}

/** Writes an argument, then those in it, each before those in it; without recursion. */
function writeArg(plan: PlanWriter, root: Arg): void {
  if (isLeaf(plan, root)) return;
  // Those that are still to come, the next one last, and how deep each is.
  const args: Arg[] = [root];
  const levels: number[] = [1];
  while (args.length > 0) {
    const arg = args.pop() as Arg;
    const level = levels.pop() as number;
    if (arg !== root && isLeaf(plan, arg)) continue;
    if (level > ARG_LEVELS_MAX) throw tooDeep();
    const before = args.length;
    pushItems(plan, arg, args);
    reverseFrom(args, before);
    while (levels.length < args.length) levels.push(level + 1);
  }
}

/** Writes an argument that holds no other; false, with nothing written, for any other. */
function isLeaf(plan: PlanWriter, arg: Arg): boolean {
  switch (arg.kind) {
    case "literal":
      plan.natural(ArgCode.literal);
      plan.values.add(arg.value);
      return true;
    case "constant":
      writeHead(plan, ArgCode.constant, arg.constant);
      return true;
    case "input":
      writeHead(plan, ArgCode.input, arg.input);
      return true;
    case "inputs":
      writeHead(plan, ArgCode.inputs, arg.start);
      plan.natural(arg.count);
      return true;
    case "step":
      writeHead(plan, ArgCode.step, arg.step);
      return true;
    case "pieces":
    case "array":
    case "set":
    case "map":
    case "object":
      return false;
  }
}

/** Writes how many others an argument holds, with their keys, and adds them to a list. */
function pushItems(plan: PlanWriter, arg: Arg, items: Arg[]): void {
  switch (arg.kind) {
    case "pieces":
      writeHead(plan, ArgCode.pieces, 0);
      items.push(arg.of, arg.piece);
      return;
    case "array":
    case "set":
      writeHead(plan, ArgCode[arg.kind], arg.items.length);
      for (const item of arg.items) items.push(item);
      return;
    case "map":
      writeHead(plan, ArgCode.map, arg.entries.length);
      for (const [key, item] of arg.entries) items.push(key, item);
      return;
    case "object":
      writeHead(
        plan,
        arg.isBare === true ? ArgCode.bareObject : ArgCode.object,
        arg.entries.length,
      );
      for (const [key, item] of arg.entries) {
        plan.text(key);
        items.push(item);
      }
      return;
    case "literal":
    case "constant":
    case "input":
    case "inputs":
    case "step":
  }
}

function writeHead(plan: PlanWriter, code: number, number: number): void {
  plan.natural(number * ARG_SCALE + code);
}

function reverseFrom(args: Arg[], start: number): void {
  for (let i = start, j = args.length - 1; i < j; i++, j--) {
    const arg = args[i] as Arg;
    args[i] = args[j] as Arg;
    args[j] = arg;
  }
}

function tooDeep(): SerializationError {
  return new SerializationError(
    "$",
    `arguments of a task with references in more than ${ARG_LEVELS_MAX} levels`,
    "Keep the references in an array instead of one container inside the other.",
  );
}
