import type { CopyItem } from "./copies.ts";
import { isGathering } from "./traits.ts";
import { stayingHolders } from "./holders.ts";
import { loseHolder } from "./losses.ts";
import { holds } from "./ready.ts";
import type { Run } from "./run.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { findAttempt, outboxOf, touch } from "./scheduler-state.ts";
import { memory, processing } from "./states.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** A worker that is fuller than all together by no more than this share is left alone. */
const slack = 0.05;
/** Workers that a value is offered: the largest values come first, so that one of few has room. */
const offersMax = 8;

/** What a worker has more, or can take more, than its share. */
interface Side {
  readonly worker: WorkerRecord;
  bytes: number;
}

/** A value that a worker can do without. */
interface Spare {
  readonly run: Run;
  readonly t: number;
}

/**
 * Which values move, so that all workers that stay are as full as each other, by their memory.
 * Cost: all tasks are looked at, and the values of workers with too many are sorted.
 */
export function spread(state: SchedulerState): {
  readonly queue: CopyItem[];
  readonly from: ReadonlyMap<CopyItem, number>;
} {
  const workers = state.staying.filter(({ isPaused }) => !isPaused);
  const stored = workers.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const room = workers.reduce((sum, { memoryBytesMax }) => sum + memoryBytesMax, 0);
  const level = room > 0 ? stored / room : 0;
  const sides = workers.map((worker) => ({
    worker,
    bytes: worker.storedBytes - level * worker.memoryBytesMax,
  }));
  const givers = sides.filter(({ worker, bytes }) => bytes > slack * level * worker.memoryBytesMax);
  const takers = sides.filter(({ bytes }) => bytes < 0).map((s) => ({ ...s, bytes: -s.bytes }));
  takers.sort((a, b) => b.bytes - a.bytes);
  const spares = sparesOf(state, givers);
  const queue: CopyItem[] = [];
  const from = new Map<CopyItem, number>();
  for (const giver of givers) {
    for (const { run, t } of spares.get(giver.worker.slot) ?? []) {
      const bytes = run.bytes[t] as number;
      if (bytes > giver.bytes) continue;
      const taker = takerOf(takers, run, t, bytes);
      if (taker === undefined) continue;
      giver.bytes -= bytes;
      taker.bytes -= bytes;
      const name = { id: run.base + t, version: run.attempt[t] as number };
      const copies = 1 + stayingHolders(state, run, t);
      const item = { ...name, copies, to: taker.worker.epoch, tried: new Set<number>() };
      queue.push(item);
      from.set(item, giver.worker.epoch);
    }
  }
  return { queue, from };
}

/** Values that only one of these workers has and reads not, by its slot; the largest first. */
function sparesOf(state: SchedulerState, givers: readonly Side[]): ReadonlyMap<number, Spare[]> {
  const spares = new Map<number, Spare[]>(givers.map(({ worker }) => [worker.slot, []]));
  for (const run of state.runs) {
    for (let t = 0; t < run.size; t++) {
      const slot = run.place[t] as number;
      const list = run.state[t] === memory && !run.replicas.has(t) ? spares.get(slot) : undefined;
      const isOwn = (run.graph.traits[t]! & isGathering) === 0 && !run.sources.has(t);
      const isMeant = list !== undefined && isOwn && (run.bytes[t] as number) > 0;
      if (isMeant && !isReadAt(state, run, t, slot)) list.push({ run, t });
    }
  }
  for (const list of spares.values()) list.sort((a, b) => b.run.bytes[b.t]! - a.run.bytes[a.t]!);
  return spares;
}

function takerOf(takers: Side[], run: Run, t: number, bytes: number): Side | undefined {
  const fits = (side: Side): boolean => side.bytes >= bytes && !holds(run, t, side.worker.slot);
  const found = takers.slice(0, offersMax).find(fits);
  // The next value goes to another one.
  if (found !== undefined) takers.push(...takers.splice(takers.indexOf(found), 1));
  return found;
}

/** Whether a worker was sent a task that reads a value and counts on it being there. */
function isReadAt(state: SchedulerState, run: Run, t: number, slot: number): boolean {
  const { offsets, targets } = run.graph.readers;
  for (let e = offsets[t] as number; e < (offsets[t + 1] as number); e++) {
    const reader = targets[e] as number;
    if (run.state[reader] === processing && run.place[reader] === slot) return true;
    // Who reads a group has been told where its members are.
    if ((run.graph.traits[reader]! & isGathering) !== 0) return true;
  }
  return (run.aliases.get(t) ?? []).some((id) => {
    const other = state.ids.runOf(id) as Run;
    return isReadAt(state, other, id - other.base, slot);
  });
}

/** A value has been copied: the worker that gave it lets it go, unless it reads it by now. */
export function releaseCopy(state: SchedulerState, { id, version }: CopyItem, epoch: number): void {
  const worker = state.workers.get(epoch);
  const found = findAttempt(state, id, version);
  if (worker === undefined || found?.run.state[found.t] !== memory) return;
  const { run, t } = found;
  if (!holds(run, t, worker.slot) || isReadAt(state, run, t, worker.slot)) return;
  outboxOf(state, worker).free(id, version);
  worker.storedBytes -= run.bytes[t] as number;
  loseHolder(state, run, t, worker.slot);
  touch(state, worker);
}
