import type { FailedStep } from "./errors.ts";
import { TaskError } from "./errors.ts";
import type { Step } from "./program.ts";
import { isOwn } from "./program.ts";

const ownCode = /^(closure|graph|storage|delayed|bag|dataframe|distributed)\//;
const wrapping: ReadonlySet<unknown> = new Set(["graph/task-failed", "graph/cancelled"]);

/**
 * What a run rejects with when a task threw: a fault that Millrace itself found while it worked
 * (such as `bag/empty-reduction`) as it is, whatever else was thrown as the cause of a {@link
 * TaskError}.
 *
 * @param steps - the program of the task
 * @param step - which of them threw
 * @example
 * ```ts
 * import { taskFailure } from "@millrace/graph";
 *
 * const load = () => undefined;
 * const parse = () => undefined;
 * const steps = [load, parse].map((fn) => ({ fn, args: [] }));
 * const error = taskFailure("rows", 1, new RangeError("no such row"), steps, 0);
 * error.message; // => 'task "rows" failed in load (call 1 of 2): RangeError: no such row'
 * ```
 */
export function taskFailure(
  key: string,
  attempts: number,
  cause: unknown,
  steps: readonly Step[],
  step: number,
): Error {
  const code: unknown = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const isOwn = typeof code === "string" && ownCode.test(code) && !wrapping.has(code);
  return isOwn ? (cause as Error) : new TaskError(key, attempts, cause, failedStep(steps, step));
}

/** Names a step among the calls of a program that a user wrote. */
function failedStep(steps: readonly Step[], failed: number): FailedStep | undefined {
  const calls = steps.filter(({ fn }) => !isOwn(fn));
  const { fn } = steps[failed] as Step;
  if (calls.length < 2 || isOwn(fn)) return undefined;
  const number = steps.slice(0, failed + 1).filter((step) => !isOwn(step.fn)).length;
  return { name: fn.name === "" ? "(anonymous)" : fn.name, number, count: calls.length };
}
