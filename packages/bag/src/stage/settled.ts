import { runGuard } from "@millrace/graph/tasks";

/** Whether a callback gave something that must be awaited. */
export function isPending(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

/** Whether what a `flatMap` callback gave can only be gone through asynchronously. */
export function isAsync(value: unknown): boolean {
  return isPending(value) || isAsyncIterable(value);
}

/** Whether a value can be gone through with `for await`, and says so itself. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** Continues with a value now, or when it has settled: a promise only where there was one. */
export function withSettled<R>(
  value: unknown,
  then: (settled: unknown) => R,
): R | Promise<Awaited<R>> {
  return isPending(value)
    ? (Promise.resolve(value).then(then) as Promise<Awaited<R>>)
    : then(value);
}

/**
 * A callback that throws, instead of being called, once nobody waits for the task which is being
 * called now.
 */
export function whileWanted<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  const throwIfOver = runGuard();
  return (...args) => {
    throwIfOver();
    return fn(...args);
  };
}

/** Folds from the left; a promise only where a step gave one. */
export function reduceInOrder<A, T>(
  items: readonly T[],
  start: A,
  step: (acc: A, item: T) => A | Promise<A>,
): A | Promise<A> {
  let acc = start;
  for (let i = 0; i < items.length; i++) {
    const next = step(acc, items[i] as T);
    if (next instanceof Promise) return continueReduce(items, i + 1, next, step);
    acc = next;
  }
  return acc;
}

async function continueReduce<A, T>(
  items: readonly T[],
  from: number,
  start: Promise<A>,
  step: (acc: A, item: T) => A | Promise<A>,
): Promise<A> {
  let acc = await start;
  for (let i = from; i < items.length; i++) acc = await step(acc, items[i] as T);
  return acc;
}
