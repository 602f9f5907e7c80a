import { recipientFor } from "./recipients.ts";
import { holdersOf, stayingHolders } from "./holders.ts";
import type { Run } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { findAttempt, outboxOf } from "./scheduler-state.ts";
import { memory } from "./states.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** A value that is to be on more workers. */
export interface CopyItem {
  readonly id: number;
  readonly version: number;
  /** How many workers that stay are to have it. */
  readonly copies: number;
  /** The epoch of the only worker that is asked to fetch it; undefined for any. */
  readonly to: number | undefined;
  /** Epochs of workers that could not get it. */
  readonly tried: Set<number>;
}

/** Values to be copied together, each by one worker that fetches it from another. */
export interface CopyWork {
  /** Those that nobody fetches yet, the next one last. */
  queue: CopyItem[];
  /** How many of them are being fetched. */
  movingCount: number;
  /** Those of which there are copies enough now. */
  copied: CopyItem[];
  /** Those that nobody could take. */
  stuck: CopyItem[];
}

/** A value that a worker was told to fetch for no task, and who waits for the answer. */
export interface Copying {
  readonly id: number;
  readonly version: number;
  readonly bytes: number;
  readonly worker: WorkerRecord;
  readonly waiting: { readonly work: CopyWork; readonly item: CopyItem }[];
}

/** Values of one work that are fetched at a time: workers themselves ask for few at once. */
const movingMax = 256;
/** Workers named as holders of one value. */
const holdersMax = 4;

/** Nothing to be copied yet. */
export function newCopyWork(): CopyWork {
  return { queue: [], movingCount: 0, copied: [], stuck: [] };
}

/** Has workers fetch what is to be copied, as much as may be on its way. */
export function pumpCopies(state: SchedulerState, work: CopyWork): void {
  while (work.movingCount < movingMax) {
    const item = work.queue.pop();
    if (item === undefined) return;
    copy(state, work, item);
  }
}

function copy(state: SchedulerState, work: CopyWork, item: CopyItem): void {
  const found = findAttempt(state, item.id, item.version);
  // Nobody needs it any more, or it is being made anew.
  if (found?.run.state[found.t] !== memory) return;
  const { run, t } = found;
  const coming = comingCopies(state, item);
  const missing = item.copies - stayingHolders(state, run, t);
  if (missing <= 0) {
    work.copied.push(item);
    return;
  }
  const worker =
    missing > coming.length ? recipientFor(state, run, t, isOpenFor(state, item)) : undefined;
  const copying = worker === undefined ? coming[0] : order(state, run, t, worker);
  if (copying === undefined) work.stuck.push(item);
  else {
    work.movingCount++;
    copying.waiting.push({ work, item });
  }
}

/** Copies of a value that are on their way to workers that stay. */
function comingCopies(state: SchedulerState, { id, version }: CopyItem): readonly Copying[] {
  const all = state.copying.get(id) ?? [];
  return all.filter((other) => other.version === version && !other.worker.isRetiring);
}

/** Whether a worker can be told to fetch a value: it is told of one version at a time. */
function isOpenFor(
  { copying }: SchedulerState,
  { id, to, tried }: CopyItem,
): (worker: WorkerRecord) => boolean {
  const busy = new Set(copying.get(id)?.map(({ worker }) => worker));
  return (worker) =>
    (to === undefined || worker.epoch === to) && !tried.has(worker.epoch) && !busy.has(worker);
}

/** Tells a worker to fetch a value. */
function order(state: SchedulerState, run: Run, t: number, worker: WorkerRecord): Copying {
  const id = run.base + t;
  const version = run.attempt[t] as number;
  const bytes = run.bytes[t] as number;
  const outbox = outboxOf(state, worker);
  const holders = holdersOf(state, run, t).slice(0, holdersMax);
  outbox.acquire([id, version, bytes, holders.length, ...holders.map(({ epoch }) => epoch)]);
  for (const { epoch, address, host } of holders) {
    if (worker.knownPeers.has(epoch)) continue;
    worker.knownPeers.add(epoch);
    outbox.acquirePeer({ worker: epoch, address, host });
  }
  const copying = { id, version, bytes, worker, waiting: [] };
  worker.copyingBytes += bytes;
  worker.copyingCount++;
  const all = state.copying.get(id);
  if (all === undefined) state.copying.set(id, [copying]);
  else all.push(copying);
  return copying;
}

/** A worker has fetched a value, for whatever reason, or could not: who waits for that goes on. */
export function settleCopy(
  state: SchedulerState,
  worker: WorkerRecord,
  id: number,
  version: number,
): void {
  const all = state.copying.get(id);
  const at = all?.findIndex((one) => one.worker === worker && one.version === version) ?? -1;
  const copying = all?.[at];
  if (all === undefined || copying === undefined) return;
  all.splice(at, 1);
  if (all.length === 0) state.copying.delete(id);
  worker.copyingBytes = --worker.copyingCount === 0 ? 0 : worker.copyingBytes - copying.bytes;
  for (const { work, item } of copying.waiting) {
    work.movingCount--;
    // Where it is there now, the next look finds it; and where it is not, nobody asks here again.
    item.tried.add(worker.epoch);
    work.queue.push(item);
  }
}

/** A worker is gone: it fetches nothing. */
export function settleCopiesOf(state: SchedulerState, worker: WorkerRecord): void {
  if (worker.copyingCount === 0) return;
  for (const copying of [...state.copying.values()].flat()) {
    if (copying.worker === worker) settleCopy(state, worker, copying.id, copying.version);
  }
}
