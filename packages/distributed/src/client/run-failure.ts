import type { Key } from "@millrace/graph";
import { GraphError, TaskError, quoteValue, taskFailure } from "@millrace/graph";
import { decodeFailure, failedStepOf } from "../codec/failure/decode-failure.ts";
import { SerializationError } from "../errors.ts";
import type { TaskFailure } from "../messages/failure.ts";

/** The class of an error is not sent with it; the parts of this one are. */
function notSerializable(key: Key, cause: unknown): Error {
  const { path, found, remedy } = cause as SerializationError;
  const error = new SerializationError(path, found, remedy, { cause });
  error.key = key;
  return error;
}

/** What the user of a run is told of a task that failed for good. */
export function errorOf({ kind, key, attempts, thrown }: TaskFailure): Error {
  const cause = thrown === undefined ? undefined : decodeFailure(thrown);
  switch (kind) {
    case "threw":
      return taskFailure(key, Math.max(1, attempts), cause, thrown && failedStepOf(thrown));
    case "exited":
    case "timed-out":
    case "out-of-memory":
    case "lost":
      return new TaskError(key, Math.max(1, attempts), cause);
    case "not-serializable":
      return notSerializable(key, cause);
    case "killed":
      return new TaskError(key, attempts, cause);
    case "unrunnable":
      return new GraphError(
        "graph/unsupported-option",
        `compute: no worker may run a task, got the task ${quoteValue(key)}, wanted workers and resources ` +
          "that exist. Leave the options 'workers' and 'resources' out.",
      );
  }
}
