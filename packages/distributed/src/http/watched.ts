import type { VitalsTold } from "../messages/worker-vitals.ts";
import type { SchedulerView } from "../scheduler/view.ts";

/** A scheduler as its HTTP interface sees it. */
export interface Watched {
  readonly view: SchedulerView;
  readonly version: string;
  readonly url: string;
  /** When it was started, milliseconds since 1970. */
  readonly startedMs: number;
  /** The clock of the scheduler, on which everything in the view is dated. */
  readonly nowMs: () => number;
  /** Gives, for times on that clock, milliseconds since 1970. */
  readonly wall: (atMs: number) => number;
  /** What a worker has said of its process; undefined where it has not yet. */
  readonly vitalsOf: (epoch: number) => VitalsTold | undefined;
  /** The last lines of its own log, the oldest first. */
  readonly ownLines: (limit: number) => readonly string[];
  /** The last lines of a worker's log; rejects with LogsError where it does not tell them. */
  readonly linesOf: (epoch: number, limit: number) => Promise<readonly string[]>;
}

/** A worker does not tell its log; its message is for people. */
export class LogsError extends Error {
  override readonly name = "LogsError";
}

/** Clocks that are no further apart are taken to agree, so that a time is told as it was before. */
const agreeMs = 100;

/** Gives, for times on a clock, milliseconds since 1970. */
export function wallClock(nowMs: () => number): (atMs: number) => number {
  let offsetMs = Date.now() - nowMs();
  return (atMs) => {
    const newMs = Date.now() - nowMs();
    if (Math.abs(newMs - offsetMs) > agreeMs) offsetMs = newMs;
    return Math.round((offsetMs + atMs) * 1_000) / 1_000;
  };
}
