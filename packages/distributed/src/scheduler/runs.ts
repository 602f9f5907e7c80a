import type { RunSettings } from "../messages/client-messages.ts";
import type { FunctionName, HeldOutput } from "../messages/shipped.ts";
import type { Rows } from "../messages/rows.ts";
import { ShippedValue } from "../messages/shipped.ts";
import { placeLater } from "./backlog.ts";
import type { ClientRecord } from "./client-record.ts";
import type { ExpandedGraph } from "./expand.ts";
import { isGathering } from "./traits.ts";
import { functionsInProgram } from "./programs.ts";
import { ruleOf } from "./rules.ts";
import { isWanted } from "./marks.ts";
import { Run, limitAt } from "./run.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { outboxOf, touchIdle, updateRootRuns } from "./scheduler-state.ts";
import { erred, memory, parked, processing, queued, released, waiting } from "./states.ts";
import { tell } from "./tell-client.ts";
import { dropStale } from "./worker-queue.ts";
import {
  cancel,
  dropUse,
  forgetGathering,
  freeValue,
  leaveQueue,
  setState,
  usesSource,
} from "./tasks.ts";

/** Takes the tasks of a submitted graph in. Cost: a few array passes; nothing is looked up. */
export function admit(
  state: SchedulerState,
  client: ClientRecord,
  number: number,
  options: {
    readonly graph: ExpandedGraph;
    readonly settings: RunSettings;
    readonly functions: ReadonlySet<FunctionName>;
    /** Where what its tasks stand for is; default with earlier runs of the client. */
    readonly placeOf?: (of: HeldOutput) => Place;
  },
): Run {
  const { graph, settings, functions, placeOf = (of) => placeIn(client, of) } = options;
  const programs = graph.programs.map((program) => state.programs.take(program));
  state.functions.take(functions);
  const { base, attempts } = state.ids.reserve(graph.size);
  const rules = graph.annotations.map((annotations) => ruleOf(annotations, settings));
  const run = new Run({
    client,
    number,
    arrival: state.arrivals++,
    startMs: state.nowMs,
    base,
    attempts,
    graph,
    settings,
    programs,
    functions,
    rules,
  });
  run.groups = state.groups.enter(run);
  state.ids.assign(run);
  state.runs.add(run);
  client.runs.set(number, run);
  tell(state, client, { kind: "accepted", run: number, tasks: run.taskCount });
  noteAccepted(state, run);
  if (graph.held.length > 0) linkHeld(state, run, placeOf);
  const { otherStarts } = graph.tables;
  const { sources } = run;
  placeLater(
    state,
    run,
    sources.size === 0 ? otherStarts : otherStarts.filter((t) => !sources.has(t)),
  );
  updateRootRuns(state, run);
  touchIdle(state, run.roots.length);
  return run;
}

/** All functions that the tasks of a graph may need. */
export function functionsOf({ programs, constants }: ExpandedGraph): ReadonlySet<FunctionName> {
  const names = new Set(programs.flatMap(functionsInProgram));
  if (constants instanceof Float64Array) return names;
  for (const value of constants) {
    // Most are plain numbers, and there may be one a task.
    if (typeof value !== "object" || !(value instanceof ShippedValue)) continue;
    for (const name of value.functions) names.add(name);
  }
  return names;
}

/** Whether a client still wants an output of a run that is in. */
export function isHeldBy({ runs }: ClientRecord, { run, output }: HeldOutput): boolean {
  const earlier = runs.get(run);
  const t = earlier?.graph.wanted[output];
  return earlier !== undefined && t !== undefined && (earlier.marks[t]! & isWanted) !== 0;
}

/** Keeps an output that is held, since a run on its way in may stand for it. */
export function reserve(client: ClientRecord, of: HeldOutput): Place {
  const place = placeIn(client, of);
  const { run, t } = place;
  run.reserved.set(t, 1 + (run.reserved.get(t) ?? 0));
  run.uses[t]!++;
  run.holds++;
  return place;
}

/** Where an output of a run of a client is. */
function placeIn({ runs }: ClientRecord, { run, output }: HeldOutput): Place {
  const earlier = runs.get(run) as Run;
  return { run: earlier, t: earlier.graph.wanted[output] as number };
}

/** The run that may stand for an output is there, or will not come. */
export function unreserve(state: SchedulerState, { run, t }: Place): void {
  const times = (run.reserved.get(t) ?? 0) - 1;
  if (times > 0) run.reserved.set(t, times);
  else run.reserved.delete(t);
  run.holds--;
  if (run.holds === 0) drop(state, run);
  else dropUse(state, run, t);
}

/** Ties the tasks that stand for outputs of earlier runs to those. */
function linkHeld(state: SchedulerState, run: Run, placeOf: (of: HeldOutput) => Place): void {
  for (const { task, of } of run.graph.held) {
    const { run: earlier, t: output } = placeOf(of);
    // What stands for something itself leads to where the value is.
    const source = earlier.sources.get(output) ?? earlier.base + output;
    const owner = state.ids.runOf(source) as Run;
    const t = source - owner.base;
    run.sources.set(task, source);
    const aliases = owner.aliases.get(t);
    if (aliases === undefined) owner.aliases.set(t, [run.base + task]);
    else aliases.push(run.base + task);
    owner.uses[t]!++;
    owner.holds++;
  }
  for (const [task, source] of run.sources) {
    const owner = state.ids.runOf(source) as Run;
    const found = owner.state[source - owner.base];
    if (found === memory || found === erred) state.settling.push(run.base + task);
    // What failed was tried again for others, and nobody needed it then.
    else if (found === released) state.stale.add(owner);
  }
}

/** Outputs of a run are wanted no longer; a run of which nothing is wanted goes. */
export function release(state: SchedulerState, run: Run, outputs: Rows | undefined): void {
  const all = outputs === undefined ? [...run.graph.wanted.keys()] : new Set(outputs);
  let left = run.holds;
  for (const output of all) {
    const t = run.graph.wanted[output];
    if (t !== undefined && (run.marks[t]! & isWanted) !== 0) left--;
  }
  if (left === 0) {
    drop(state, run);
    return;
  }
  for (const output of all) {
    const t = run.graph.wanted[output];
    if (t === undefined || (run.marks[t]! & isWanted) === 0) continue;
    run.marks[t]! &= ~isWanted;
    run.holds--;
    dropUse(state, run, t);
    // Where it is still awaited its client is not going to bring it.
    if (run.isScattered) state.abandoned.push(run.base + t);
  }
}

/** Stops and forgets all tasks of a run and gives its slots back. */
export function drop(state: SchedulerState, run: Run): void {
  run.eachIn(processing, (t) => cancel(state, run, t));
  run.eachIn(queued, (t) => leaveQueue(state, run, t));
  run.eachIn(memory, (t) => dropValue(state, run, t));
  for (const [t, source] of run.sources) unlink(state, run, t, source);
  state.groups.leave(run);
  noteEnded(state, run);
  run.dropped = true;
  updateRootRuns(state, run);
  state.runs.delete(run);
  state.stale.delete(run);
  state.ids.free(run);
  run.client.runs.delete(run.number);
  state.progressing.delete(run);
  for (const rule of run.rules) state.suitable.delete(rule);
  forgetCode(state, run);
  for (const worker of state.workerList) dropStale(state, worker);
}

function noteAccepted({ journal, nowMs }: SchedulerState, run: Run): void {
  const { arrival, client, taskCount: tasks } = run;
  journal.note(nowMs, { kind: "run-accepted", run: arrival, client: client.name, tasks });
}

function noteEnded({ journal, nowMs }: SchedulerState, run: Run): void {
  const { arrival, client, taskCount: tasks, startMs } = run;
  journal.note(nowMs, {
    kind: "run-ended",
    run: arrival,
    client: client.name,
    tasks,
    failed: run.countOf(erred),
    tookMs: nowMs - startMs,
  });
}

function dropValue(state: SchedulerState, run: Run, t: number): void {
  if ((run.graph.traits[t]! & isGathering) !== 0) forgetGathering(state, run, t);
  else if (!run.sources.has(t)) freeValue(state, run, t);
}

/** Another run does not stand for an output any more; it may have been the last to hold its run. */
function unlink(state: SchedulerState, run: Run, t: number, source: number): void {
  const owner = state.ids.runOf(source) as Run;
  const output = source - owner.base;
  const aliases = owner.aliases.get(output) ?? [];
  aliases.splice(aliases.indexOf(run.base + t), 1);
  if (aliases.length === 0) owner.aliases.delete(output);
  owner.holds--;
  if (owner.holds === 0) drop(state, owner);
  else if (usesSource(run, t)) dropUse(state, owner, output);
}

function forgetCode(state: SchedulerState, run: Run): void {
  const functions = state.functions.giveBack(run.functions);
  // A worker that knows a program has all functions of it.
  const programs = new Set([
    ...run.programs.flatMap((program) => state.programs.giveBack(program)),
    ...state.programs.naming(functions),
  ]);
  for (const worker of state.workerList) {
    for (const { number } of programs) {
      if (!worker.knownPrograms.delete(number)) continue;
      worker.lastProgram = -1;
      outboxOf(state, worker).forgetProgram(number);
    }
    for (const name of functions) {
      if (worker.knownFunctions.delete(name)) outboxOf(state, worker).forgetFunction(name);
    }
  }
}

/** The reader of a stream has come to an output: what is near enough may start. */
export function advance(state: SchedulerState, run: Run, consumed: number): void {
  run.raiseLimit(limitAt(run.graph.stops, run.settings.lookahead, consumed));
  const beyond = run.beyond;
  run.beyond = [];
  for (const t of beyond) {
    if (run.state[t] !== parked) continue;
    if (t >= run.limit) {
      run.beyond.push(t);
      continue;
    }
    run.parkedCount--;
    setState(state, run, t, waiting);
    state.ready.push(run.base + t);
  }
  updateRootRuns(state, run);
  touchIdle(state, run.rootsEnd - run.rootsTaken);
}

/** Tasks of a run that failed are tried again, also those of earlier runs that it stands for. */
export function retry(state: SchedulerState, run: Run): void {
  for (const source of run.sources.values()) {
    const owner = state.ids.runOf(source) as Run;
    if (owner.state[source - owner.base] === erred) retry(state, owner);
  }
  if (!run.state.includes(erred)) return;
  run.eachIn(erred, (t) => {
    run.failures[t] = 0;
    run.deaths[t] = 0;
    run.failedOn.delete(t);
    run.killed.delete(t);
    setState(state, run, t, released);
  });
  run.failed.clear();
  run.blamed.clear();
  state.stale.add(run);
}
