import { CaptureError } from "@millrace/closure/tasks";

/** A class whose errors say what they are by `name` and `code`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

const classes = new Map<string, { readonly prefix: string; readonly Class: ErrorClass }>();

/**
 * Lets the errors of a package be of their class on every executor: an error of a task on another
 * thread comes back with `name`, `code` and its fields, and is made one of the class of that name
 * again. Its constructor is not called, so the class keeps what it has in public fields.
 *
 * @param prefix - what all its codes begin with, up to the slash
 * @param named - the classes by what their errors have as `name`
 * @example
 * ```ts
 * import { errorClassFor, registerErrors } from "@millrace/graph";
 *
 * class TideError extends Error {
 *   override readonly name = "TideError";
 *   readonly code = "tides/too-low";
 * }
 *
 * registerErrors("tides", { TideError });
 * errorClassFor("TideError", "tides/too-low") === TideError; // => true
 * ```
 */
export function registerErrors(prefix: string, named: Readonly<Record<string, ErrorClass>>): void {
  for (const [name, Class] of Object.entries(named)) classes.set(name, { prefix, Class });
}

/**
 * The registered class that an error of this name and code is of; undefined for all others, such
 * as an error of the user's that has the same name by chance.
 *
 * @example
 * ```ts
 * import { CycleError, errorClassFor } from "@millrace/graph";
 *
 * errorClassFor("CycleError", "graph/cycle") === CycleError; // => true
 * errorClassFor("CycleError", "E_CYCLE"); // => undefined
 * ```
 */
export function errorClassFor(name: unknown, code: unknown): ErrorClass | undefined {
  if (typeof name !== "string" || typeof code !== "string") return undefined;
  const known = classes.get(name);
  return known && code.startsWith(`${known.prefix}/`) ? known.Class : undefined;
}

/**
 * A value as an error message shows it: texts in quotes, objects by what they are, at most 80
 * characters.
 *
 * @example
 * ```ts
 * import { quoteValue } from "@millrace/graph";
 *
 * quoteValue("a"); // => '"a"'
 * quoteValue([1, 2]); // => "an array of 2"
 * ```
 */
export function quoteValue(value: unknown): string {
  // One character more than is shown, so that a longer text is seen to be one.
  const text =
    typeof value === "string" ? JSON.stringify(value.slice(0, 81)) : describeValue(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function describeValue(value: unknown): string {
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name: unknown = (
    Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null
  )?.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object"
    ? `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name}`
    : "an object";
}

/** What went wrong, as a stable word: match on it, never on a message. */
export type GraphErrorCode =
  | "graph/cancelled"
  | "graph/configured-late"
  | "graph/cycle"
  | "graph/invalid-argument"
  | "graph/key-conflict"
  | "graph/missing-key"
  | "graph/not-tokenizable"
  | "graph/nout"
  | "graph/task-failed"
  | "graph/timed-out"
  | "graph/too-large"
  | "graph/unknown-collection"
  | "graph/unknown-executor"
  | "graph/unsupported-option";

/**
 * A graph that cannot be built or run as asked: the `code` says why and never changes between
 * versions.
 *
 * @example
 * ```ts
 * import { GraphError, TaskGraph, ref, task } from "@millrace/graph";
 *
 * let code = "";
 * try {
 *   TaskGraph.from({ a: task((x: number) => x, [ref("typo")]) });
 * } catch (error) {
 *   code = (error as GraphError).code;
 * }
 * code; // => "graph/missing-key"
 * ```
 */
export class GraphError extends Error {
  override readonly name: string = "GraphError";
  /** What went wrong; stays the same between versions. */
  readonly code: GraphErrorCode;
  /** Key of the task in which it was found, if it was found in one. */
  declare readonly key?: string;

  constructor(code: GraphErrorCode, message: string, options?: ErrorOptions) {
    const { stackTraceLimit } = Error;
    // V8 keeps ten lines, which may all be ours; a frozen Error stays as it is.
    if (stackTraceLimit > 0) Reflect.set(Error, "stackTraceLimit", stackTraceLimit + ownFramesMax);
    super(message, options);
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    this.code = code;
  }
}

/** So many calls of ours may stand between the caller's line and the place that found the error. */
const ownFramesMax = 30;

/**
 * Tasks that wait for each other: `cycle` lists their keys, the first one again at the end.
 *
 * @example
 * ```ts
 * import { CycleError, TaskGraph, ref, task } from "@millrace/graph";
 *
 * const inc = (x: number) => x + 1;
 * const graph = TaskGraph.from({ a: task(inc, [ref("b")]), b: task(inc, [ref("a")]) });
 * let cycle: readonly string[] = [];
 * try {
 *   graph.toposort();
 * } catch (error) {
 *   cycle = (error as CycleError).cycle;
 * }
 * cycle; // => ["a", "b", "a"]
 * ```
 */
export class CycleError extends GraphError {
  override readonly name = "CycleError";
  /** The keys on the way round, the first one again at the end. */
  readonly cycle: readonly string[];

  constructor(cycle: readonly string[]) {
    const shown = cycle.length > 12 ? [...cycle.slice(0, 6), "…", ...cycle.slice(-5)] : cycle;
    super(
      "graph/cycle",
      `graph: these tasks wait for each other, got the cycle ${shown.join(" → ")}, wanted none. ` +
        "Take one of these references out.",
    );
    this.cycle = cycle;
  }
}

/** Which call of a task that makes several. */
export interface FailedStep {
  /** Name of its function. */
  readonly name: string;
  /** Counts from 1. */
  readonly number: number;
  readonly count: number;
}

/**
 * User code of a task threw: `key` names the task, `cause` is what was thrown, unchanged.
 *
 * @example
 * ```ts
 * import { TaskError, TaskGraph, task } from "@millrace/graph";
 *
 * const graph = TaskGraph.from({
 *   a: task(() => {
 *     throw new RangeError("no such row");
 *   }, []),
 * });
 * const error = await graph.compute("a").catch((thrown: unknown) => thrown as TaskError);
 * (error as TaskError).key; // => "a"
 * (error as TaskError).cause instanceof RangeError; // => true
 * ```
 */
export class TaskError extends GraphError {
  override readonly name = "TaskError";
  /** Key of the task that failed; a fused task has the key of its last step. */
  override readonly key: string;
  /** How often the task was tried. */
  readonly attempts: number;
  /** Which call failed, where the task makes several: it was fused. */
  readonly step: FailedStep | undefined;
  /** Name of the worker where it was tried last; undefined where there are none. */
  readonly worker: string | undefined;

  constructor(
    key: string,
    attempts: number,
    cause: unknown,
    { step, worker }: { readonly step?: FailedStep | undefined; readonly worker?: string } = {},
  ) {
    const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : quoteValue(cause);
    const where = step && ` in ${step.name} (call ${step.number} of ${step.count})`;
    const tries = attempts > 1 ? ` on each of ${attempts} attempts` : "";
    super("graph/task-failed", `task ${quoteValue(key)} failed${where ?? ""}${tries}: ${said}`, {
      cause,
    });
    this.key = key;
    this.attempts = attempts;
    this.step = step;
    this.worker = worker;
  }
}

/**
 * The run was given up before it ended, because its `AbortSignal` was aborted or its reader left;
 * `cause` is the signal's reason.
 *
 * @example
 * ```ts
 * import { CancelledError, TaskGraph, task } from "@millrace/graph";
 *
 * const graph = TaskGraph.from({ a: task(() => 1, []) });
 * const error = await graph
 *   .compute("a", { signal: AbortSignal.abort("enough") })
 *   .catch((thrown: unknown) => thrown as CancelledError);
 * (error as CancelledError).cause; // => "enough"
 * ```
 */
export class CancelledError extends GraphError {
  override readonly name = "CancelledError";

  constructor(
    cause: unknown,
    message: string = "compute: the run was cancelled, its AbortSignal was aborted.",
  ) {
    super("graph/cancelled", message, { cause });
  }
}

registerErrors("graph", { GraphError, CycleError, TaskError, CancelledError });
registerErrors("closure", { CaptureError });

/** A property of errors, since packages below this one mark theirs too. */
const faultMark = Symbol.for("millrace.fault");

/**
 * The error itself, marked as something that Millrace found inside of a task, such as a sum over a
 * text: the run rejects with it as it is, and adds the `key` of the task. What user code throws is
 * the `cause` of a TaskError instead, whatever its code.
 *
 * @example
 * ```ts
 * import { GraphError, TaskGraph, task, taskFault } from "@millrace/graph";
 *
 * const check = (list: readonly number[]): readonly number[] => {
 *   if (list.length > 0) return list;
 *   throw taskFault(new GraphError("graph/nout", "check: an empty list"));
 * };
 * const graph = TaskGraph.from({ a: task(check, [[]]) });
 * const error = await graph.compute("a").catch((thrown: unknown) => thrown as GraphError);
 * (error as GraphError).code; // => "graph/nout"
 * (error as GraphError).key; // => "a"
 * ```
 */
export function taskFault<E extends Error>(error: E): E {
  const mark = { value: true, configurable: true };
  return Object.defineProperty(error, faultMark, mark);
}

/**
 * Whether an error is one that Millrace found inside of the task which is running.
 *
 * @example
 * ```ts
 * import { GraphError, isTaskFault, taskFault } from "@millrace/graph";
 *
 * const error = new GraphError("graph/nout", "three results");
 * isTaskFault(error); // => false
 * isTaskFault(taskFault(error)); // => true
 * ```
 */
export function isTaskFault(error: unknown): error is Error & { key?: string } {
  return error instanceof Error && faultMark in error;
}

/** Makes an error one of user code's again. */
export function clearFault(error: Error): void {
  delete (error as { [faultMark]?: unknown })[faultMark];
}

/**
 * The error for an argument that is not what an api takes: `<api>: <what>, got <value>, wanted
 * <wanted>. <do>`
 */
export function invalidArgument(
  api: string,
  what: string,
  got: unknown,
  wanted: string,
  remedy = "",
): GraphError {
  const tail = remedy === "" ? "" : ` ${remedy}`;
  return new GraphError(
    "graph/invalid-argument",
    `${api}: ${what}, got ${quoteValue(got)}, wanted ${wanted}.${tail}`,
  );
}

/**
 * Why a task failed that was stopped by the limit of its time.
 *
 * @example
 * ```ts
 * import { timeoutError } from "@millrace/graph";
 *
 * timeoutError(50).code; // => "graph/timed-out"
 * ```
 */
export function timeoutError(timeoutMs: number): GraphError {
  return new GraphError(
    "graph/timed-out",
    `timeoutMs: the task was stopped, got one that runs for more than ${timeoutMs} ms, wanted ` +
      "its end before. Give it less to do, or a higher 'timeoutMs'.",
  );
}
