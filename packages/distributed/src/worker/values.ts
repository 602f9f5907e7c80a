import type { ToWorkerMessage } from "../messages/worker-messages.ts";
import type { ValueName } from "./worker-events.ts";
import type { Member, Value, WorkerState, WorkerTask } from "./worker-state.ts";
import { dropValue, handOver } from "./worker-state.ts";

/**
 * A value that a task reads: here already, or wanted from those who hold it; one that has been made
 * anew since is wanted from nobody.
 */
export function needValue(state: WorkerState, { name, bytes, holders }: Member): Value {
  const found = findValue(state, name.id, name.version);
  if (found !== undefined) return found;
  const other = state.values.get(name.id);
  const value = makeValue(name, false);
  // What asks for it was under way for long: a client may have brought what has its slot by now.
  if (other !== undefined && other.name.version > name.version) return value;
  // A newer attempt has made it anew, so nobody may read the old one any more.
  if (other !== undefined) removeValue(state, other);
  state.values.set(name.id, value);
  wantFrom(state, value, { name, bytes, holders }, -1);
  return value;
}

/** One piece of a value that others hold, for one task. */
export function needPiece(state: WorkerState, member: Member, piece: number): Value {
  // No attempt has the number 0, so that the name is like no other.
  const value = makeValue({ id: state.pieceCount++, version: 0 }, false);
  wantFrom(state, value, member, piece);
  return value;
}

/**
 * The scheduler wants values here, whoever reads them. What is here already is said once more; what
 * nobody can be asked for, or has been made anew meanwhile, is not coming.
 */
export function acquireValues(
  state: WorkerState,
  { rows, peers }: Extract<ToWorkerMessage, { kind: "acquire" }>,
): void {
  for (const peer of peers) state.peers.set(peer.worker, peer);
  for (let n = 0; n < rows.length;) {
    const name = { id: rows[n]!, version: rows[n + 1]! };
    const bytes = rows[n + 2] as number;
    const count = rows[n + 3] as number;
    acquire(state, { name, bytes, holders: rows.slice(n + 4, n + 4 + count) });
    n += 4 + count;
  }
}

function acquire(state: WorkerState, member: Member): void {
  const { id, version } = member.name;
  const newest = state.values.get(id)?.name.version ?? version;
  const value = newest > version ? undefined : needValue(state, member);
  if (value?.isHere === true) {
    state.report.acquired(id, version);
    return;
  }
  if (value === undefined) state.report.notAcquired(id, version);
  else {
    value.isOrdered = true;
    if (value.wanted === undefined) removeValue(state, value);
  }
}

/**
 * Values came that no task here has made. Where the scheduler does not want one it says so; what
 * has been made anew since, or is for a scheduler that is not there, is late, and nothing.
 */
export function receiveValues(
  state: WorkerState,
  names: readonly ValueName[],
  isConnected: boolean,
): void {
  for (const name of names) {
    const newest = state.values.get(name.id)?.name.version ?? name.version;
    if (!isConnected || newest > name.version) {
      dropValue(state, name);
      continue;
    }
    keepValue(state, name.id, name.version);
    state.report.acquired(name.id, name.version);
  }
}

/** The value of a name, here or on its way. */
export function findValue({ values }: WorkerState, id: number, version: number): Value | undefined {
  const known = values.get(id);
  return known?.name.version === version ? known : undefined;
}

function makeValue(name: ValueName, isHere: boolean): Value {
  return { name, isHere, readers: undefined, isOrdered: false, wanted: undefined };
}

function wantFrom(
  state: WorkerState,
  value: Value,
  { name, bytes, holders }: Member,
  piece: number,
): void {
  const peers = holders.flatMap((worker) => state.peers.get(worker) ?? []);
  if (peers.length === 0) return;
  value.wanted = state.fetching.want(value, { name, piece, as: value.name, bytes }, peers);
}

/** Notes that a value is in the store. */
export function keepValue(state: WorkerState, id: number, version: number): void {
  const known = state.values.get(id);
  if (known?.name.version === version) {
    arrive(state, known);
    return;
  }
  if (known !== undefined) removeValue(state, known);
  state.values.set(id, makeValue({ id, version }, true));
}

/** A value has come: tasks that waited for nothing else can begin. */
export function arrive(state: WorkerState, value: Value): void {
  value.isHere = true;
  value.isOrdered = false;
  if (value.wanted !== undefined) value.wanted.isDropped = true;
  value.wanted = undefined;
  if (value.readers === undefined) return;
  for (const task of value.readers) {
    task.missing?.delete(value);
    handOver(state, task);
  }
  value.readers = undefined;
}

/** The scheduler says that a value may go. */
export function freeValue(state: WorkerState, id: number, version: number): void {
  if (state.gatherings.get(id)?.version === version) state.gatherings.delete(id);
  const value = state.values.get(id);
  if (value?.name.version === version) removeValue(state, value);
}

/** Forgets a value, out of the store too. */
export function removeValue(state: WorkerState, value: Value): void {
  if (state.values.get(value.name.id) === value) state.values.delete(value.name.id);
  if (value.wanted !== undefined) value.wanted.isDropped = true;
  if (value.isHere) dropValue(state, value.name);
  if (!value.isOrdered) return;
  value.isOrdered = false;
  state.report.notAcquired(value.name.id, value.name.version);
}

/** A task does not wait for values any more; those that nobody else waits for need not come. */
export function stopWaiting(state: WorkerState, task: WorkerTask): void {
  for (const value of task.missing ?? []) {
    value.readers?.delete(task);
    const isWanted = value.isOrdered || value.readers?.size !== 0;
    if (!value.isHere && !isWanted) removeValue(state, value);
  }
  task.missing = undefined;
}

/** The pieces that were fetched for a task go when nothing of it runs. */
export function dropPieces(state: WorkerState, { pieces }: WorkerTask): void {
  for (const piece of pieces ?? []) removeValue(state, piece);
}
