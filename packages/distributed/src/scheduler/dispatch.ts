import { takeBacklog } from "./backlog.ts";
import { placeReady } from "./ready.ts";
import { takeRoot } from "./roots.ts";
import type { Place, SchedulerState } from "./scheduler-state.ts";
import { empty, setIdle } from "./scheduler-state.ts";
import { send } from "./send.ts";
import { steal } from "./steal.ts";
import { drainForSuspects, takeSuspect } from "./suspects.ts";
import { leaveQueue } from "./tasks.ts";
import { peekQueue } from "./worker-queue.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Idle workers that look for something to take over at the end of one event. */
const helpersMax = 16;

/** Gives tasks to all workers that may have a free slot: the last thing that an event does. */
export function dispatch(state: SchedulerState): void {
  takeBacklog(state);
  placeReady(state);
  drainForSuspects(state);
  const { touched, idle, rich } = state;
  for (let n = 0; n < touched.length; n++) {
    const worker = touched[n] as WorkerRecord;
    worker.isTouched = false;
    if (!worker.isGone) fill(state, worker);
  }
  for (let n = Math.min(idle.length, helpersMax); n > 0 && rich.length > 0; n--) {
    const helper = idle[state.cursor++ % idle.length];
    if (helper !== undefined) fill(state, helper);
  }
  for (const worker of touched) worker.isTouched = false;
  empty(touched);
}

/** Sends a worker tasks as long as it has room for one. */
function fill(state: SchedulerState, worker: WorkerRecord): void {
  while (hasRoom(state, worker)) {
    const found = worker.isDraining ? takeSuspect(state, worker) : nextFor(state, worker);
    if (found === undefined) {
      setIdle(state, worker, !worker.isDraining);
      return;
    }
    send(state, found.run, found.t, worker);
  }
  setIdle(state, worker, false);
}

/**
 * Every thread gets a task, and more only where they are short: what is with a worker stays there,
 * what is here may still go to another one.
 */
function hasRoom({ settings }: SchedulerState, worker: WorkerRecord): boolean {
  if (worker.isSolitary || worker.isPaused || worker.isRetiring) return false;
  if (worker.isDraining) return worker.sentCount === 0;
  const { threads, activeCount, activeUs } = worker;
  if (activeCount < threads) return true;
  // What came back would only be sent there again, to come back again.
  if (worker.isStuck) return false;
  return activeUs < settings.windowUs * threads && activeCount < settings.windowTasksMax * threads;
}

/** What a worker does next: what is queued for it, then roots, then what others have. */
function nextFor(state: SchedulerState, worker: WorkerRecord): Place | undefined {
  const own = peekQueue(state, worker);
  // Tasks go before roots, so that values are read before more are made; but not against priority.
  const urgent = state.rootRuns[0]?.priority ?? -Infinity;
  if (own === undefined || own.run.priority < urgent) {
    const root = takeRoot(state, worker);
    if (root !== undefined) return root;
  }
  if (own === undefined) {
    // Nothing is taken from others to be sent ahead: they would start it as soon.
    return worker.activeCount < worker.threads ? steal(state, worker) : undefined;
  }
  leaveQueue(state, own.run, own.t);
  return own;
}
