import type { Arg, Program } from "@millrace/graph";
import { forEachLeaf, ownFunctions } from "@millrace/graph";
import type { FunctionName, ShippedProgram } from "../messages/shipped.ts";
import { ShippedValue } from "../messages/shipped.ts";
import { contentOf } from "./program-content.ts";
import { nameOf } from "./stand-in.ts";

/** A program, and what is known of the tasks that run it. */
export interface ProgramRecord {
  /** What compute rows call it; never used again for another one. */
  readonly number: number;
  readonly spec: ShippedProgram;
  /** All functions that it and the values written into it name. */
  readonly functions: readonly FunctionName[];
  /** Equal programs have equal content. */
  readonly content: string;
  /** How long its tasks take; NaN before the first has ended. */
  meanUs: number;
  /** How many runs have it. */
  runCount: number;
}

/** How much the last task counts for the mean. */
const lastShare = 0.2;
/** Programs that no run has are remembered, with their times, up to this many. */
const idleMax = 4096;

/** The programs of all runs; equal ones are one. */
export class Programs {
  readonly #byContent = new Map<string, ProgramRecord>();
  /** Those that no run has, the one that has been idle longest first. */
  readonly #idle = new Set<ProgramRecord>();
  #numbers = 0;

  /** The record of a program, for one more run. */
  take(program: Program): ProgramRecord {
    const content = contentOf(program);
    let record = this.#byContent.get(content);
    if (record === undefined) {
      record = makeRecord(this.#numbers++, program, content);
      this.#byContent.set(content, record);
    }
    record.runCount++;
    this.#idle.delete(record);
    return record;
  }

  /** One run fewer has it; gives the records that are now forgotten. */
  giveBack(record: ProgramRecord): readonly ProgramRecord[] {
    record.runCount--;
    if (record.runCount > 0) return [];
    this.#idle.add(record);
    if (this.#idle.size <= idleMax) return [];
    const [oldest] = this.#idle as Iterable<ProgramRecord>;
    if (oldest === undefined) return [];
    this.#idle.delete(oldest);
    this.#byContent.delete(oldest.content);
    return [oldest];
  }

  /** The programs that name one of these functions. Cost: all programs are looked at. */
  naming(names: readonly FunctionName[]): ProgramRecord[] {
    if (names.length === 0) return [];
    const gone = new Set(names);
    return [...this.#byContent.values()].filter(({ functions }) =>
      functions.some((name) => gone.has(name)),
    );
  }
}

/** How long a task is expected to take. */
export function expectedOf({ meanUs }: ProgramRecord, unknownUs: number): number {
  return Number.isNaN(meanUs) ? unknownUs : meanUs;
}

/** Learns from a task that has ended. */
export function noteDuration(record: ProgramRecord, us: number): void {
  record.meanUs = Number.isNaN(record.meanUs)
    ? us
    : record.meanUs + (us - record.meanUs) * lastShare;
}

/** The functions that a program of stand-ins calls, and those inside the values written into it. */
export function functionsInProgram({ steps }: Program): FunctionName[] {
  const functions = new Set(steps.map(({ fn }) => nameOf(fn)).filter((name) => !isOwn(name)));
  for (const { args } of steps) {
    for (const arg of args) forEachLeaf(arg, (leaf) => addFunctions(leaf, functions));
  }
  return [...functions];
}

function makeRecord(number: number, program: Program, content: string): ProgramRecord {
  const steps = program.steps.map(({ fn, args }) => ({ fn: nameOf(fn), args }));
  const { inputCount, constantCount } = program;
  return {
    number,
    spec: { steps, inputCount, constantCount },
    functions: functionsInProgram(program),
    content,
    meanUs: Number.NaN,
    runCount: 0,
  };
}

/** Functions of graph are not sent: every thread has them. */
function isOwn(name: FunctionName): boolean {
  return name in ownFunctions;
}

function addFunctions(leaf: Arg, functions: Set<FunctionName>): void {
  if (leaf.kind !== "literal" || !(leaf.value instanceof ShippedValue)) return;
  for (const name of leaf.value.functions) functions.add(name);
}
