import type { TaskEvent } from "./executor.ts";

/** What tasks of one name cost together. */
export interface TaskProfile {
  /** The keys without their index or unique ending: the layer, or the name of the call. */
  readonly name: string;
  readonly count: number;
  readonly failedCount: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/**
 * Collects the times of tasks over one run or several: pass `onTask` as an option of the run,
 * then look at `events` or the `summary`, the dearest first.
 *
 * @example
 * ```ts
 * import { Delayed, taskProfiler } from "@millrace/graph";
 *
 * const { onTask, summary } = taskProfiler();
 * await Delayed.call(function load() {}, []).compute({ onTask });
 * summary().map(({ name, count }) => [name, count]); // => [["load", 1]]
 * ```
 */
export function taskProfiler(): {
  readonly onTask: (event: TaskEvent) => void;
  readonly events: readonly TaskEvent[];
  readonly summary: () => readonly TaskProfile[];
} {
  const events: TaskEvent[] = [];
  return {
    onTask: (event) => void events.push(event),
    events,
    summary: () => summarize(events),
  };
}

function summarize(events: readonly TaskEvent[]): readonly TaskProfile[] {
  const groups = new Map<string, TaskEvent[]>();
  for (const event of events) {
    const name = groupName(event.key);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [event]);
    else group.push(event);
  }
  const profiles = Array.from(groups, ([name, group]) => {
    const times = group.map(({ startMs, endMs }) => endMs - startMs);
    return {
      name,
      count: group.length,
      failedCount: group.filter(({ outcome }) => outcome === "failed").length,
      totalMs: times.reduce((a, b) => a + b, 0),
      longestMs: times.reduce((a, b) => Math.max(a, b), 0),
    };
  });
  return profiles.sort((a, b) => b.totalMs - a.totalMs);
}

const token = /-[0-9a-f]{24,}$/;
const counter = /-[0-9a-f]{8}-\d+$/;
const unique = /-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The part of a key that its siblings share: without an index, a token, or what makes a call the
 * only one of its name.
 *
 * @example
 * ```ts
 * import { groupName } from "@millrace/graph";
 *
 * groupName("sum-part-b5294a299c2a05e764f0e000ceee5296/12"); // => "sum-part"
 * groupName("load"); // => "load"
 * ```
 */
export function groupName(key: string): string {
  const name = key.replace(/\/\d+$/, "");
  const ending = token.exec(name) ?? counter.exec(name) ?? unique.exec(name);
  return ending === null ? name : name.slice(0, ending.index);
}
