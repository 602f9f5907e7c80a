/** What a scheduler goes by. Times are milliseconds, or microseconds where the name says so. */
export interface SchedulerSettings {
  /** Workers may die of a task this often; the last of these deaths makes it fail. */
  readonly allowedFailures: number;
  /** Work that a worker is sent ahead, measured by how long its tasks take. */
  readonly windowUs: number;
  /** And at most this many tasks for each of its threads. */
  readonly windowTasksMax: number;
  /** How long a task is taken to run before the first one like it has ended. */
  readonly unknownTaskUs: number;
  /** What a transfer between workers is taken to cost: so much at once … */
  readonly transferUs: number;
  /** … and a microsecond for so many bytes. */
  readonly transferBytesPerUs: number;
  /** A worker that has been silent for so long is taken for dead; Infinity where none can be. */
  readonly workerTimeoutMs: number;
  /** A worker that ends no task for so long may be asked to give back tasks not started. */
  readonly recallAfterMs: number;
  /** Of tasks that no worker here may run their client is told after so long. */
  readonly noWorkersWarnMs: number;
  /** And they fail after so long; Infinity where they wait on. */
  readonly noWorkersTimeoutMs: number;
  /** A task may be told of as slow when it has run for so long; Infinity where none is. */
  readonly slowWarnMs: number;
  /** How many tasks that are ready all at once are placed before others are heard. */
  readonly placedAtOnce: number;
  /** How many tasks that nobody needs any more are let go of before others are heard. */
  readonly letGoAtOnce: number;
  /** How many changes of state are remembered for `story`. */
  readonly storyMax: number;
  /** How many attempts at tasks are remembered, each with what it took; 0 for none. */
  readonly attemptsMax: number;
  /** How many events about peers, about runs and about failures are remembered; 0 for none. */
  readonly journalMax: number;
  /** How many bytes of functions that no run needs are kept. */
  readonly idleFunctionBytesMax: number;
  /** Checks every change of state against the table; for tests. */
  readonly checked: boolean;
}

/** The settings of a scheduler that is told nothing. */
export const schedulerDefaults: SchedulerSettings = {
  allowedFailures: 3,
  windowUs: 2_000,
  windowTasksMax: 1_024,
  unknownTaskUs: 10_000,
  transferUs: 500,
  transferBytesPerUs: 100,
  workerTimeoutMs: 15_000,
  recallAfterMs: 20,
  noWorkersWarnMs: 10_000,
  noWorkersTimeoutMs: Infinity,
  slowWarnMs: 10_000,
  placedAtOnce: 10_000,
  letGoAtOnce: 50_000,
  storyMax: 65_536,
  attemptsMax: 0,
  journalMax: 0,
  idleFunctionBytesMax: 64 * 1024 * 1024,
  checked: false,
};
