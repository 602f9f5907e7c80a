import type { Annotations, BlockInput, Layer } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  compute,
  optimize,
  optimizeLayers,
  ref,
  task,
} from "@millrace/graph";
import { describe, expect, it } from "vitest";

const text = (...args: unknown[]): string => args.join("+");
const reader = (
  name: string,
  inputs: readonly BlockInput[],
  annotations?: Annotations,
): BlockwiseLayer =>
  new BlockwiseLayer(name, {
    count: 2,
    inputs,
    steps: [{ fn: text, args: inputs.map((_, input) => ({ kind: "input", input })) }],
    annotations,
  });
const block = (layer: string): BlockInput => ({ kind: "block", layer });
const graphOf = (...layers: readonly Layer[]): LayeredGraph =>
  layers.reduce((graph, layer) => graph.withLayer(layer), new LayeredGraph());
const names = (graph: LayeredGraph): string[] => [...graph.layers.keys()];

describe("layers on a circle", () => {
  const circle = graphOf(
    reader("a", [block("b")]),
    reader("b", [block("a")]),
    reader("c", [block("b")]),
    reader("d", [block("c")]),
  );

  it("are not joined, so that the error names them all", async () => {
    for (const optimized of [true, false]) {
      const error: unknown = await compute(
        { graph: circle, outputKeys: ["d/0"], finalize: (parts) => parts },
        { optimize: optimized },
      ).catch((thrown: unknown) => thrown);
      const { code, cycle } = error as { code: string; cycle: readonly string[] };
      expect(code).toBe("graph/cycle");
      expect([...new Set(cycle)].toSorted()).toEqual(["a/0", "b/0"]);
    }
    expect(names(optimizeLayers(circle, ["d/0"]))).toEqual(["a", "b", "c", "d"]);
  });

  it("of one layer are told too", async () => {
    const own = graphOf(reader("a", [block("a")]));
    const asked = { graph: own, outputKeys: ["a/0"], finalize: (parts: unknown[]) => parts };
    await expect(compute(asked)).rejects.toMatchObject({ cycle: ["a/0", "a/0"] });
  });
});

describe("annotations of layers that could be one", () => {
  const chain = (a?: Annotations, b?: Annotations): LayeredGraph =>
    graphOf(reader("a", [{ kind: "index" }], a), reader("b", [block("a")], b));
  const joined = (
    a: Annotations | undefined,
    b: Annotations | undefined,
    defaults?: { priority: number; retries: number; timeoutMs?: number },
  ): unknown => {
    const { layers } = optimizeLayers(chain(a, b), ["b/0"], defaults);
    return layers.size === 1 ? (layers.get("b")?.annotations ?? {}) : "apart";
  };

  it("of which only one says something stay apart where the run is not known", () => {
    expect(joined({ retries: 2 }, undefined)).toBe("apart");
    expect(joined(undefined, { priority: -1 })).toBe("apart");
    expect(joined({ retries: 2, priority: 1 }, { retries: 0 })).toBe("apart");
    expect(joined({ retries: 2 }, { retries: 0 })).toEqual({ retries: 2 });
    expect(joined(undefined, undefined)).toEqual({});
  });

  it("of which the time is limited stay apart, unless by the same limit", () => {
    const run = { priority: 0, retries: 0, timeoutMs: 5 };
    expect(joined({ timeoutMs: 5 }, { timeoutMs: 6 }, run)).toBe("apart");
    expect(joined({ timeoutMs: 6 }, undefined, run)).toBe("apart");
    expect(joined({ timeoutMs: 5 }, undefined, { priority: 0, retries: 0 })).toBe("apart");
    expect(joined({ timeoutMs: 5 }, undefined)).toBe("apart");
    expect(joined({ timeoutMs: 6 }, { timeoutMs: 6 }, run)).toEqual({ timeoutMs: 6 });
    expect(joined({ timeoutMs: 5, retries: 1 }, undefined, run)).toEqual({
      timeoutMs: 5,
      retries: 1,
    });
  });

  it("count as the run's where they say nothing", () => {
    const run = { priority: 3, retries: 1 };
    expect(joined({ retries: 2 }, undefined, run)).toEqual({ retries: 2 });
    expect(joined({ retries: 0 }, undefined, run)).toEqual({ retries: 1 });
    expect(joined({ priority: -5 }, undefined, run)).toEqual({ priority: 3 });
    expect(joined({ priority: 9 }, { retries: 2 }, run)).toEqual({ priority: 9, retries: 2 });
    expect(joined({ workers: ["one"] }, undefined, run)).toBe("apart");
  });

  it("hold in a run as they do without optimization", async () => {
    let failures = 0;
    const flaky = (x: number): number => {
      if (failures-- > 0) throw new Error("again");
      return x;
    };
    const graph = graphOf(
      reader("a", [{ kind: "index" }], { retries: 0 }),
      new BlockwiseLayer("b", {
        count: 2,
        inputs: [block("a")],
        steps: [{ fn: flaky, args: [{ kind: "input", input: 0 }] }],
      }),
    );
    const asked = { graph, outputKeys: ["b/1"], finalize: (parts: unknown[]) => parts };
    for (const collection of [asked, optimize(asked)]) {
      for (const optimized of [true, false]) {
        failures = 3;
        expect(await compute(collection, { retries: 3, optimize: optimized })).toEqual(["1"]);
      }
    }
  });
});

describe("many layers", () => {
  it("in a chain of 20,000 are joined at once", async () => {
    const layers = Array.from({ length: 20_000 }, (_, i) =>
      reader(`l${i}`, [i === 0 ? { kind: "index" } : block(`l${i - 1}`)]),
    );
    const fused = optimizeLayers(graphOf(...layers), ["l19999/1"]);
    expect(names(fused)).toEqual(["l19999"]);
    expect(await fused.compute("l19999/1")).toBe("1");
  });

  it("that one layer reads are joined with it", async () => {
    const layers = Array.from({ length: 1000 }, (_, i) => reader(`l${i}`, [{ kind: "index" }]));
    const last = reader(
      "all",
      layers.map(({ name }) => block(name)),
    );
    const fused = optimizeLayers(graphOf(...layers, last), ["all/1"]);
    expect(names(fused)).toEqual(["all"]);
    expect(await fused.compute("all/1")).toBe(Array.from({ length: 1000 }, () => "1").join("+"));
  });

  it("with keys of their own are found one by one", async () => {
    const layers = Array.from(
      { length: 20_000 },
      (_, i) =>
        new MaterializedLayer(`l${i}`, {
          [`x${i}`]: i === 0 ? 0 : task((x: number) => x + 1, [ref(`x${i - 1}`)]),
        }),
    );
    const graph = optimizeLayers(graphOf(...layers), ["x19999"]);
    expect(graph.layers.size).toBe(20_000);
    expect(await graph.compute("x19999")).toBe(19_999);
  });
});
