import { quoteValue } from "@millrace/graph";
import type { TaskFailure } from "../messages/failure.ts";
import { askedText } from "../messages/failure.ts";
import type { ClientRecord } from "./client-record.ts";
import type { Rule } from "./rules.ts";
import type { Run } from "./run.ts";
import { refuseScatter } from "./questions.ts";
import { forgetRoots, freeRoots } from "./roots.ts";
import type { SchedulerState, Stranded } from "./scheduler-state.ts";
import { suitableFor } from "./scheduler-state.ts";
import { parked } from "./states.ts";
import { failAll } from "./tasks.ts";
import { tell } from "./tell-client.ts";

/** Between two looks at all tasks that wait for a worker, milliseconds. */
const lookEveryMs = 100;
/** Workers that are named where somebody is told which there are. */
const workersNamedMax = 8;
/** Names are of somebody's making. */
const textCharactersMax = 1_000;

/** Tasks of a run, or values of a client, that ask for the same, and that no worker may take. */
interface Wait {
  readonly run: Run;
  readonly rule: Rule;
  /** Of the one that waits longest. */
  readonly sinceMs: number;
  readonly tasks: number[];
  /** Those that have waited for too long; none of them waits any more. */
  readonly overdue: number[];
}

/**
 * Tells clients of tasks that have waited for a worker for `noWorkersWarnMs`, once of each run, and
 * makes those fail that have waited for `noWorkersTimeoutMs`; true where there were some. Cost: all
 * tasks that wait are looked at, but seldom.
 */
export function lookAtStranded(state: SchedulerState): boolean {
  const { nowMs, settings } = state;
  const waits = [...waitsOf(state).values()];
  let nextMs = Infinity;
  const late: Wait[] = [];
  for (const wait of waits) {
    const { run, sinceMs } = wait;
    if (run.isStrandedTold) continue;
    if (nowMs >= sinceMs + settings.noWorkersWarnMs) late.push(wait);
    else nextMs = Math.min(nextMs, sinceMs + settings.noWorkersWarnMs);
  }
  warn(state, late);
  let hasFailed = false;
  for (const { run, rule, sinceMs, tasks, overdue } of waits) {
    if (tasks.length > overdue.length) {
      nextMs = Math.min(nextMs, sinceMs + settings.noWorkersTimeoutMs);
    }
    if (overdue.length === 0) continue;
    failAll(state, run, overdue, failureOf(state, run, rule, overdue[0] as number));
    hasFailed = true;
  }
  state.unplacedScatters = state.unplacedScatters.filter((each) => {
    if (nowMs < each.sinceMs + settings.noWorkersTimeoutMs) return true;
    refuseScatter(state, each, `no workers for ${settings.noWorkersTimeoutMs / 1_000} s`);
    return false;
  });
  for (const run of state.rootRuns.slice()) {
    if (nowMs >= rootsSinceMs(state, run) + settings.noWorkersTimeoutMs) forgetRoots(state, run);
  }
  // What has failed may have left others without a worker: they have set a time of their own.
  state.strandedLookMs = nextMs === Infinity ? Infinity : Math.max(nextMs, nowMs + lookEveryMs);
  return hasFailed;
}

/** All that waits, by what is asked for; what waits no more is forgotten. */
function waitsOf(state: SchedulerState): ReadonlyMap<Rule, Wait> {
  const { nowMs, settings, rootRuns } = state;
  const waits = new Map<Rule, Wait>();
  const add = (run: Run, t: number, sinceMs: number): void => {
    const rule = run.ruleOf(t);
    let wait = waits.get(rule);
    if (wait === undefined) {
      waits.set(rule, (wait = { run, rule, sinceMs, tasks: [], overdue: [] }));
    }
    wait.tasks.push(t);
    if (nowMs >= sinceMs + settings.noWorkersTimeoutMs) wait.overdue.push(t);
  };
  state.unplaced = state.unplaced.filter((each) => {
    const run = runOfStranded(state, each);
    if (run === undefined) return false;
    const t = each.id - run.base;
    // Put aside for another reason meanwhile, it is somebody else's.
    if (suitableFor(state, run.ruleOf(t)).length > 0) return true;
    add(run, t, each.sinceMs);
    return true;
  });
  for (const { client, question, sinceMs } of state.unplacedScatters) {
    const run = client.runs.get(question.run);
    if (run === undefined || question.keys.length === 0) continue;
    const tasks = [...question.keys.keys()];
    waits.set(run.ruleOf(0), { run, rule: run.ruleOf(0), sinceMs, tasks, overdue: [] });
  }
  for (const run of rootRuns) {
    const sinceMs = rootsSinceMs(state, run);
    if (sinceMs === Infinity) break;
    for (const t of freeRoots(run)) add(run, t, sinceMs);
  }
  return waits;
}

/** Since when the roots of a run wait for any worker; Infinity where there are some. */
function rootsSinceMs({ staying, desertedMs }: SchedulerState, { startMs }: Run): number {
  return staying.length > 0 ? Infinity : Math.max(desertedMs, startMs);
}

/** The run of a task that was put aside, while it still is. */
export function runOfStranded({ ids }: SchedulerState, { id }: Stranded): Run | undefined {
  const run = ids.runOf(id);
  return run?.state[id - run.base] === parked ? run : undefined;
}

/** Tells each client once of all that it waits for, with the task that waits longest. */
function warn(state: SchedulerState, waits: readonly Wait[]): void {
  const byClient = new Map<ClientRecord, Wait[]>();
  for (const wait of waits) {
    wait.run.isStrandedTold = true;
    const { client } = wait.run;
    byClient.set(client, [...(byClient.get(client) ?? []), wait]);
  }
  for (const [client, all] of byClient) {
    const first = all.reduce((a, b) => (b.sinceMs < a.sinceMs ? b : a));
    const count = all.reduce((sum, { tasks }) => sum + tasks.length, 0);
    const noun = all.every(({ run }) => run.isScattered) ? "value" : "task";
    const key = first.run.keyOf(first.tasks[0] as number);
    const asked = askedText(askedOf(first.rule));
    const seconds = Math.round((state.nowMs - first.sinceMs) / 1_000);
    const text =
      `${count === 1 ? `a ${noun} has` : `${count} ${noun}s have`} waited for a worker for ${seconds} s, ` +
      `got ${quoteValue(key)}${asked}, and ${workersText(state)}, wanted ` +
      `${asked === "" ? "any worker" : "a worker that fits"}. Start one, or cancel what waits.`;
    const reason = text.slice(0, textCharactersMax);
    tell(state, client, { kind: "warned", text: reason });
    const facts = { client: client.name, tasks: count, key, reason };
    state.instructions.push({ kind: "warn", event: "tasks wait for a worker", facts });
    state.journal.note(state.nowMs, { kind: "tasks-stranded", ...facts });
  }
}

function failureOf(state: SchedulerState, run: Run, rule: Rule, t: number): TaskFailure {
  return {
    kind: "unrunnable",
    key: run.keyOf(t),
    attempts: 0,
    workers: [],
    thrown: undefined,
    asked: {
      ...askedOf(rule),
      waitedMs: state.settings.noWorkersTimeoutMs,
      there: workersText(state),
    },
  };
}

function askedOf({ resources, workers }: Rule): {
  resources: Record<string, number>;
  workers: readonly string[] | undefined;
} {
  return { resources: Object.fromEntries(resources), workers: workers && [...workers] };
}

/** Which workers there are: `2 workers: a (gpu=1), b`. */
function workersText({ staying }: SchedulerState): string {
  if (staying.length === 0) return "no workers";
  const named = staying.slice(0, workersNamedMax).map(({ name, resources }) => {
    const amounts = [...resources].map(([each, { total }]) => `${each}=${total}`);
    return amounts.length === 0 ? name : `${name} (${amounts.join(", ")})`;
  });
  if (staying.length > named.length) named.push("…");
  const text = `${staying.length} worker${staying.length === 1 ? "" : "s"}: ${named.join(", ")}`;
  return text.slice(0, textCharactersMax / 2);
}
