import type { BlockInput } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  ShuffleLayer,
  TreeReduceLayer,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";

const list = (...args: unknown[]): unknown[] => args;
const input = { kind: "input", input: 0 } as const;

const message = (make: () => unknown): string => {
  try {
    make();
    return "no error";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("a ShuffleLayer", () => {
  it("takes no memory for its blocks before they are asked for", () => {
    const call = { fn: list };
    const count = 2 ** 30;
    const layer = new ShuffleLayer("l", {
      input: "in",
      count,
      npartitions: 1,
      split: call,
      join: call,
    });
    expect(layer.size).toBe(count + 2);
  });

  const shuffled = (pieces: unknown): LayeredGraph =>
    new LayeredGraph().withLayer(MaterializedLayer.values("data", [[1, 2, 3]])).withLayer(
      new ShuffleLayer("dealt", {
        input: "data",
        count: 1,
        npartitions: 2,
        split: { fn: () => pieces },
        join: { fn: (all: unknown[][]) => all.flat() },
      }),
    );

  it.each([[[[1], [2], [3]]], [[[1]]], ["ab"], [undefined]])(
    "refuses what is not as many pieces as npartitions: %j",
    async (pieces) => {
      for (const optimize of [true, false]) {
        const run = shuffled(pieces).compute(["dealt/0", "dealt/1"], { optimize });
        await expect(run).rejects.toMatchObject({ code: "graph/nout" });
      }
    },
  );

  it("says how many there were", async () => {
    await expect(
      shuffled([[1], [2], [3]]).compute("dealt/0"),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: ShuffleLayer: split does not give as many pieces as npartitions says, got an array of 3, wanted an array or a Cut of 2. Correct split, or npartitions.]`,
    );
    expect(await shuffled([[1], [2]]).compute(["dealt/0", "dealt/1"])).toEqual([[1], [2]]);
  });
});

describe("a BlockwiseLayer", () => {
  const make = (more: object): BlockwiseLayer =>
    new BlockwiseLayer("b", {
      count: 3,
      inputs: [{ kind: "index" }],
      steps: [{ fn: list, args: [input] }],
      ...more,
    });
  const over = (start: object, count = 3): (() => unknown) => {
    const inputs = [{ kind: "blocks", layer: "a", start }];
    return () => make({ count, inputs });
  };

  it("refuses ranges of blocks whose start falls", () => {
    expect(message(over({ times: 2, modulo: 6 }))).toMatchInlineSnapshot(
      `"BlockwiseLayer: the start of a range of blocks falls, got "{\\"times\\":2,\\"modulo\\":6}", wanted an index map that never gives less for the next block."`,
    );
    for (const start of [
      { times: -1, plus: 9 },
      { plus: 5, modulo: 6 },
      { times: 7, over: 2, modulo: 5 },
    ]) {
      expect(message(over(start))).toContain("the start of a range of blocks falls");
    }
    for (const start of [
      { times: 2, modulo: 7 },
      { times: 0, plus: 5, modulo: 4 },
      { times: 10, over: 3 },
    ]) {
      expect(message(over(start))).toBe("no error");
    }
    expect(message(over({ times: 2, modulo: 6 }, 2))).toBe("no error");
    expect(message(over({ times: -1 }, 0))).toBe("no error");
  });

  it("refuses inputs and steps that make no sense", () => {
    expect(message(() => make({ inputs: undefined }))).toMatchInlineSnapshot(
      `"BlockwiseLayer: bad inputs, got undefined, wanted an array of inputs."`,
    );
    expect(message(() => make({ inputs: [{ kind: "blok", layer: "a" }] }))).toMatchInlineSnapshot(
      `"BlockwiseLayer: input 0 is of no kind, got an object, wanted one whose kind is "block", "blocks", "key", "index", "values"."`,
    );
    expect(message(() => make({ inputs: [undefined] }))).toContain("input 0 is of no kind");
    expect(message(() => make({ inputs: [{ kind: "block" }] }))).toContain("bad name of a layer");
    expect(message(() => make({ inputs: [{ kind: "key", key: 1 }] }))).toContain(
      "must be a string",
    );
    expect(message(() => make({ inputs: [{ kind: "values" }] }))).toContain(
      "wrong number of values",
    );
    expect(message(() => make({ steps: undefined }))).toContain("bad steps");
    expect(message(() => make({ steps: [{ fn: 5, args: [] }] }))).toMatchInlineSnapshot(
      `"BlockwiseLayer: step 0 calls no function, got 5, wanted a function as fn."`,
    );
    expect(message(() => make({ steps: [{ fn: list }] }))).toMatchInlineSnapshot(
      `"BlockwiseLayer: step 0 has no arguments, got undefined, wanted an array as args."`,
    );
    for (const n of [-1, 1, 0.5, "0"]) {
      const args = [{ kind: "input", input: n }];
      expect(message(() => make({ steps: [{ fn: list, args }] }))).toContain(
        "step 0 has a bad argument",
      );
    }
    const later = [{ fn: list, args: [{ kind: "step", step: -1 }] }];
    expect(message(() => make({ steps: later }))).toContain("bad argument");
  });

  it("does not change with what it was made of", async () => {
    const values = [1, 2, 3];
    const inputs: BlockInput[] = [{ kind: "values", values }];
    const steps = [{ fn: list, args: [input] }];
    const layer = make({ inputs, steps });
    inputs[0] = { kind: "index" };
    values[0] = 9;
    steps[0] = { fn: () => ["other"], args: [input] };
    expect(await new LayeredGraph().withLayer(layer).compute("b/0")).toEqual([1]);
  });
});

describe("an option of a layer that does not exist", () => {
  const call = { fn: list };
  it.each([
    [
      "BlockwiseLayer",
      () =>
        new BlockwiseLayer("l", {
          count: 0,
          inputs: [],
          steps: [{ fn: list, args: [] }],
          counts: 1,
        } as never),
    ],
    [
      "TreeReduceLayer",
      () => new TreeReduceLayer("l", { input: "x", count: 0, combine: call, split: 2 } as never),
    ],
    [
      "ShuffleLayer",
      () =>
        new ShuffleLayer("l", {
          input: "x",
          count: 0,
          npartitions: 1,
          split: call,
          join: call,
          n: 1,
        } as never),
    ],
    ["MaterializedLayer", () => new MaterializedLayer("l", {}, { tokens: "t" } as never)],
  ])("is refused by %s with those that do", (name, make) => {
    expect(message(make)).toMatch(
      new RegExp(`^${name}: no such option, got "\\w+", wanted one of .*token`),
    );
  });

  it("is refused in an index map", () => {
    const index = { time: 2 } as never;
    expect(
      () =>
        new BlockwiseLayer("l", {
          count: 1,
          inputs: [{ kind: "block", layer: "x", index }],
          steps: [{ fn: list, args: [input] }],
        }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: BlockwiseLayer: an index map: no such option, got "time", wanted one of times, plus, over, modulo.]`,
    );
  });

  it("and a layer to read that has no name, are refused", () => {
    expect(() => new TreeReduceLayer("l", { input: 1 as never, count: 0, combine: call })).toThrow(
      "bad name of a layer to read, got 1",
    );
  });
});
