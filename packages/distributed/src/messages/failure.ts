import type { Key } from "@millrace/graph";
import type { Block } from "../codec/block.ts";
import type { LastWords } from "./worker-deaths.ts";

/** Why a task has no value. */
export type FailureKind =
  /** Its code threw. */
  | "threw"
  /** Its value, or what it was given, cannot travel. */
  | "not-serializable"
  /** It ended its thread, by `process.exit` or an exception nobody caught. */
  | "exited"
  /** Its thread ran out of memory. */
  | "out-of-memory"
  /** It ran longer than it was allowed to. */
  | "timed-out"
  /** Workers died of it. */
  | "killed"
  /** A value that nobody can compute again is gone. */
  | "lost"
  /** No worker may run it. */
  | "unrunnable";

/** What is told of a task that failed for good. */
export interface TaskFailure {
  readonly kind: FailureKind;
  /** Key of the task itself, also where one that reads it is asked for. */
  readonly key: Key;
  /** How often it was tried. */
  readonly attempts: number;
  /** Names of the workers it failed on, the last one at the end. */
  readonly workers: readonly string[];
  /** What was thrown, encoded; undefined where nothing was. */
  readonly thrown: Block | undefined;
  /** Of one that workers died of, these deaths, the last one at the end. */
  readonly deaths?: readonly Death[];
  /** Of an unrunnable task, what it asks for. */
  readonly asked?: Asked;
}

/** The death of a worker; how it came about where that was told. */
export interface Death extends Partial<LastWords> {
  /** Its name, and its number among all connections. */
  readonly worker: string;
  readonly epoch: number;
}

/** What a task asks for that not every worker has. */
export interface Asked {
  readonly resources: Readonly<Record<string, number>>;
  /** Names of the workers that may run it; undefined for all. */
  readonly workers: readonly string[] | undefined;
  /** How long it has waited for a worker that has it. */
  readonly waitedMs: number;
  /** Which workers there are instead, in words. */
  readonly there: string;
}

/** What a task asks for, in words that follow its key; nothing where every worker has it. */
export function askedText({ resources, workers }: Pick<Asked, "resources" | "workers">): string {
  const asked = Object.entries(resources).map(([name, amount]) => `${amount} of ${name}`);
  if (workers !== undefined) asked.push(`one of the workers ${workers.join(", ")}`);
  return asked.length === 0 ? "" : ` that asks for ${asked.join(", ")}`;
}
