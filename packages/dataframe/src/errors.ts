import { quoteValue, registerErrors, taskFault } from "@millrace/graph/tasks";

/** What went wrong, as a stable word. */
export type DataFrameErrorCode =
  | "dataframe/bad-cast"
  | "dataframe/bad-file"
  | "dataframe/bad-row"
  | "dataframe/invalid-argument"
  | "dataframe/overflow"
  | "dataframe/rule-failed"
  | "dataframe/schema-mismatch"
  | "dataframe/type-mismatch"
  | "dataframe/unknown-column"
  | "dataframe/unsupported-type";

/**
 * Something that a DataFrame cannot do as asked; `code` says what and never changes.
 *
 * @example
 * ```ts
 * import { DataFrame, col } from "@millrace/dataframe";
 * import type { DataFrameError } from "@millrace/dataframe";
 *
 * let code = "";
 * try {
 *   DataFrame.fromRows([{ a: 1 }]).filter(col("b").gt(0));
 * } catch (error) {
 *   code = (error as DataFrameError).code;
 * }
 * code; // => "dataframe/unknown-column"
 * ```
 */
export class DataFrameError extends Error {
  override readonly name = "DataFrameError";
  /** What went wrong, as a stable word. */
  readonly code: DataFrameErrorCode;
  /** Key of the task in which it was found, if it was found in one. */
  declare readonly key?: string;
  /** Number of the partition that it is about, where there is one. */
  declare readonly partition?: number;

  constructor(code: DataFrameErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

registerErrors("dataframe", { DataFrameError });

/** An argument that the api does not take. */
export function invalidArgument(
  api: string,
  what: string,
  got: unknown,
  wanted: string,
  remedy = "",
): DataFrameError {
  return fault("dataframe/invalid-argument", api, what, got, wanted, remedy);
}

/** Any mistake of a caller, in the words of all of them. */
export function fault(
  code: DataFrameErrorCode,
  api: string,
  what: string,
  got: unknown,
  wanted: string,
  remedy = "",
): DataFrameError {
  const tail = remedy === "" ? "" : ` ${remedy}`;
  const message = `${api}: ${what}, got ${quoteValue(got)}, wanted ${wanted}.${tail}`;
  return withFrames(() => new DataFrameError(code, message));
}

/** The usual ten would be spent on our own checks, before the line of the user comes. */
const framesLeast = 40;

function withFrames(make: () => DataFrameError): DataFrameError {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Math.max(stackTraceLimit, framesLeast);
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Runs a check that goes deep; the stack of its error begins at the caller of `boundary`. */
export function toldAbove<R>(boundary: (...args: never[]) => unknown, check: () => R): R {
  try {
    return check();
  } catch (error) {
    if (error instanceof DataFrameError) Error.captureStackTrace(error, boundary);
    throw error;
  }
}

/** Something wrong with the data, found while a task runs. */
export function dataFault(
  code: DataFrameErrorCode,
  message: string,
  options?: ErrorOptions,
): DataFrameError {
  return taskFault(withFrames(() => new DataFrameError(code, message, options)));
}
