import type { WorkerMessage } from "../messages/worker-messages.ts";
import { loseWorker, missValue } from "./losses.ts";
import { holds } from "./ready.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { findAttempt } from "./scheduler-state.ts";
import type { Denial, WorkerRecord } from "./worker-record.ts";

/** So many values that a worker claims and does not give end the trust in it … */
const deniedMax = 3;
/** … where so many others tell of them: one alone may be wrong itself, of everybody … */
const tellersMin = 2;
/** … within so long. Disks and networks do damage something now and then. */
const rememberedMs = 600_000;

/**
 * A worker was not given values by others that are said to hold them. One that has a value not
 * loses it here as well, so that nobody else is sent there; and who gives others nothing of what it
 * claims, or what is not intact, again and again is not believed any more.
 */
export function handleDenied(
  state: SchedulerState,
  teller: WorkerRecord,
  { rows }: Extract<WorkerMessage, { kind: "denied" }>,
): void {
  for (let n = 0; n < rows.length; n += 4) {
    const [id, version, epoch] = [rows[n]!, rows[n + 1]!, rows[n + 2]!];
    const holder = state.workers.get(epoch);
    if (holder === undefined || !isHeldBy(state, holder, id, version)) continue;
    // Who was never sent there cannot know; and nobody is asked for what it holds itself.
    if (holder === teller || !teller.knownPeers.has(epoch)) continue;
    const isDistrusted = noteDenial(holder, {
      id,
      version,
      teller: teller.epoch,
      atMs: state.nowMs,
    });
    if (rows[n + 3] === 1) {
      const input = missValue(state, epoch, id, version);
      if (input !== undefined) input.run.missedBy.set(input.t, teller.slot);
    }
    if (isDistrusted) sendAway(state, holder);
  }
}

function isHeldBy(
  state: SchedulerState,
  { slot }: WorkerRecord,
  id: number,
  version: number,
): boolean {
  const found = findAttempt(state, id, version);
  return found !== undefined && holds(found.run, found.t, slot);
}

/** Remembers that a worker did not give a value; says whether that was once too often. */
function noteDenial(holder: WorkerRecord, denial: Denial): boolean {
  const known = holder.denials.filter(({ atMs }) => denial.atMs - atMs < rememberedMs);
  if (known.some(({ id, version }) => id === denial.id && version === denial.version)) return false;
  // What one teller says counts for so much that another one must agree.
  const own = known.filter(({ teller }) => teller === denial.teller);
  if (own.length > deniedMax - tellersMin) return false;
  holder.denials = [...known, denial];
  return holder.denials.length >= deniedMax;
}

/** A worker has said itself that it lost a value: whoever did not get it was told the truth. */
export function forgiveDenial(holder: WorkerRecord, id: number, version: number): void {
  if (holder.denials.length === 0) return;
  holder.denials = holder.denials.filter((each) => each.id !== id || each.version !== version);
}

/** What it had is lost, and its tasks, which are not to blame, go to others. */
function sendAway(state: SchedulerState, worker: WorkerRecord): void {
  const { epoch, name } = worker;
  const reason = `other workers did not get ${deniedMax} values, or not intact, that it claims`;
  worker.isDistrusted = true;
  state.instructions.push({ kind: "disconnect", epoch, reason, isDistrusted: true });
  state.instructions.push({
    kind: "warn",
    event: "worker distrusted",
    facts: { name, epoch, reason },
  });
  state.journal.note(state.nowMs, { kind: "worker-distrusted", worker: name, epoch, reason });
  loseWorker(state, worker, reason);
}
