import { expect, it } from "vitest";
import type { Block } from "../../../packages/distributed/src/codec/block.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { encodeFailure } from "../../../packages/distributed/src/codec/failure/encode-failure.ts";
import { SerializationError } from "../../../packages/distributed/src/errors.ts";
import { errorOf } from "../../../packages/distributed/src/client/run-failure.ts";
import type { FailureKind } from "../../../packages/distributed/src/messages/failure.ts";

const thrown = encodeFailure(new RangeError("no such row"));

/** Name, code, attempts and message of what a user is told. */
function told(kind: FailureKind, attempts: number, block: Block | undefined): string {
  const error = errorOf({ kind, key: "rows/3", attempts, workers: ["a", "b"], thrown: block });
  const { name, code, message } = error as Error & { code: string };
  return `${name} ${code}: ${message}`;
}

const kinds: readonly FailureKind[] = [
  "threw",
  "exited",
  "out-of-memory",
  "timed-out",
  "killed",
  "lost",
  "unrunnable",
];

it("every kind of failure with something thrown names it, its task and the attempts", () => {
  expect(kinds.map((kind) => told(kind, 2, thrown))).toMatchInlineSnapshot(`
    [
      "TaskError graph/task-failed: task "rows/3" failed on each of 2 attempts: RangeError: no such row",
      "TaskError graph/task-failed: task "rows/3" failed on each of 2 attempts: RangeError: no such row",
      "TaskError graph/task-failed: task "rows/3" failed on each of 2 attempts: RangeError: no such row",
      "TaskError graph/task-failed: task "rows/3" failed on each of 2 attempts: RangeError: no such row",
      "KilledWorkerError distributed/killed-worker: compute: workers die of a task, got the task "rows/3", of which a, b died, wanted one that leaves its worker alive. Look at 'deaths', which has their last words, or at their logs.",
      "TaskError graph/task-failed: task "rows/3" failed on each of 2 attempts: RangeError: no such row",
      "GraphError graph/unsupported-option: compute: no worker may run a task, got the task "rows/3", wanted what a worker has. Correct 'resources' and 'workers' of the run and of 'annotate', or say with 'configure' which resources there are.",
    ]
  `);
});

it("every kind of failure with nothing thrown says what happened instead", () => {
  const silent = [...kinds.filter((kind) => kind !== "threw"), "not-serializable" as const];
  expect(silent.map((kind) => told(kind, 3, undefined))).toMatchInlineSnapshot(`
    [
      "TaskError graph/task-failed: task "rows/3" failed on each of 3 attempts: Error: it ended its thread (on a, b)",
      "TaskError graph/task-failed: task "rows/3" failed on each of 3 attempts: Error: its thread ran out of memory (on a, b)",
      "TaskError graph/task-failed: task "rows/3" failed on each of 3 attempts: Error: it ran longer than it was allowed to (on a, b)",
      "KilledWorkerError distributed/killed-worker: compute: workers die of a task, got the task "rows/3", of which a, b died, wanted one that leaves its worker alive. Look at 'deaths', which has their last words, or at their logs.",
      "TaskError graph/task-failed: task "rows/3" failed on each of 3 attempts: Error: its value is gone, and so is what it was made of (on a, b)",
      "GraphError graph/unsupported-option: compute: no worker may run a task, got the task "rows/3", wanted what a worker has. Correct 'resources' and 'workers' of the run and of 'annotate', or say with 'configure' which resources there are.",
      "TaskError graph/task-failed: task "rows/3" failed on each of 3 attempts: Error: its value cannot travel (on a, b)",
    ]
  `);
});

it("what was thrown is the cause, with its class", () => {
  const error = errorOf({ kind: "threw", key: "k", attempts: 1, workers: [], thrown });
  expect(error.cause).toBeInstanceOf(RangeError);
  expect(error).toMatchObject({ key: "k", attempts: 1 });
});

it("undefined can be thrown, which is something", () => {
  expect(told("threw", 1, encodeFailure(undefined))).toMatchInlineSnapshot(
    `"TaskError graph/task-failed: task "rows/3" failed: undefined"`,
  );
});

it("a value that cannot travel is a SerializationError with its path and task", () => {
  const refusal = encodeFailure(new SerializationError("$.a", "a function", "Return plain data."));
  const failure = { key: "k", attempts: 1, workers: [], thrown: refusal } as const;
  const error = errorOf({ kind: "not-serializable", ...failure });
  expect(error).toBeInstanceOf(SerializationError);
  expect(error).toMatchObject({ path: "$.a", found: "a function", key: "k" });
});

it("a task that no worker may run is told with what it asks for", () => {
  const failure = {
    kind: "unrunnable",
    key: "k",
    attempts: 0,
    workers: [],
    thrown: undefined,
  } as const;
  const resources = { gpu: 2, disk: 1 };
  const asked = { resources, workers: ["a", "b"], waitedMs: 0, there: "1 worker: c" };
  expect(errorOf({ ...failure, asked }).message).toMatchInlineSnapshot(
    `"compute: no worker may run a task, got the task "k" that asks for 2 of gpu, 1 of disk, one of the workers a, b, wanted what a worker has. Correct 'resources' and 'workers' of the run and of 'annotate', or say with 'configure' which resources there are."`,
  );
});

it("a task that has waited for a worker in vain is told with what there was", () => {
  const failure = {
    kind: "unrunnable",
    key: "k",
    attempts: 0,
    workers: [],
    thrown: undefined,
  } as const;
  const asked = { resources: {}, workers: ["a"], waitedMs: 5_000, there: "no workers" };
  const error = errorOf({ ...failure, asked });
  expect(error).toMatchObject({ code: "distributed/no-workers" });
  expect(error.message).toMatchInlineSnapshot(
    `"no worker that may run a task came within 5 s, got "k" that asks for one of the workers a, and no workers, wanted a worker that fits. Start one, or correct 'resources' and 'workers' of the task."`,
  );
});

it("a failure that cannot be read is a failure, and says so", () => {
  const bad: Block[] = [
    encodeValue(["evil"]),
    encodeValue({ thrown: { error: 7 }, errors: "none", isFault: false, step: "first" }),
    { header: Uint8Array.of(255, 1, 2, 3), buffers: [] },
  ];
  for (const block of bad) {
    const error = errorOf({ kind: "threw", key: "k", attempts: 1, workers: [], thrown: block });
    expect(error).toMatchObject({ key: "k", cause: { code: "distributed/corrupt-block" } });
  }
});
