import type { RunSettings } from "../messages/client-messages.ts";
import type { ExpandedColumns } from "./expand.ts";
import { isRoot, isWanted } from "./marks.ts";
import { ruleOf } from "./rules.ts";
import { queued, stateCount, waiting } from "./states.ts";
import { notRun } from "./traits.ts";

/**
 * What follows of a run from its graph alone, as it is before anything has happened: the run that
 * takes the graph in changes these columns. They are made with the graph, since a pass over a
 * million tasks, and memory that is written for the first time, take long.
 */
export interface RunTables {
  readonly state: Uint8Array;
  /** Inputs that are not in memory. */
  readonly waiting: Int32Array;
  /** Readers that have not run, one more for an output. */
  readonly uses: Int32Array;
  readonly marks: Uint8Array;
  /** Which output each task is that is one. */
  readonly outputOf: Int32Array;
  /** How many tasks are in each state: a row a program, a column a state. */
  readonly counts: Int32Array;
  /** The first task of each program. */
  readonly firsts: Int32Array;
  /** Tasks that need nothing and that every worker may run, neighbours together. */
  readonly roots: Int32Array;
  /** Tasks that need nothing and are no roots: not everybody may run them, or nobody does. */
  readonly otherStarts: Int32Array;
  /** Tasks that will run: those that gather or stand for others do no work. */
  readonly taskCount: number;
}

/**
 * The tables of a graph. `starts` are the tasks that read nothing, neighbours together; in a stream
 * they ascend.
 */
export function tablesOf(
  graph: ExpandedColumns,
  starts: Int32Array,
  settings: RunSettings,
): RunTables {
  const { size, traits, program, programs, wanted } = graph;
  const { offsets: inputs } = graph.inputs;
  const { offsets: readers } = graph.readers;
  const state = new Uint8Array(size).fill(waiting);
  const inputCounts = new Int32Array(size);
  const uses = new Int32Array(size);
  const marks = new Uint8Array(size);
  const outputOf = new Int32Array(size);
  const { roots, otherStarts } = splitStarts(graph, starts, settings, state, marks);
  const counts = new Int32Array(programs.length * stateCount);
  const firsts = new Int32Array(programs.length);
  let taskCount = 0;
  for (let t = size - 1; t >= 0; t--) {
    inputCounts[t] = (inputs[t + 1] as number) - (inputs[t] as number);
    uses[t] = (readers[t + 1] as number) - (readers[t] as number);
    if (((traits[t] as number) & notRun) === 0) taskCount++;
    const p = program[t] as number;
    counts[p * stateCount + (state[t] as number)]!++;
    firsts[p] = t;
  }
  for (let output = 0; output < wanted.length; output++) {
    const t = wanted[output] as number;
    outputOf[t] = output;
    marks[t]! |= isWanted;
    uses[t]!++;
  }
  const columns = { state, waiting: inputCounts, uses, marks, outputOf, counts, firsts };
  return { ...columns, roots, otherStarts, taskCount };
}

/** Tells tasks that begin apart: roots are queued for whoever asks first. */
function splitStarts(
  { traits, annotation, annotations }: ExpandedColumns,
  starts: Int32Array,
  settings: RunSettings,
  state: Uint8Array,
  marks: Uint8Array,
): Pick<RunTables, "roots" | "otherStarts"> {
  const isFree = annotations.map((each) => !ruleOf(each, settings).isConstrained);
  let rootCount = 0;
  for (const t of starts) {
    if ((traits[t]! & notRun) !== 0 || isFree[annotation[t] as number] !== true) continue;
    state[t] = queued;
    marks[t] = isRoot;
    rootCount++;
  }
  // Most often all of them.
  if (rootCount === starts.length) return { roots: starts, otherStarts: new Int32Array(0) };
  return {
    roots: starts.filter((t) => marks[t] === isRoot),
    otherStarts: starts.filter((t) => marks[t] !== isRoot),
  };
}
