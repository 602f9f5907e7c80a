import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Collection, Executor, Key } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  LayeredGraph,
  MaterializedLayer,
  compute,
  createInlineExecutor,
  optimize,
  persist,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";

/** A collection that the package does not know: numbers in partitions. */
class Numbers implements Collection<number[]> {
  readonly graph: LayeredGraph;
  readonly outputKeys: readonly Key[];

  constructor(graph: LayeredGraph, outputKeys: readonly Key[]) {
    this.graph = graph;
    this.outputKeys = outputKeys;
  }

  static of(name: string, parts: number[][]): Numbers {
    const layer = MaterializedLayer.values(name, parts);
    return new Numbers(new LayeredGraph().withLayer(layer), keysOf(name, parts.length));
  }

  map(name: string, f: (x: number) => number): Numbers {
    const [first = ""] = this.outputKeys;
    const layer = new BlockwiseLayer(name, {
      count: this.outputKeys.length,
      inputs: [{ kind: "block", layer: first.slice(0, first.lastIndexOf("/")) }],
      steps: [
        { fn: (part: number[]) => part.map((x) => f(x)), args: [{ kind: "input", input: 0 }] },
      ],
    });
    return new Numbers(this.graph.withLayer(layer), keysOf(name, this.outputKeys.length));
  }

  async finalize(parts: unknown[]): Promise<number[]> {
    return (parts as number[][]).flat();
  }

  withGraph(graph: LayeredGraph, outputKeys: readonly Key[]): Numbers {
    return new Numbers(graph, outputKeys);
  }
}

function keysOf(name: string, count: number): Key[] {
  return Array.from({ length: count }, (_, i) => `${name}/${i}`);
}

const counted = (): { f: (x: number) => number; calls: () => number } => {
  let calls = 0;
  return { f: (x) => (calls++, x * 10), calls: () => calls };
};

describe("compute", () => {
  it("runs a collection of your own", async () => {
    expect(await compute(Numbers.of("n", [[1, 2], [], [3]]).map("m", (x) => x + 1))).toEqual([
      2, 3, 4,
    ]);
    expect(await compute(Numbers.of("none", []))).toEqual([]);
  });

  it("of several gives their values in order, what they share runs once", async () => {
    const { f, calls } = counted();
    const base = Numbers.of("n", [[1], [2]]).map("m", f);
    const all = [base, base.map("a", (x) => x + 1), Delayed.value("text"), base] as const;
    expect(await compute(all)).toEqual([[10, 20], [11, 21], "text", [10, 20]]);
    expect(calls()).toBe(2);
    expect(await compute([])).toEqual([]);
  });

  it("with optimize: false runs the graph as it was built", async () => {
    const keys: string[][] = [];
    const inline = createInlineExecutor();
    const executor: Executor = {
      ...inline,
      name: "spy",
      run: (graph, wanted, options) => {
        keys.push(graph.materialize(wanted).keys() as string[]);
        return inline.run(graph, wanted, options);
      },
    };
    const chain = Numbers.of("n", [[1]])
      .map("a", (x) => x + 1)
      .map("b", (x) => x * 2);
    expect(await compute(chain, { executor, optimize: false })).toEqual([4]);
    expect(await compute(chain, { executor })).toEqual([4]);
    expect(keys).toEqual([
      ["n/0", "a/0", "b/0"],
      ["n/0", "b/0"],
    ]);
  });

  it("refuses what is not lazy", async () => {
    await expect(compute(1 as never)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: compute: nothing lazy, got 1, wanted a collection or an array of collections.]`,
    );
    await expect(
      compute([Delayed.value(1), {}] as never),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: compute: entry 1 is not lazy, got an object, wanted a collection.]`,
    );
    await expect(compute(undefined as never)).rejects.toThrow("nothing lazy");
  });

  it("passes on what finalize throws, and leaves no rejection behind", async () => {
    const failing = (error: Error, later: boolean): Collection<never> => ({
      graph: new LayeredGraph(),
      outputKeys: [],
      finalize: () => {
        if (later) return Promise.reject(error);
        throw error;
      },
    });
    const run = compute([failing(new Error("one"), true), failing(new Error("two"), false)]);
    await expect(run).rejects.toThrow(/one|two/);
  });
});

describe("persist", () => {
  it("gives the same kind of collection, which runs nothing again", async () => {
    const { f, calls } = counted();
    const kept = await persist(Numbers.of("n", [[1], [2]]).map("m", f));
    expect(kept).toBeInstanceOf(Numbers);
    expect(await compute(kept.map("more", (x) => x + 1))).toEqual([11, 21]);
    expect(await compute(kept)).toEqual([10, 20]);
    expect(calls()).toBe(2);
    expect(kept.graph.size).toBe(2);
  });

  it("of several runs what they share once", async () => {
    const { f, calls } = counted();
    const base = Numbers.of("n", [[1]]).map("m", f);
    const [one, two] = await persist([base, base.map("a", (x) => x + 1)]);
    expect([await compute(one), await compute(two), calls()]).toEqual([[10], [11], 1]);
    expect(await compute([one, two])).toEqual([[10], [11]]);
  });

  it("keeps the values of each collection apart, so that one may go before the other", () => {
    const fixture = fileURLToPath(new URL("./fixtures/persisted-values-go.mjs", import.meta.url));
    const printed = execFileSync(process.execPath, ["--expose-gc", fixture], { encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual({ big: "gone", small: [1] });
  });

  it("lets an executor keep the values itself", async () => {
    const asked: Key[][] = [];
    const executor: Executor = {
      ...createInlineExecutor(),
      name: "keeper",
      persist: async (_, keys) => {
        asked.push([...keys]);
        const layer = MaterializedLayer.values("held", [[7]]);
        return { graph: new LayeredGraph().withLayer(layer), keys: ["held/0"] };
      },
    };
    const kept = await persist(Numbers.of("n", [[1]]), { executor });
    expect(await compute(kept)).toEqual([7]);
    expect(asked).toEqual([["n/0"]]);
  });
});

describe("optimize", () => {
  it("gives the same collection on fewer layers, with the same value", async () => {
    const chain = Numbers.of("n", [[1], [2]])
      .map("a", (x) => x + 1)
      .map("b", (x) => x * 2);
    const better = optimize(chain);
    expect(better).toBeInstanceOf(Numbers);
    expect([...better.graph.layers.keys()]).toEqual(["n", "b"]);
    expect(await compute(better)).toEqual([4, 6]);
    expect(optimize(better).graph.size).toBe(better.graph.size);
  });

  it("can be computed together with what it was made of", async () => {
    const chain = Numbers.of("n", [[1]])
      .map("a", (x) => x + 1)
      .map("b", (x) => x * 2);
    const better = optimize(chain);
    expect(await compute([better.map("c", (x) => -x), chain.map("d", (x) => x + 0.5)])).toEqual([
      [-4],
      [4.5],
    ]);
  });
});

describe("collections that make their graphs for each other", () => {
  /** A number of times a number, which is worked out once for all that run together. */
  class Multiple implements Collection<number> {
    readonly factor: number;
    readonly once: LayeredGraph | undefined;

    constructor(factor: number, once?: LayeredGraph) {
      this.factor = factor;
      this.once = once;
    }

    get graph(): LayeredGraph {
      const { factor, once } = this;
      const [name, base] = [`multiple-${factor}`, once ?? ownGraph(`own-${factor}`)];
      const layer = new BlockwiseLayer(name, {
        count: 1,
        inputs: [{ kind: "block", layer: once === undefined ? `own-${factor}` : "one" }],
        steps: [{ fn: (x: number) => x * factor, args: [{ kind: "input", input: 0 }] }],
      });
      return base.withLayer(layer);
    }

    get outputKeys(): readonly Key[] {
      return [`multiple-${this.factor}/0`];
    }

    finalize(parts: unknown[]): number {
      return parts[0] as number;
    }

    optimizeTogether(all: readonly Multiple[]): readonly Collection<unknown>[] {
      groups.push(all.map(({ factor }) => factor));
      const once = ownGraph("one");
      return all.map(({ factor }) => new Multiple(factor, once));
    }
  }

  const groups: number[][] = [];
  let calls = 0;
  function ownGraph(name: string): LayeredGraph {
    const layer = new BlockwiseLayer(name, {
      count: 1,
      inputs: [],
      steps: [{ fn: () => (calls++, 7), args: [] }],
    });
    return new LayeredGraph().withLayer(layer);
  }

  it("compute and persist ask those of one class, whatever stands between them", async () => {
    const other = Delayed.value("other");
    const all = [new Multiple(2), other, new Multiple(3)] as const;
    expect(await compute(all)).toEqual([14, "other", 21]);
    expect([calls, groups]).toEqual([1, [[2, 3]]]);
    const held = await persist(all);
    expect([calls, groups.length]).toEqual([2, 2]);
    expect(await compute(held)).toEqual([14, "other", 21]);
    expect(calls).toBe(2);
  });

  it("one by itself is not asked, and none is when nothing is to be optimized", async () => {
    const before = groups.length;
    calls = 0;
    expect(await compute([new Multiple(2), Delayed.value(1)])).toEqual([14, 1]);
    expect(await compute([new Multiple(2), new Multiple(3)], { optimize: false })).toEqual([
      14, 21,
    ]);
    expect([calls, groups.length]).toEqual([3, before]);
  });

  it("an answer that is not one collection for each is told", async () => {
    class Wrong extends Multiple {
      override optimizeTogether(): readonly Collection<unknown>[] {
        return [this];
      }
    }
    await expect(compute([new Wrong(2), new Wrong(3)])).rejects.toThrowErrorMatchingInlineSnapshot(
      `[GraphError: compute: optimizeTogether gave other collections, got an array of 1, wanted an array of 2.]`,
    );
  });
});
