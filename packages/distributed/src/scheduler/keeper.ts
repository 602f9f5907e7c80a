import { noShortValues } from "../messages/short-value.ts";
import type { Run } from "./run.ts";
import { release } from "./runs.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import { adopt } from "./shares.ts";
import { erred, memory } from "./states.ts";

/** Keeps what is shared under a number until its tasks have ended. */
export function entrust(state: SchedulerState, share: number): void {
  adopt(state, state.keeper, state.arrivals, share);
}

/** Lets go of what has ended since the last time, well or not. Cost: the runs with news. */
export function letGoOfEnded(state: SchedulerState): void {
  const { keeper } = state;
  const { news, outbox, runs } = keeper;
  if (news.length + outbox.length === 0) return;
  const changed = new Set<Run | undefined>(news.splice(0));
  for (const message of outbox.splice(0)) if ("run" in message) changed.add(runs.get(message.run));
  keeper.knownPeers.clear();
  keeper.newPeers = [];
  keeper.newValues = noShortValues;
  for (const run of changed) {
    if (run === undefined || run.dropped) continue;
    run.hasNews = false;
    run.finished.take();
    const ended = [...run.graph.wanted.keys()].filter((output) => {
      const found = run.state[run.graph.wanted[output] as number];
      return found === memory || found === erred;
    });
    if (ended.length > 0) release(state, run, ended);
  }
}
