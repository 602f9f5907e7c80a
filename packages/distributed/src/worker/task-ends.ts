import type { FailureKind } from "../messages/failure.ts";
import type { Rows } from "../messages/rows.ts";
import { shortBytesMax } from "../messages/short-value.ts";
import type { Block } from "../codec/block.ts";
import { dropPieces, keepValue, removeValue, stopWaiting } from "./values.ts";
import type { ValueName } from "./worker-events.ts";
import type { Value, WorkerState, WorkerTask } from "./worker-state.ts";
import { dropValue, handOver, tell } from "./worker-state.ts";

/**
 * Something of a task has ended in the threads. Gives the task if the scheduler waits for it, and
 * undefined if it was given up before; then a new attempt may begin.
 */
export function endTask(state: WorkerState, id: number, attempt: number): WorkerTask | undefined {
  const ending = state.ending.get(id);
  if (ending?.attempt === attempt) {
    state.ending.delete(id);
    dropPieces(state, ending);
    const next = state.tasks.get(id);
    if (next !== undefined) handOver(state, next);
    return undefined;
  }
  const task = state.tasks.get(id);
  if (task?.attempt !== attempt || !task.isHanded) return undefined;
  state.tasks.delete(id);
  dropPieces(state, task);
  return task;
}

/** Tasks have run, and their values are in the store. */
export function handleRan(state: WorkerState, rows: Rows): void {
  for (let n = 0; n < rows.length; n += 4) {
    const id = rows[n] as number;
    const attempt = rows[n + 1] as number;
    const task = endTask(state, id, attempt);
    if (task === undefined) {
      dropValue(state, { id, version: attempt });
      continue;
    }
    keepValue(state, id, attempt);
    const bytes = rows[n + 2] as number;
    state.report.done(id, attempt, bytes, rows[n + 3] as number);
    if (task.isAnnounced && bytes <= shortBytesMax) state.report.announced(id, attempt);
  }
}

/** A task has failed in its thread. */
export function handleFailed(
  state: WorkerState,
  {
    task,
    attempt,
    us,
    failure,
  }: {
    readonly task: number;
    readonly attempt: number;
    readonly us: number;
    readonly failure: { readonly kind: FailureKind; readonly thrown: Block | undefined };
  },
): void {
  if (endTask(state, task, attempt) === undefined) return;
  tell(state, { kind: "failed", task, attempt, us, failure });
}

/** The scheduler does not want tasks any more. */
export function cancelTasks(state: WorkerState, rows: Rows): void {
  for (let n = 0; n < rows.length; n += 2) {
    const task = state.tasks.get(rows[n] as number);
    if (task?.attempt === rows[n + 1]) giveUp(state, task as WorkerTask);
  }
}

/** Stops a task, whatever it is at. */
export function giveUp(state: WorkerState, task: WorkerTask): void {
  state.tasks.delete(task.task);
  stopWaiting(state, task);
  if (!task.isHanded) {
    dropPieces(state, task);
    return;
  }
  state.ending.set(task.task, task);
  state.instructions.push({ kind: "abort", task: task.task, attempt: task.attempt });
}

/**
 * The scheduler asks for tasks back that have not begun. Unless it wants all, those stay that free
 * threads take next, or have taken unheard: that of a task that began a moment ago is not known
 * here yet.
 */
export function recallTasks(state: WorkerState, all: boolean): void {
  const tasks = [...state.tasks.values()];
  const busyCount = tasks.filter(({ begun }) => begun === "started").length;
  const next = tasks
    .filter(({ begun }) => begun === undefined)
    .toSorted((a, b) => Number(b.isHanded) - Number(a.isHanded) || b.priority - a.priority);
  const stays = all ? 0 : Math.max(0, state.offer.threads - busyCount);
  for (const task of next.slice(stays)) {
    if (task.isHanded) {
      state.instructions.push({ kind: "withdraw", task: task.task, attempt: task.attempt });
    } else {
      giveUp(state, task);
      state.report.recalled(task.task, task.attempt);
    }
  }
}

/** Tasks came back from the threads that had not begun. */
export function handleWithdrawn(state: WorkerState, rows: Rows): void {
  for (let n = 0; n < rows.length; n += 2) {
    const task = endTask(state, rows[n] as number, rows[n + 1] as number);
    if (task !== undefined) state.report.recalled(task.task, task.attempt);
  }
}

/** A task cannot run here, since nobody has a value that it reads; the scheduler must see to it. */
export function loseTask(state: WorkerState, task: WorkerTask, value: Value): void {
  const { name, holders } =
    value.wanted?.want === undefined
      ? { name: value.name, holders: [] }
      : { name: value.wanted.want.name, holders: value.wanted.holders };
  const asked = holders.length === 0 ? [state.number] : holders.map(({ worker }) => worker);
  const { task: id, attempt } = task;
  giveUp(state, task);
  const rows = asked.flatMap((worker) => [name.id, name.version, worker]);
  tell(state, { kind: "missing", task: id, attempt, rows });
}

/** Values can no longer be read out of the store. */
export function handleLost(state: WorkerState, names: readonly ValueName[]): void {
  for (const name of names) {
    const value = state.values.get(name.id);
    if (value?.name.version === name.version) removeValue(state, value);
    // Of pieces that were fetched for a task the scheduler does not know.
    if (name.version > 0) state.report.lost(name.id, name.version);
  }
}

/** A thread could not read inputs of a task out of the store: they are lost. */
export function handleUnreadable(
  state: WorkerState,
  id: number,
  attempt: number,
  names: readonly ValueName[],
): void {
  handleLost(state, names);
  const task = endTask(state, id, attempt);
  if (task === undefined) return;
  const rows = names.flatMap((name) => [name.id, name.version, state.number]);
  tell(state, { kind: "missing", task: id, attempt, rows });
}
