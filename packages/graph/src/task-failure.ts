import type { FailedStep } from "./errors.ts";
import { TaskError, clearFault, isTaskFault } from "./errors.ts";
import type { Step } from "./program.ts";
import { isOwn, functionLabel } from "./program.ts";

/**
 * What a run rejects with when a task threw: a {@link taskFault} (such as `bag/empty-reduction`) as
 * it is, whatever else was thrown as the cause of a {@link TaskError}.
 *
 * @param step - which of its calls threw, where it is known
 * @param worker - name of the worker where it was tried last, where there are workers
 * @example
 * ```ts
 * import { failedStep, taskFailure } from "@millrace/graph";
 *
 * const load = () => undefined;
 * const parse = () => undefined;
 * const steps = [load, parse].map((fn) => ({ fn, args: [] }));
 * const error = taskFailure("rows", 1, new RangeError("no such row"), failedStep(steps, 0));
 * error.message; // => 'task "rows" failed in load (call 1 of 2): RangeError: no such row'
 * ```
 */
export function taskFailure(
  key: string,
  attempts: number,
  cause: unknown,
  step: FailedStep | undefined,
  worker?: string,
): Error {
  if (!isTaskFault(cause)) {
    return new TaskError(key, attempts, cause, worker === undefined ? { step } : { step, worker });
  }
  // Told now: where it comes out of a callback that ran something itself, it is user code's.
  clearFault(cause);
  cause.key = key;
  return cause;
}

/**
 * Names a step among the calls of a program that a user wrote; undefined where there is one only.
 *
 * @example
 * ```ts
 * import { failedStep } from "@millrace/graph";
 *
 * const steps = [Math.sqrt, Math.abs].map((fn) => ({ fn, args: [] }));
 * failedStep(steps, 1); // => { name: "abs", number: 2, count: 2 }
 * ```
 */
export function failedStep(steps: readonly Step[], failed: number): FailedStep | undefined {
  const calls = steps.filter(({ fn }) => !isOwn(fn));
  const { fn } = steps[failed] as Step;
  if (calls.length < 2 || isOwn(fn)) return undefined;
  const number = steps.slice(0, failed + 1).filter((step) => !isOwn(step.fn)).length;
  return { name: functionLabel(fn, "(anonymous)"), number, count: calls.length };
}
