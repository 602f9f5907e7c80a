import type { Annotations, Key } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  ShuffleLayer,
  ref,
  task,
} from "@millrace/graph";
import type { FailureKind } from "../../packages/distributed/src/messages/failure.ts";
import type { ShippedFunction } from "../../packages/distributed/src/messages/shipped.ts";
import { HeldOutput, ShippedValue } from "../../packages/distributed/src/messages/shipped.ts";
import { standIn } from "../../packages/distributed/src/scheduler/stand-in.ts";
import type { Doing, GraphPlan, Scenario, TaskPlan } from "./scenario.ts";
import { always, forEverMs } from "./scenario.ts";
import type { SimValue } from "./values.ts";
import { callFunction, splitName } from "./values.ts";

/** What may become of an output. */
export interface Fate {
  /** Its value; undefined where tasks give another one each time. */
  readonly value: SimValue;
  /** It cannot have a value. */
  readonly mustFail: boolean;
  /** How it may fail by what its tasks do. */
  readonly failures: ReadonlySet<FailureKind>;
}

/** An output of an earlier run that tasks may read. */
export interface Hold {
  readonly run: number;
  readonly output: number;
  readonly fate: Fate;
}

/** A graph ready to be submitted, and what must come of it. */
export interface PlannedGraph {
  readonly graph: LayeredGraph;
  readonly keys: readonly Key[];
  readonly fates: readonly Fate[];
  readonly functions: readonly ShippedFunction[];
  readonly holds: readonly HeldOutput[];
}

const failuresOf: Readonly<Partial<Record<Doing, FailureKind>>> = {
  throws: "threw",
  falters: "threw",
  "cannot-travel": "not-serializable",
  exits: "exited",
  "runs-out-of-memory": "out-of-memory",
  "takes-too-long": "timed-out",
  kills: "killed",
};

/** How a task that does this fails. */
export function failureOf(does: Doing): FailureKind | undefined {
  return failuresOf[does];
}

/** Tasks are known by a number of their own, which is the first thing that their function gets. */
const labelsOfGraph = 10_000;
/** Numbers of tasks that no plan tells what to do. */
const shuffleLabels = 5_000;

export function labelOf(graph: number, t: number): number {
  // Larger than any other number that a graph has as a constant.
  return (graph + 1) * labelsOfGraph + t;
}

/** The limit of tasks that take too long. */
const tooLongMs = 20;

/** How many milliseconds a task may run; 0 for as long as it takes. */
export function limitOf({ does }: TaskPlan, label: number): number {
  if (does === "takes-too-long") return tooLongMs;
  // Some have one that they never come to.
  return label % 5 === 4 ? forEverMs : 0;
}

/** The key of a task, which is the same in every graph. */
export function keyOfLabel(label: number): string {
  return `t${label % labelsOfGraph}`;
}

/** What each task does, by its number. */
export function plansByLabel({ graphs }: Scenario): ReadonlyMap<number, TaskPlan> {
  return new Map(
    graphs.flatMap(({ tasks }, g) => tasks.map((plan, t) => [labelOf(g, t), plan] as const)),
  );
}

/** The number of the task whose function was given these arguments, or -1. */
export function labelIn(name: string, args: readonly SimValue[]): number {
  const label = name === splitName ? args[2] : name === "join" ? args[1] : args[0];
  return typeof label === "number" ? label : -1;
}

const bytesOfFunctions = 16;

function functionName(label: number): string {
  return `function-${label % 3}`;
}

/** A value written into the graph that has a function inside. */
function shippedOf(label: number): ShippedValue | undefined {
  if (label % 4 !== 3) return undefined;
  const block = { header: new Uint8Array(4), buffers: [] };
  return new ShippedValue(block, [`inner-${label % 2}`], `token-${label}`);
}

/** Names of the workers that a plan has, for tasks that want a certain one. */
export function workerNames({ workers }: Scenario): readonly string[] {
  return workers.length === 0 ? ["w0"] : workers.map((_, n) => `w${n}`);
}

function annotationsOf(plan: TaskPlan, label: number, names: readonly string[]): Annotations {
  const timeoutMs = limitOf(plan, label);
  return timeoutMs === 0 ? demandsOf(plan, names) : { ...demandsOf(plan, names), timeoutMs };
}

function demandsOf({ demand, worker }: TaskPlan, names: readonly string[]): Annotations {
  const name = names[worker % names.length] as string;
  switch (demand) {
    case "nothing":
      return {};
    case "gpu":
      return { resources: { gpu: 1 } };
    case "half-gpu":
      return { resources: { gpu: 0.1 } };
    case "worker":
      return { workers: [name] };
    case "worker-if-possible":
      return { workers: [name], allowOtherWorkers: true };
    case "hurry":
      return { priority: 1 };
    case "leisure":
      return { priority: -1 };
  }
}

interface Made {
  readonly value: SimValue;
  readonly mustFail: boolean;
  readonly failures: Set<FailureKind>;
}

/** Builds graph number `g` of a scenario for one submission. */
export function planGraph(
  scenario: Scenario,
  g: number,
  retries: number,
  holds: readonly Hold[],
): PlannedGraph {
  const plan = scenario.graphs[g] as GraphPlan;
  const names = workerNames(scenario);
  const entries: [Key, unknown][] = holds.map(({ run, output }, n) => [
    `h${n}`,
    new HeldOutput(run, output),
  ]);
  const made: Made[] = holds.map(({ fate }) => ({ ...fate, failures: new Set(fate.failures) }));
  const functions = new Set<string>();
  for (const [t, one] of plan.tasks.entries()) {
    const label = labelOf(g, t);
    const name = functionName(label);
    const reads = made.length === 0 ? [] : one.reads.map((read) => read % made.length);
    const shipped = shippedOf(label);
    const extra = shipped === undefined ? [] : [shipped];
    functions.add(name);
    for (const inner of shipped?.functions ?? []) functions.add(inner);
    const args = [label, ...extra, ...reads.map((read) => ref(entries[read]?.[0] as Key))];
    const annotations = annotationsOf(one, label, names);
    entries.push([`t${t}`, task(standIn(name), args, { annotations })]);
    made.push(
      makeOne(
        scenario,
        one,
        name,
        [label, ...extra],
        reads.map((r) => made[r] as Made),
        { retries, optimize: plan.optimize },
      ),
    );
  }
  const tasks = made.slice(holds.length);
  const wanted = new Set(plan.wanted.map((t) => t % plan.tasks.length));
  if (wanted.size === 0) wanted.add(plan.tasks.length - 1);
  let graph = new LayeredGraph().withLayer(new MaterializedLayer("tasks", entries));
  const keys = Array.from(wanted, (t) => `t${t}`);
  const fates = Array.from(wanted, (t) => tasks[t] as Fate);
  for (const { blocks, parts } of plan.shuffles) {
    const last = plan.tasks.length - 1;
    graph = withShuffle(graph, labelOf(g, shuffleLabels), `t${last}`, blocks, parts);
    for (const name of ["function-0", splitName, "join"]) functions.add(name);
    keys.push(...Array.from({ length: parts }, (_, j) => `parts/${j}`));
    fates.push(...fatesOfParts(tasks[last] as Made, labelOf(g, shuffleLabels), blocks, parts));
  }
  if (plan.asksForHeld) {
    keys.push(...holds.map((_, n) => `h${n}`));
    fates.push(...holds.map(({ fate }) => fate));
  }
  const bytes = new Uint8Array(bytesOfFunctions);
  return {
    graph,
    keys,
    fates,
    functions: Array.from(functions, (name) => ({ name, bytes })),
    holds: holds.map(({ run, output }) => new HeldOutput(run, output)),
  };
}

function makeOne(
  { tuning, faults }: Scenario,
  { does, times }: TaskPlan,
  name: string,
  args: readonly SimValue[],
  reads: readonly Made[],
  { retries, optimize }: { readonly retries: number; readonly optimize: boolean },
): Made {
  const failures = new Set(reads.flatMap((read) => [...read.failures]));
  const kind = failureOf(does);
  const isVague = reads.some(({ value }) => value === undefined) || does === "varies";
  const value = isVague
    ? undefined
    : callFunction(name, [...args, ...reads.map((read) => read.value)], undefined);
  const fails = kind !== undefined && does !== "falters" && times === always;
  const mustFail = fails || reads.some((read) => read.mustFail);
  if (kind === "killed") {
    if (times >= tuning.allowedFailures || faults.length > 0) failures.add(kind);
  } else if (kind === "not-serializable") {
    if (times > 0) failures.add(kind);
  } else if (does === "falters") {
    // All attempts count, those of other runs and those that were given up too.
    failures.add("threw");
  } else if (kind !== undefined && times > 0) {
    // Tasks that were fused fail together, and their failures add up.
    if (optimize || times > retries) failures.add(kind);
  }
  return { value, mustFail, failures };
}

function withShuffle(
  graph: LayeredGraph,
  label: number,
  key: Key,
  blocks: number,
  parts: number,
): LayeredGraph {
  const input = (n: number) => ({ kind: "input", input: n }) as const;
  const layer = new BlockwiseLayer("blocks", {
    count: blocks,
    inputs: [{ kind: "index" }, { kind: "key", key }],
    steps: [
      {
        fn: standIn("function-0"),
        args: [{ kind: "literal", value: label }, input(0), input(1)],
      },
    ],
  });
  return graph.withLayer(layer).withLayer(
    new ShuffleLayer("parts", {
      input: "blocks",
      count: blocks,
      npartitions: parts,
      split: { fn: standIn(splitName), args: [label] },
      join: { fn: standIn("join"), args: [label] },
    }),
  );
}

function fatesOfParts(last: Made, label: number, blocks: number, parts: number): Fate[] {
  const isVague = last.value === undefined;
  const splits = Array.from({ length: blocks }, (_, block) => {
    const value = callFunction("function-0", [label, block, last.value], undefined);
    return callFunction(splitName, [value, parts, label], undefined) as readonly SimValue[];
  });
  return Array.from({ length: parts }, (_, j) => {
    const value = isVague
      ? undefined
      : callFunction("join", [splits.map((s) => s[j]), label], undefined);
    return { value, mustFail: last.mustFail, failures: last.failures };
  });
}
