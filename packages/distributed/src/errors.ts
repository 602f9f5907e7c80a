/** What went wrong, as a stable word: match on it, never on `instanceof` or on a message. */
export type DistributedErrorCode =
  | "distributed/bad-directory"
  | "distributed/block-lost"
  | "distributed/codec-failed"
  | "distributed/config"
  | "distributed/corrupt-block"
  | "distributed/corrupt-frame"
  | "distributed/invalid-argument"
  | "distributed/not-in-task"
  | "distributed/not-prepared"
  | "distributed/not-serializable"
  | "distributed/scheduler-gone"
  | "distributed/spill-failed"
  | "distributed/store-closed"
  | "distributed/unknown-block"
  | "distributed/unknown-codec";

/**
 * A refusal of this package; `code` says which one and never changes between versions.
 *
 * @example
 * ```ts
 * import { DistributedError } from "@millrace/distributed";
 *
 * new DistributedError("distributed/not-in-task", "…").code; // => "distributed/not-in-task"
 * ```
 */
export class DistributedError extends Error {
  override readonly name: string = "DistributedError";
  /** What went wrong; stays the same between versions. */
  readonly code: DistributedErrorCode;

  constructor(code: DistributedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A value that cannot leave its thread: `path` leads from the value to the part that cannot, and
 * the message says what that part is and what to return instead. Nothing was sent, and the value
 * stays as it is.
 *
 * @example
 * ```ts
 * import { SerializationError } from "@millrace/distributed";
 *
 * const error = new SerializationError("$.rows[3].fn", "a function", "Return plain data.");
 * error.code; // => "distributed/not-serializable"
 * error.path; // => "$.rows[3].fn"
 * ```
 */
export class SerializationError extends DistributedError {
  override readonly name = "SerializationError";
  /** The way from the whole value, `$`, to the part that cannot travel. */
  readonly path: string;
  /** What was found there, as the message says it: "a function", "a Promise". */
  readonly found: string;
  /** What to do instead. */
  readonly remedy: string;
  /** Key of the task whose value it is, where it is one. */
  key: string | undefined;

  constructor(path: string, found: string, remedy: string, options?: ErrorOptions) {
    super(
      "distributed/not-serializable",
      `encode: a value cannot leave its thread, got ${found} at ${path}, wanted plain data. ` +
        remedy,
      options,
    );
    this.path = path;
    this.found = found;
    this.remedy = remedy;
    this.key = undefined;
  }
}

/**
 * A setting from outside the program is no good: the message says which variable, or which line of
 * which file.
 *
 * @example
 * ```ts
 * import { ConfigError } from "@millrace/distributed";
 *
 * new ConfigError("MILLRACE_THREADS: …").code; // => "distributed/config"
 * ```
 */
export class ConfigError extends DistributedError {
  override readonly name = "ConfigError";

  constructor(message: string, options?: ErrorOptions) {
    super("distributed/config", message, options);
  }
}

/** The error for an argument that is not what a function of this package takes. */
export function invalidArgument(
  api: string,
  what: string,
  got: string,
  wanted: string,
  remedy: string,
): DistributedError {
  return new DistributedError(
    "distributed/invalid-argument",
    `${api}: ${what}, got ${got}, wanted ${wanted}. ${remedy}`,
  );
}
