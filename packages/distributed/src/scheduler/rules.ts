import type { Annotations } from "@millrace/graph";
import type { RunSettings } from "../messages/client-messages.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** What the tasks with one set of annotations ask for; what they leave open, the run says. */
export interface Rule {
  readonly priority: number;
  readonly retries: number;
  /** How many milliseconds one attempt may run; 0 for as long as it takes. */
  readonly timeoutMs: number;
  /** Amounts of resources, none of them 0. */
  readonly resources: ReadonlyMap<string, number>;
  /** Names of the workers that may run it; undefined for all. */
  readonly workers: ReadonlySet<string> | undefined;
  /** Names of the workers that should run it where they can. */
  readonly preferred: ReadonlySet<string> | undefined;
  /** Not every worker may run it at any time. */
  readonly isConstrained: boolean;
}

/** The rule of tasks with these annotations. */
export function ruleOf(annotations: Annotations | undefined, settings: RunSettings): Rule {
  const names = annotations?.workers ?? settings.workers;
  const workers = names === undefined ? undefined : new Set(names);
  const allowOthers = annotations?.allowOtherWorkers ?? settings.allowOtherWorkers;
  const amounts = Object.entries({ ...settings.resources, ...annotations?.resources });
  const resources = new Map(amounts.filter(([, amount]) => amount > 0));
  return {
    priority: annotations?.priority ?? settings.priority,
    retries: annotations?.retries ?? settings.retries,
    timeoutMs: annotations?.timeoutMs ?? settings.timeoutMs ?? 0,
    resources,
    workers: allowOthers ? undefined : workers,
    preferred: allowOthers ? workers : undefined,
    isConstrained: workers !== undefined || resources.size > 0,
  };
}

/** Whether a worker could ever run a task with this rule. */
export function suits({ resources, workers }: Rule, worker: WorkerRecord): boolean {
  if (workers !== undefined && !workers.has(worker.name)) return false;
  for (const [name, amount] of resources) {
    if ((worker.resources.get(name)?.total ?? 0) < amount) return false;
  }
  return true;
}

/** Amounts such as 0.1 do not add up exactly. */
const roundingMax = 1e-9;

/** Whether a worker has now what a task with this rule needs. */
export function hasFree({ resources }: Rule, worker: WorkerRecord): boolean {
  for (const [name, amount] of resources) {
    if ((worker.resources.get(name)?.free ?? 0) < amount - roundingMax) return false;
  }
  return true;
}

/** Whether a worker may run a task with this rule now. */
export function canStart(rule: Rule, worker: WorkerRecord): boolean {
  return suits(rule, worker) && hasFree(rule, worker);
}

/** Takes what a task needs (`sign` -1), or gives it back (`sign` 1). */
export function useResources({ resources }: Rule, worker: WorkerRecord, sign: 1 | -1): void {
  for (const [name, amount] of resources) {
    const pool = worker.resources.get(name);
    if (pool !== undefined) pool.free += sign * amount;
  }
}
