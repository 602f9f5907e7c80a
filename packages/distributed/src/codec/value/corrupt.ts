import { DistributedError } from "../../errors.ts";

/** The error for bytes that the encoder did not write, or not with this version. */
export function corrupt(reason: string, cause?: unknown): DistributedError {
  return new DistributedError(
    "distributed/corrupt-block",
    `decode: these bytes are not an intact block: ${reason}. ` +
      "Send exactly the bytes that were encoded, with one version of @millrace/distributed.",
    cause === undefined ? undefined : { cause },
  );
}

/** The error for a block of a graph, or of a part of one, that is none. */
export function corruptGraph(found: string, cause?: unknown): DistributedError {
  return new DistributedError(
    "distributed/corrupt-frame",
    `decode: a graph is not intact, got ${found}, wanted what encodeGraph and its like write. ` +
      "Close the connection; use one version of @millrace/distributed on both sides.",
    cause === undefined ? undefined : { cause },
  );
}

/** The error for a control frame that is none; whoever sent it is not to be listened to. */
export function corruptFrame(found: string): DistributedError {
  return new DistributedError(
    "distributed/corrupt-frame",
    `decode: a control frame is not intact, got ${found}, wanted what encodeControl writes. ` +
      "Close the connection; use one version of @millrace/distributed on both sides.",
  );
}
