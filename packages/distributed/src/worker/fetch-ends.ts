import type { Wanted } from "./fetching.ts";
import { loseTask } from "./task-ends.ts";
import { arrive, findValue, removeValue } from "./values.ts";
import type { Want, WorkerEvent } from "./worker-events.ts";
import type { Value, WorkerState } from "./worker-state.ts";
import { dropValue } from "./worker-state.ts";

/** A peer has answered: what came lets tasks begin, what it has not is asked of others. */
export function handleFetched(
  state: WorkerState,
  { question, got, missing }: Extract<WorkerEvent, { kind: "fetched" }>,
): void {
  const { peer, came, denied, lost } = state.fetching.answered(question, missing);
  const byWant = new Map(came.map((wanted) => [wanted.want, wanted]));
  for (const want of got) receive(state, want, byWant.get(want)?.value);
  for (const { want } of denied) state.report.denied(want.name.id, want.name.version, peer, true);
  for (const wanted of lost) loseReaders(state, wanted);
}

/** A value is in the store; `value` is what waits for it, where its question still counts. */
function receive(state: WorkerState, want: Want, value: Value | undefined): void {
  // A late answer brings what may be wanted again by now, or be here already.
  const known =
    value ?? (want.piece < 0 ? findValue(state, want.as.id, want.as.version) : undefined);
  if (known === undefined) {
    dropValue(state, want.as);
    return;
  }
  if (known.isHere) return;
  arrive(state, known);
  if (want.piece < 0) state.report.acquired(want.name.id, want.name.version);
}

/** A question got no answer that could be used. */
export function handleFetchFailed(
  state: WorkerState,
  { question, isCorrupt = false }: Extract<WorkerEvent, { kind: "fetch-failed" }>,
): void {
  const { peer, denied, lost } = state.fetching.failed(question);
  // Which of the values it was nobody knows: one stands for all.
  const [first] = denied;
  if (isCorrupt && first !== undefined) {
    state.report.denied(first.want.name.id, first.want.name.version, peer, false);
  }
  for (const wanted of lost) loseReaders(state, wanted);
}

/** Nobody has a value: the tasks that wait for it cannot run here, and it is not acquired. */
function loseReaders(state: WorkerState, { value }: Wanted): void {
  for (const task of value.readers ?? []) loseTask(state, task, value);
  if (value.isOrdered) removeValue(state, value);
}
