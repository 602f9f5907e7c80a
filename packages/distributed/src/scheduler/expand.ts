import type {
  Annotations,
  Csr,
  GraphCore,
  GraphLimits,
  Key,
  KeyTable,
  LayeredGraph,
  Lowered,
  Program,
} from "@millrace/graph";
import { lowerGraph, ownFunctions, sequenceTasks, transpose } from "@millrace/graph";
import type { RunSettings } from "../messages/client-messages.ts";
import { HeldOutput } from "../messages/shipped.ts";
import type { RunTables } from "./run-tables.ts";
import { tablesOf } from "./run-tables.ts";
import type { SchedulerEvent, SchedulerInstruction } from "./scheduler-events.ts";
import { neighboursTogether } from "./neighbours.ts";
import { feedsShuffle, isGathering, isHeld } from "./traits.ts";

/** Constants of tasks: most often all are numbers, and cost nothing to give to another thread. */
export type Constants = readonly unknown[] | Float64Array;

/**
 * The tasks of a run as the scheduler keeps them: numbered in the order to start them, so that
 * every task has a higher number than those it reads, and a lower number is the more urgent.
 */
export interface ExpandedColumns {
  readonly size: number;
  readonly keyOf: (t: number) => Key;
  /** Who is read: the inputs of task `t` are `targets[offsets[t]] …`. */
  readonly inputs: Csr;
  /** Who reads. */
  readonly readers: Csr;
  /** Index into `programs`, one a task. */
  readonly program: Int32Array;
  readonly programs: readonly Program[];
  readonly constantOffsets: Int32Array;
  readonly constants: Constants;
  /** Index into `annotations`, one a task. */
  readonly annotation: Int32Array;
  readonly annotations: readonly (Annotations | undefined)[];
  /** What a task is besides: see `traits.ts`. */
  readonly traits: Uint8Array;
  /** Tasks that hold outputs of earlier runs, with what they hold. */
  readonly held: readonly { readonly task: number; readonly of: HeldOutput }[];
  /** The task of each output, in the order of the keys asked for. */
  readonly wanted: Int32Array;
  /** For a stream: number `k` is the first task that no output before `k` needs. */
  readonly stops: Int32Array | undefined;
}

/** With the tables of the run that takes it in: there can be only one. */
export interface ExpandedGraph extends ExpandedColumns {
  readonly tables: RunTables;
}

/**
 * Writes out the tasks of a run, fuses them, puts them in their order and numbers them by it. Pure;
 * cost: about a microsecond a task, most of it in graph. The functions of the graph are stand-ins.
 *
 * @throws GraphError `graph/missing-key`, `graph/key-conflict`, `graph/too-large`; CycleError
 */
export function expandGraph(
  graph: LayeredGraph,
  keys: readonly Key[],
  settings: RunSettings,
  limits?: GraphLimits,
): ExpandedGraph {
  const { optimize, priority, retries, timeoutMs, lookahead } = settings;
  const heldKeys = keysOfHeld(graph, keys, limits);
  // Tasks that stand for held values are asked for too, so that none is fused into its reader.
  const asked = heldKeys.length === 0 ? keys : [...keys, ...heldKeys];
  const defaults = { priority, retries, timeoutMs };
  const lowered = lowerGraph(graph, asked, optimize, defaults, limits);
  const { core } = lowered;
  const wanted = lowered.wanted.subarray(0, keys.length);
  const gated = lookahead !== undefined;
  const { sequence, gate } = sequenceTasks(core, wanted, { priority, gated });
  const place = new Int32Array(core.size);
  for (let p = 0; p < core.size; p++) place[sequence[p] as number] = p;
  const inputs = permutedInputs(core, sequence, place);
  const { program, programs } = usedPrograms(core, sequence);
  const { offsets, values } = permutedConstants(core, sequence);
  const readers = transpose(inputs, undefined);
  const held = heldTasks(lowered, keys.length, place);
  const outputs = wanted.map((t) => place[t] as number);
  const columns: ExpandedColumns = {
    size: core.size,
    keyOf: namer(core.keys, sequence),
    inputs,
    readers,
    program,
    programs,
    constantOffsets: offsets,
    constants: values,
    annotation: pick(core.annotation, sequence),
    annotations: core.annotations,
    traits: traitsOf(programs, program, inputs, outputs, held),
    held,
    wanted: outputs,
    stops: gated ? stopsOf(gate, sequence, keys.length) : undefined,
  };
  // In a stream those come first that its first outputs need.
  const first = startsOf(inputs);
  const starts = gated ? first : neighboursTogether(first, inputs, readers);
  return { ...columns, tables: tablesOf(columns, starts, settings) };
}

/** Writes out the graph of an instruction, and gives what has come of it as the event to tell. */
export function expansionOf(
  { epoch, run, graph, keys, settings }: Extract<SchedulerInstruction, { kind: "expand" }>,
  limits?: GraphLimits,
): SchedulerEvent {
  try {
    return { kind: "expanded", epoch, run, graph: expandGraph(graph, keys, settings, limits) };
  } catch (error) {
    return { kind: "not-expanded", epoch, run, error };
  }
}

function startsOf({ size, offsets }: Csr): Int32Array {
  const starts = new Int32Array(size);
  let count = 0;
  for (let t = 0; t < size; t++) if (offsets[t] === offsets[t + 1]) starts[count++] = t;
  return starts.slice(0, count);
}

/** A function of its own, so that it keeps nothing else of the graph alive. */
function namer(keys: KeyTable, sequence: Int32Array): (t: number) => Key {
  return (t) => keys.at(sequence[t] as number);
}

/** Keys of the entries that stand for outputs of earlier runs and are needed. */
function keysOfHeld(
  graph: LayeredGraph,
  asked: readonly Key[],
  limits: GraphLimits | undefined,
): readonly Key[] {
  const keys: Key[] = [];
  for (const layer of graph.layers.values()) {
    if (layer.kind !== "materialized") continue;
    let index = 0;
    const sink = {
      task: (): void => undefined,
      block: (): void => undefined,
      key: (): void => undefined,
      constant: (value: unknown): void => {
        if (value instanceof HeldOutput) keys.push(layer.keys.at(index));
      },
    };
    for (; index < layer.size; index++) layer.expand(index, sink);
  }
  if (keys.length === 0) return keys;
  const needed = graph.materialize(asked, limits);
  return keys.filter((key) => needed.has(key));
}

function heldTasks(
  { core, wanted }: Lowered,
  from: number,
  place: Int32Array,
): { task: number; of: HeldOutput }[] {
  return Array.from(wanted.subarray(from), (t) => {
    const of = core.constants[core.constantOffsets[t] as number];
    // No graph that was shipped has such a task.
    if (!(of instanceof HeldOutput) || core.offsets[t] !== core.offsets[t + 1]) {
      throw new Error("a task that stands for an output, and for more than that");
    }
    return { task: place[t] as number, of };
  });
}

function pick(values: Int32Array, at: Int32Array): Int32Array {
  return at.map((t) => values[t] as number);
}

/** The programs that some task runs, numbered as they come: others were joined into them. */
function usedPrograms(
  core: GraphCore,
  sequence: Int32Array,
): { program: Int32Array; programs: Program[] } {
  const numbers = new Int32Array(core.programs.length).fill(-1);
  const programs: Program[] = [];
  const program = sequence.map((t) => {
    const old = core.program[t] as number;
    if ((numbers[old] as number) < 0) {
      numbers[old] = programs.push(core.programs[old] as Program) - 1;
    }
    return numbers[old] as number;
  });
  return { program, programs };
}

function permutedInputs(core: GraphCore, sequence: Int32Array, place: Int32Array): Csr {
  const { size } = core;
  const offsets = new Int32Array(size + 1);
  const targets = new Int32Array(core.targets.length);
  let edge = 0;
  for (let p = 0; p < size; p++) {
    const t = sequence[p] as number;
    const end = core.offsets[t + 1] as number;
    for (let e = core.offsets[t] as number; e < end; e++) {
      targets[edge++] = place[core.targets[e] as number] as number;
    }
    offsets[p + 1] = edge;
  }
  return { size, offsets, targets };
}

function permutedConstants(
  core: GraphCore,
  sequence: Int32Array,
): { offsets: Int32Array; values: Constants } {
  const { constants } = core;
  const offsets = new Int32Array(core.size + 1);
  const areNumbers = constants.every((value) => typeof value === "number");
  const values: unknown[] | Float64Array = areNumbers ? new Float64Array(constants.length) : [];
  let count = 0;
  for (let p = 0; p < core.size; p++) {
    const t = sequence[p] as number;
    const end = core.constantOffsets[t + 1] as number;
    for (let c = core.constantOffsets[t] as number; c < end; c++) {
      values[count++] = constants[c];
    }
    offsets[p + 1] = count;
  }
  return { offsets, values };
}

function traitsOf(
  programs: readonly Program[],
  program: Int32Array,
  { size, offsets, targets }: Csr,
  wanted: Int32Array,
  held: readonly { readonly task: number }[],
): Uint8Array {
  const traits = new Uint8Array(size);
  const gathering = programs.map(
    ({ steps }) => steps.length === 1 && steps[0]?.fn === ownFunctions.gather,
  );
  if (gathering.includes(true)) {
    for (let t = 0; t < size; t++) {
      if (gathering[program[t] as number] !== true) continue;
      traits[t]! |= isGathering;
      const end = offsets[t + 1] as number;
      for (let e = offsets[t] as number; e < end; e++)
        traits[targets[e] as number]! |= feedsShuffle;
    }
  }
  // Whose value is asked for must have one.
  for (const t of wanted) traits[t]! &= ~isGathering;
  for (const { task } of held) traits[task]! |= isHeld;
  return traits;
}

function stopsOf(gate: Int32Array, sequence: Int32Array, count: number): Int32Array {
  const stops = new Int32Array(count + 1).fill(sequence.length);
  for (let p = sequence.length - 1; p >= 0; p--) {
    const first = Math.min(gate[sequence[p] as number] as number, count);
    // Whatever stands behind gate `first` stands behind all gates up to it.
    stops[first] = p;
  }
  for (let k = count - 1; k >= 0; k--) {
    if ((stops[k] as number) > (stops[k + 1] as number)) stops[k] = stops[k + 1] as number;
  }
  return stops;
}
