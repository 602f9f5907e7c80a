/** Codes of {@link CaptureError}: stable, so match on these and not on messages. */
export type CaptureErrorCode =
  | "closure/assigned-capture"
  | "closure/bound-function"
  | "closure/codec"
  | "closure/computed-key"
  | "closure/corrupt"
  | "closure/cyclic-codec"
  | "closure/eval"
  | "closure/free-variable"
  | "closure/generator"
  | "closure/global"
  | "closure/import-meta"
  | "closure/invalid-argument"
  | "closure/lexical-arguments"
  | "closure/lexical-this"
  | "closure/live-handle"
  | "closure/missing-export"
  | "closure/missing-package"
  | "closure/mode-off"
  | "closure/module-scope"
  | "closure/native-function"
  | "closure/native-object"
  | "closure/new-target"
  | "closure/no-inspector"
  | "closure/private-name"
  | "closure/private-state"
  | "closure/promise"
  | "closure/proxy"
  | "closure/shared-array-buffer"
  | "closure/super"
  | "closure/syntax"
  | "closure/undeclared"
  | "closure/uninitialised"
  | "closure/unknown-codec"
  | "closure/unreadable-source"
  | "closure/version-mismatch"
  | "closure/weak-map"
  | "closure/weak-ref"
  | "closure/with";

/**
 * What every refusal of this package is thrown as; `code` says which one, and stays the same.
 *
 * `trail` is the way from the function that was captured to the value that cannot travel, as the
 * message prints it (`["f", "helper", "db"]`); it is empty for errors that have no such way.
 *
 * @example
 * ```ts
 * import { capture, CaptureError } from "@millrace/closure";
 *
 * const pending = Promise.resolve(1);
 * try {
 *   capture(async () => (await pending) + 1);
 * } catch (error) {
 *   (error as CaptureError).code; // => "closure/promise"
 * }
 * ```
 */
export class CaptureError extends Error {
  /** Which refusal this is; see docs/reference/errors.md. */
  readonly code: CaptureErrorCode;
  /** Names from the captured function to the culprit; empty when there is no such way. */
  readonly trail: readonly string[];

  /** Build the error; the message is complete, nothing is added to it. */
  constructor(
    code: CaptureErrorCode,
    message: string,
    trail: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    const { stackTraceLimit } = Error;
    // V8 keeps ten lines, which may all be ours; a frozen Error stays as it is.
    if (stackTraceLimit > 0) Reflect.set(Error, "stackTraceLimit", stackTraceLimit + ownFramesMax);
    super(message, options);
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    this.name = "CaptureError";
    this.code = code;
    this.trail = trail;
  }
}

/** So many calls of ours may stand between the caller's line and what cannot be captured. */
const ownFramesMax = 30;

/** A value for a message: printed, quoted where it is text, cut at 80 characters. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : printed(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function printed(value: unknown): string {
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (value instanceof URL) return value.href;
  if (typeof value === "object" && value !== null) return Object.prototype.toString.call(value);
  return String(value);
}
