import { errorClassFor } from "./errors.ts";

/** So many calls, ours among them, may stand between a verb and what led to it. */
const framesMax = 40;

/**
 * Where a run was asked for. Its frames are taken at once, which costs a few microseconds, and
 * written out only when somebody has to be told: an error of a task on another thread, or of one
 * that waited, has no stack that leads there. `compute` and its like have one; a verb that waits
 * for something before it runs a graph makes its own.
 *
 * @example
 * ```ts
 * import { CallSite, GraphError } from "@millrace/graph";
 *
 * async function verb(): Promise<void> {
 *   const site = new CallSite(verb);
 *   try {
 *     await Promise.reject(new GraphError("graph/nout", "found elsewhere"));
 *   } catch (error) {
 *     throw site.tell(error);
 *   }
 * }
 * const caller = (): Promise<void> => verb();
 * const error = await caller().catch((thrown: unknown) => thrown as Error);
 * (error as Error).stack?.includes("at caller"); // => true
 * ```
 */
export class CallSite {
  /** The frames as text, as the engine writes them; made when they are asked for. */
  declare readonly stack?: unknown;

  /** The site of the call of `verb`, which is running. */
  constructor(verb: (...args: never[]) => unknown) {
    const { stackTraceLimit } = Error;
    // Who wants no stacks gets none; a frozen Error stays as it is.
    if (stackTraceLimit > 0) Reflect.set(Error, "stackTraceLimit", framesMax);
    Error.captureStackTrace(this, verb);
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }

  /**
   * The error itself, with the frames of this site at the end of its stack where they are missing.
   * What user code threw stays as it is.
   */
  tell(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    if (errorClassFor(error.name, (error as { code?: unknown }).code) === undefined) return error;
    const { stack } = error;
    if (typeof stack !== "string") return error;
    const missing = this.#framesAfter(stack);
    if (missing.length > 0) Reflect.set(error, "stack", [stack, ...missing].join("\n"));
    return error;
  }

  /** The frames of this site that come after the last one which the stack has too. */
  #framesAfter(stack: string): readonly string[] {
    // Whoever prepares stacks in a way of their own may make anything of them.
    if (typeof this.stack !== "string") return [];
    const frames = this.stack.split("\n").filter((line) => frame.test(line));
    const known = new Set(stack.split("\n").map(placeOf));
    return frames.slice(frames.findLastIndex((line) => known.has(placeOf(line))) + 1);
  }
}

const frame = /^\s+at /;

/** A frame without its column and without `async`: a function that waits is at an older place. */
function placeOf(line: string): string {
  return line.replace(/^\s+at (?:async )?/, "").replace(/(?::\d+)?\)?$/, "");
}
