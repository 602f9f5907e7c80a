import { Bag } from "@millrace/bag";
import { delayed } from "@millrace/delayed";
import type { Collection, Key } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  LayeredGraph,
  MaterializedLayer,
  onlyPart,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";
import { executors } from "../lib/executors.ts";

/** The numbers 0 to 3, and what its class and fields make of them at the end. */
class Scaled implements Collection<number[]> {
  readonly graph: LayeredGraph;
  readonly outputKeys: readonly Key[] = ["scaled/0", "scaled/1", "scaled/2", "scaled/3"];
  readonly factor: number;

  constructor(factor: number) {
    this.factor = factor;
    const inputs = [{ kind: "index" }] as const;
    const steps = [{ fn: (i: number) => i, args: [{ kind: "input", input: 0 }] }] as const;
    this.graph = new LayeredGraph().withLayer(
      new BlockwiseLayer("scaled", { count: 4, inputs, steps }),
    );
  }

  scale(part: unknown): number {
    return (part as number) * this.factor;
  }

  finalize(parts: unknown[]): number[] {
    return parts.map((part) => this.scale(part));
  }
}

describe.each(executors)("a collection as an argument of a lazy call, on %s", (executor) => {
  const total = delayed((numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0));

  it("is a bag", async () => {
    const bag = Bag.range(5, { npartitions: 2 }).map((x) => x * 2);
    expect(await total(bag).compute({ executor })).toBe(20);
  });

  it("is one of a class of the user's, whose fields its finalize reads", async () => {
    expect(await total(new Scaled(10)).compute({ executor })).toBe(60);
  });

  it("is an object whose finalize is a closure", async () => {
    const { graph, outputKeys } = new Scaled(1);
    const factor = 3;
    const finalize = (parts: unknown[]): number[] => (parts as number[]).map((x) => x * factor);
    expect(await total({ graph, outputKeys, finalize }).compute({ executor })).toBe(18);
  });
});

it("whose value is that of its one key is read without a task between", async () => {
  const layer = MaterializedLayer.values("parts", [[1, 2]]);
  const graph = new LayeredGraph().withLayer(layer);
  const one = { graph, outputKeys: ["parts/0"], finalize: onlyPart<number[]> };
  const read = Delayed.call((numbers: readonly number[]) => numbers.length, [one]);
  expect(await read.compute()).toBe(2);
  expect([...read.graph.materialize([read.key]).keys()]).toEqual(["parts/0", read.key]);
  // What is made of two parts is not the first of them.
  const two = { graph, outputKeys: ["parts/0", "parts/0"], finalize: onlyPart<number[]> };
  const first = Delayed.call((numbers: readonly number[]) => numbers.length, [two]);
  expect([...first.graph.materialize([first.key]).keys()]).toHaveLength(3);
});
