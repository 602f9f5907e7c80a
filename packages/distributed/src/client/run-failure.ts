import { GraphError, TaskError, quoteValue, taskFailure } from "@millrace/graph";
import { decodeFailure, failedStepOf } from "../codec/failure/decode-failure.ts";
import { KilledWorkerError, SerializationError } from "../errors.ts";
import type { FailureKind, TaskFailure } from "../messages/failure.ts";

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
  if (thrown !== undefined) return decodeFailure(thrown);
  const where = workers.length > 0 ? ` (on ${workers.join(", ")})` : "";
  return new Error(silentEnds[kind] + where);
}

function askedText({ asked }: TaskFailure): string {
  if (asked === undefined) return "";
  const amounts = Object.entries(asked.resources).map(([name, amount]) => `${amount} of ${name}`);
  if (asked.workers !== undefined) amounts.push(`one of the workers ${asked.workers.join(", ")}`);
  return ` that asks for ${amounts.join(", ")}`;
}

/** What the user of a run is told of a task that failed for good. */
export function errorOf(failure: TaskFailure): Error {
  const { kind, key, workers, thrown } = failure;
  if (kind === "killed") return new KilledWorkerError(key, workers);
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
      return new GraphError(
        "graph/unsupported-option",
        `compute: no worker may run a task, got the task ${quoteValue(key)}${askedText(failure)}, wanted ` +
          "what a worker has. Correct 'resources' and 'workers' of the run and of 'annotate', " +
          "or say with 'configure' which resources there are.",
      );
  }
}
