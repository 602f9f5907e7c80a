import type { Wanted } from "./fetching.ts";
import { loseTask } from "./task-ends.ts";
import { arrive } from "./values.ts";
import type { WorkerEvent } from "./worker-events.ts";
import type { WorkerState } from "./worker-state.ts";

/** A peer has answered: what came lets tasks begin, what it has not is asked of others. */
export function handleFetched(
  state: WorkerState,
  { peer, got, missing }: Extract<WorkerEvent, { kind: "fetched" }>,
): void {
  const { came, lost } = state.fetching.answered(peer, missing);
  const byWant = new Map(came.map((wanted) => [wanted.want, wanted]));
  for (const want of got) {
    const wanted = byWant.get(want);
    // What nobody here wants any more goes out of the store again.
    if (wanted === undefined) state.instructions.push({ kind: "drop", values: [want.as] });
    else {
      arrive(state, wanted.value);
      if (want.piece < 0) state.report.acquired(want.name.id, want.name.version);
    }
  }
  for (const wanted of lost) loseReaders(state, wanted);
}

/** A peer could not be asked. */
export function handleFetchFailed(state: WorkerState, peer: number): void {
  for (const wanted of state.fetching.failed(peer)) loseReaders(state, wanted);
}

/** Nobody has a value: the tasks that wait for it cannot run here. */
function loseReaders(state: WorkerState, { value }: Wanted): void {
  for (const task of value.readers) loseTask(state, task, value);
}
