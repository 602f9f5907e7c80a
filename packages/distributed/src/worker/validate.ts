import type { Value, WorkerState, WorkerTask } from "./worker-state.ts";
import { isWaiting } from "./worker-state.ts";

/**
 * Checks that what a worker knows of its tasks and of its values fits together; throws at the first
 * that does not. Cost: everything is looked at.
 */
export function validate(state: WorkerState): void {
  for (const [id, task] of state.tasks) {
    check(task.task === id, "task", task);
    check(state.ending.get(id)?.attempt !== task.attempt, "one attempt is there twice", task);
    validateTask(state, task);
  }
  for (const [id, task] of state.ending) {
    check(task.task === id && task.isHanded && !isWaiting(task), "ending", task);
  }
  for (const [id, value] of state.values) {
    check(value.name.id === id, "value", value);
    validateValue(state, value);
  }
  state.fetching.validate();
}

function check(holds: boolean, what: string, { task, name }: Partial<WorkerTask & Value>): void {
  if (holds) return;
  const of = task === undefined ? `value ${name?.id} version ${name?.version}` : `task ${task}`;
  throw new Error(`the worker is at odds with itself: ${what} of ${of}`);
}

function validateTask(state: WorkerState, task: WorkerTask): void {
  check(!task.isHanded || !isWaiting(task), "handed over too early", task);
  const isKept = isWaiting(task) || state.ending.has(task.task);
  check(task.isHanded || isKept, "nothing keeps it", task);
  check(!task.isHanded || !state.ending.has(task.task), "two attempts at a time", task);
  for (const value of task.missing ?? []) {
    check(!value.isHere && value.readers?.has(task) === true, "missing", task);
    const isKnown =
      state.values.get(value.name.id) === value || task.pieces?.includes(value) === true;
    check(isKnown, "waits for what nobody brings", task);
  }
  for (const piece of task.pieces ?? []) validateValue(state, piece);
}

function validateValue(state: WorkerState, value: Value): void {
  if (value.isHere) {
    const isSettled = value.readers === undefined && !value.isOrdered;
    check(isSettled && value.wanted === undefined, "here", value);
    return;
  }
  const { readers = new Set<WorkerTask>() } = value;
  check(readers.size > 0 || value.isOrdered, "nobody waits", value);
  check(value.wanted !== undefined && !value.wanted.isDropped, "nobody is asked", value);
  for (const task of readers) {
    const isTold = state.tasks.get(task.task) === task && task.missing?.has(value) === true;
    check(isTold, "readers", value);
  }
}
