import type { Executor, Key } from "@millrace/graph";
import { BlockwiseLayer, Delayed, LayeredGraph } from "@millrace/graph";
import { createThreadsExecutor } from "@millrace/distributed";
import { afterAll } from "vitest";

/** Two threads of its own for each file of tests. */
export const executor = createThreadsExecutor({ threads: 2, memoryLimit: "320MB" });
afterAll(() => executor[Symbol.asyncDispose]());

/** One call, computed on threads. */
export function run<R>(
  fn: (...args: never[]) => R,
  ...args: readonly unknown[]
): Promise<Awaited<R>> {
  return Delayed.call(fn, args).compute({ executor });
}

/** What a promise rejects with. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<Record<string, unknown> & Error> {
  return promise.then(
    (value) => {
      throw new Error(`it gave ${String(value)}`);
    },
    (error: unknown) => error as Record<string, unknown> & Error,
  );
}

/** A layer of as many calls of `fn`, each with its number. */
export function layer(
  fn: (i: number) => unknown,
  count: number,
): { graph: LayeredGraph; keys: Key[] } {
  const steps = [{ fn, args: [{ kind: "input", input: 0 } as const] }];
  const blocks = new BlockwiseLayer("calls", { count, inputs: [{ kind: "index" }], steps });
  const keys = Array.from({ length: count }, (_, i) => `calls/${i}`);
  return { graph: new LayeredGraph().withLayer(blocks), keys };
}

export function runLayer(
  fn: (i: number) => unknown,
  count: number,
  by: Executor,
): Promise<unknown[]> {
  const { graph, keys } = layer(fn, count);
  return graph.compute(keys, { executor: by });
}
