import {
  announced,
  gathers,
  inPieces,
  pushInput,
  pushTask,
  timed,
} from "../messages/compute-rows.ts";
import type { FunctionName } from "../messages/shipped.ts";
import { ShippedValue } from "../messages/shipped.ts";
import { shortValuesMax } from "../messages/short-value.ts";
import { isWanted } from "./marks.ts";
import { feedsShuffle, isGathering } from "./traits.ts";
import type { ProgramRecord } from "./programs.ts";
import { expectedOf } from "./programs.ts";
import { holds } from "./ready.ts";
import { useResources } from "./rules.ts";
import type { Run } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { outboxOf, sourceOf } from "./scheduler-state.ts";
import { processing } from "./states.ts";
import { setState } from "./tasks.ts";
import type { WorkerOutbox } from "./worker-outbox.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Workers named as holders of one input; if none of them answers, the scheduler is asked again. */
const holdersMax = 4;

/** Starts the next attempt at a task, on a worker that has room for it. */
export function send(state: SchedulerState, run: Run, t: number, worker: WorkerRecord): void {
  const program = run.programOf(t);
  run.beginAttempt(t);
  run.place[t] = worker.slot;
  run.expectedUs[t] = expectedOf(program, state.settings.unknownTaskUs);
  run.runningCount++;
  if (worker.sentCount++ === 0) worker.lastDoneMs = state.nowMs;
  if (worker.activeCount++ === worker.threads) state.crowdedCount++;
  worker.activeUs += run.expectedUs[t];
  const rule = run.ruleOf(t);
  if (rule.resources.size > 0) useResources(rule, worker, -1);
  setState(state, run, t, processing);
  writeTask(state, run, t, worker, program);
}

function writeTask(
  state: SchedulerState,
  run: Run,
  t: number,
  worker: WorkerRecord,
  program: ProgramRecord,
): void {
  const outbox = outboxOf(state, worker);
  outbox.begin(run.priority);
  defineProgram(state, worker, program, outbox);
  const { graph } = run;
  const first = graph.inputs.offsets[t] as number;
  const end = graph.inputs.offsets[t + 1] as number;
  for (let e = first; e < end; e++) {
    const input = graph.inputs.targets[e] as number;
    if (((graph.traits[input] as number) & isGathering) !== 0) {
      defineGathering(state, run, input, worker, outbox);
    }
  }
  const constantsEnd = graph.constantOffsets[t + 1] as number;
  const constantsFirst = graph.constantOffsets[t] as number;
  const { timeoutMs } = run.ruleOf(t);
  const isFed = ((graph.traits[t] as number) & feedsShuffle) !== 0;
  const isAnnounced = graph.wanted.length <= shortValuesMax && (run.marks[t]! & isWanted) !== 0;
  const flags =
    (isFed ? inPieces : 0) | (timeoutMs > 0 ? timed : 0) | (isAnnounced ? announced : 0);
  pushTask(
    outbox.rows,
    run.base + t,
    run.attempt[t] as number,
    program.number,
    flags,
    end - first,
    constantsEnd - constantsFirst,
  );
  if (timeoutMs > 0) outbox.rows.push(timeoutMs);
  for (let e = first; e < end; e++) {
    writeInput(state, run, graph.inputs.targets[e] as number, worker, outbox);
  }
  for (let c = constantsFirst; c < constantsEnd; c++) {
    const value = graph.constants[c];
    outbox.constant(value);
    if (value instanceof ShippedValue) defineFunctions(state, worker, value.functions, outbox);
  }
}

/** One input and a few of the workers that have it: none where the worker itself does. */
function writeInput(
  state: SchedulerState,
  run: Run,
  input: number,
  worker: WorkerRecord,
  outbox: WorkerOutbox,
): void {
  if (run.sources.size > 0 && run.sources.has(input)) {
    const source = sourceOf(state, run, input);
    writeInput(state, source.run, source.t, worker, outbox);
    return;
  }
  const id = run.base + input;
  const version = run.attempt[input] as number;
  const bytes = run.bytes[input] as number;
  const isHere = ((run.graph.traits[input] as number) & isGathering) !== 0;
  if (isHere || holds(run, input, worker.slot)) {
    pushInput(outbox.rows, id, version, bytes, 0);
    return;
  }
  const others = run.replicas.size > 0 ? run.replicas.get(input) : undefined;
  const count = Math.min(holdersMax, 1 + (others?.length ?? 0));
  pushInput(outbox.rows, id, version, bytes, count);
  writeHolder(state, run.place[input] as number, worker, outbox);
  for (let n = 1; n < count; n++) writeHolder(state, others?.[n - 1] as number, worker, outbox);
}

function writeHolder(
  state: SchedulerState,
  slot: number,
  worker: WorkerRecord,
  outbox: WorkerOutbox,
): void {
  const { epoch, address, host } = state.slots[slot] as WorkerRecord;
  outbox.rows.push(epoch);
  if (worker.knownPeers.has(epoch)) return;
  worker.knownPeers.add(epoch);
  outbox.peer({ worker: epoch, address, host });
}

/** Tells a worker who the members of a gathering task are, unless it knows. */
function defineGathering(
  state: SchedulerState,
  run: Run,
  t: number,
  worker: WorkerRecord,
  outbox: WorkerOutbox,
): void {
  let known = run.gatherKnown.get(t);
  if (known === undefined) run.gatherKnown.set(t, (known = new Set()));
  if (known.has(worker.slot)) return;
  known.add(worker.slot);
  const { offsets, targets } = run.graph.inputs;
  const first = offsets[t] as number;
  const end = offsets[t + 1] as number;
  pushTask(outbox.rows, run.base + t, run.attempt[t] as number, 0, gathers, end - first, 0);
  for (let e = first; e < end; e++) writeInput(state, run, targets[e] as number, worker, outbox);
}

function defineProgram(
  state: SchedulerState,
  worker: WorkerRecord,
  program: ProgramRecord,
  outbox: WorkerOutbox,
): void {
  // Most tasks run the program of the one before; asking the set of each worker is dear.
  if (worker.lastProgram === program.number) return;
  worker.lastProgram = program.number;
  if (worker.knownPrograms.has(program.number)) return;
  worker.knownPrograms.add(program.number);
  outbox.program({ program: program.number, spec: program.spec });
  defineFunctions(state, worker, program.functions, outbox);
}

function defineFunctions(
  state: SchedulerState,
  worker: WorkerRecord,
  names: readonly FunctionName[],
  outbox: WorkerOutbox,
): void {
  for (const name of names) {
    if (worker.knownFunctions.has(name)) continue;
    worker.knownFunctions.add(name);
    outbox.shippedFunction(state.functions.get(name));
  }
}
