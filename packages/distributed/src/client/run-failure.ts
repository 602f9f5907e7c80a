import { GraphError, TaskError, quoteValue, taskFailure } from "@millrace/graph";
import { decodeFailure, failedStepOf } from "../codec/failure/decode-failure.ts";
import type { WorkerDeath } from "../errors.ts";
import { DistributedError, KilledWorkerError, SerializationError } from "../errors.ts";
import { escapeControls } from "../log.ts";
import type { FailureKind, TaskFailure } from "../messages/failure.ts";
import { askedText } from "../messages/failure.ts";

/** Why a task has no value where nobody was left to say what it threw. */
const silentEnds: { readonly [K in Exclude<FailureKind, "killed">]: string } = {
  threw: "it threw",
  "not-serializable": "its value cannot travel",
  exited: "it ended its thread",
  "out-of-memory": "its thread ran out of memory",
  "timed-out": "it ran longer than it was allowed to",
  lost: "its value is gone, and so is what it was made of",
  unrunnable: "no worker may run it",
};

function causeOf(kind: keyof typeof silentEnds, { workers, thrown }: TaskFailure): unknown {
  if (thrown !== undefined) {
    try {
      return decodeFailure(thrown);
    } catch (error) {
      // That a task has failed is known all the same.
      return error;
    }
  }
  const where = workers.length > 0 ? ` (on ${workers.join(", ")})` : "";
  return new Error(silentEnds[kind] + where);
}

function unrunnable({ key, asked }: TaskFailure): Error {
  const got = quoteValue(key) + (asked === undefined ? "" : askedText(asked));
  if (asked !== undefined && asked.waitedMs > 0) {
    return new DistributedError(
      "distributed/no-workers",
      `no worker that may run a task came within ${asked.waitedMs / 1_000} s, got ${got}, and ` +
        `${asked.there}, wanted a worker that fits. Start one, or correct 'resources' and ` +
        "'workers' of the task.",
    );
  }
  return new GraphError(
    "graph/unsupported-option",
    `compute: no worker may run a task, got the task ${got}, wanted ` +
      "what a worker has. Correct 'resources' and 'workers' of the run and of 'annotate', " +
      "or say with 'configure' which resources there are.",
  );
}

/** What a process wrote may do anything to a terminal. */
function deathsOf({ workers, deaths }: TaskFailure): WorkerDeath[] {
  const all = deaths ?? workers.map((worker) => ({ worker, exit: undefined, stderr: undefined }));
  return all.map(({ worker, exit, stderr }) => ({
    worker,
    exit: exit && escapeControls(exit),
    stderr: stderr?.split("\n").map(escapeControls).join("\n"),
  }));
}

/** What the user of a run is told of a task that failed for good. */
export function errorOf(failure: TaskFailure): Error {
  const { kind, key, workers, thrown } = failure;
  if (kind === "killed") return new KilledWorkerError(key, deathsOf(failure));
  const attempts = Math.max(1, failure.attempts);
  const worker = workers.at(-1);
  const at = worker === undefined ? {} : { worker };
  const cause = causeOf(kind, failure);
  switch (kind) {
    case "threw":
      return taskFailure(key, attempts, cause, thrown && failedStepOf(thrown), worker);
    case "exited":
    case "timed-out":
    case "out-of-memory":
    case "lost":
      return new TaskError(key, attempts, cause, at);
    case "not-serializable":
      if (!(cause instanceof SerializationError)) return new TaskError(key, attempts, cause, at);
      cause.key = key;
      return cause;
    case "unrunnable":
      return unrunnable(failure);
  }
}
