import type { BlockInput, Key, Layer } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  ShuffleLayer,
  TreeReduceLayer,
  optimizeLayers,
} from "@millrace/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** How a drawn layer reads the earlier layers; numbers pick one of them. */
interface Drawn {
  readonly kind: "map" | "zip" | "turn" | "broadcast" | "pairs" | "tree" | "shuffle" | "values";
  readonly from: readonly number[];
  readonly priority: number | undefined;
  readonly isAsync: boolean;
}

const drawnLayers = fc.array(
  fc.record<Drawn>({
    kind: fc.constantFrom(
      "map",
      "map",
      "map",
      "zip",
      "turn",
      "broadcast",
      "pairs",
      "tree",
      "shuffle",
      "values",
    ),
    from: fc.tuple(fc.nat({ max: 3 }), fc.nat()),
    priority: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
    isAsync: fc.boolean(),
  }),
  { minLength: 1, maxLength: 14, size: "max" },
);
const asked = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 5, size: "max" });

interface Built {
  readonly graph: LayeredGraph;
  readonly keys: readonly Key[];
  readonly runs: Map<string, number>;
}

function build(
  drawn: readonly Drawn[],
  picks: readonly (readonly [number, number])[],
  count: number,
): Built {
  const runs = new Map<string, number>();
  const layers: { layer: Layer; blocks: number }[] = [];
  const first = MaterializedLayer.blocks(
    "l0",
    Array.from({ length: count }, (_, i) => `v${i}`),
  );
  layers.push({ layer: first, blocks: count });
  drawn.forEach((each, n) => layers.push(layerOf(each, `l${n + 1}`, layers, count, runs)));
  const graph = layers.reduce((all, { layer }) => all.withLayer(layer), new LayeredGraph());
  const keys = picks.map(([l, block]) => {
    const { layer, blocks } = layers[layers.length - 1 - (l % layers.length)] as (typeof layers)[0];
    return `${layer.name}/${block % blocks}`;
  });
  return { graph, keys, runs };
}

function layerOf(
  { kind, from, priority, isAsync }: Drawn,
  name: string,
  earlier: readonly { layer: Layer; blocks: number }[],
  count: number,
  runs: Map<string, number>,
): { layer: Layer; blocks: number } {
  const options = priority === undefined ? {} : { annotations: { priority } };
  const log = (id: string, args: readonly unknown[]): unknown => {
    const call = `${name} ${id} ${JSON.stringify(args)}`;
    runs.set(call, (runs.get(call) ?? 0) + 1);
    const text = `${name}(${JSON.stringify(args).length}:${hash(call)})`;
    return isAsync ? Promise.resolve(text) : text;
  };
  const work = (index: number, ...args: unknown[]): unknown => log(String(index), args);
  const [near = 0, far = 0] = from;
  const full = earlier.filter(({ blocks }) => blocks === count);
  const one = full[Math.max(0, full.length - 1 - near)] as (typeof full)[0];
  const two = full[far % full.length] as (typeof full)[0];
  const blockwise = (...inputs: BlockInput[]): { layer: Layer; blocks: number } => {
    const args = [{ kind: "index" } as const, ...inputs];
    const steps = [{ fn: work, args: args.map((_, input) => ({ kind: "input", input }) as const) }];
    return {
      layer: new BlockwiseLayer(name, { count, inputs: args, steps, ...options }),
      blocks: count,
    };
  };
  const block = (layer: Layer): BlockInput => ({ kind: "block", layer: layer.name });
  switch (kind) {
    case "map":
      return blockwise(block(one.layer));
    case "zip":
      return blockwise(block(one.layer), block(two.layer), block(one.layer));
    case "turn":
      return blockwise({ ...block(one.layer), index: { plus: 1, modulo: count } } as BlockInput);
    case "broadcast":
      return blockwise(block(one.layer), { kind: "key", key: `${two.layer.name}/${far % count}` });
    case "pairs":
      return blockwise({ kind: "blocks", layer: one.layer.name, start: {} }, block(two.layer));
    case "values":
      return blockwise(block(one.layer), {
        kind: "values",
        values: Array.from({ length: count }, (_, i) => i),
      });
    case "tree": {
      const combine = { fn: (parts: unknown[]) => log("combine", parts) };
      const layer = new TreeReduceLayer(name, {
        input: one.layer.name,
        count,
        splitEvery: 2,
        combine,
        ...options,
      });
      return { layer, blocks: 1 };
    }
    case "shuffle": {
      const split = {
        fn: (value: unknown, n: number) =>
          Array.from({ length: n }, (_, j) => `${value as string}.${j}`),
      };
      const join = { fn: (pieces: unknown[]) => log("join", pieces) };
      const more = { input: one.layer.name, count, npartitions: count, split, join, ...options };
      return { layer: new ShuffleLayer(name, more), blocks: count };
    }
  }
}

function hash(text: string): number {
  let h = 7;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) | 0;
  return h >>> 0;
}

const numRuns = 100;

describe("optimizeLayers of any layers", () => {
  it("keeps the values of requested blocks and runs no block twice", async () => {
    await fc.assert(
      fc.asyncProperty(
        drawnLayers,
        asked,
        fc.integer({ min: 1, max: 5 }),
        async (drawn, picks, count) => {
          const { graph, keys, runs } = build(drawn, picks, count);
          const plain = await graph.compute(keys, { optimize: false });
          const plainRuns = new Map(runs);
          for (const optimize of [false, true]) {
            runs.clear();
            expect(await optimizeLayers(graph, keys).compute(keys, { optimize })).toEqual(plain);
            expect(runs).toEqual(plainRuns);
          }
        },
      ),
      { numRuns },
    );
  });

  it("leaves nothing to do the second time, and never more layers or tasks", () => {
    fc.assert(
      fc.property(drawnLayers, asked, fc.integer({ min: 1, max: 5 }), (drawn, picks, count) => {
        const { graph, keys } = build(drawn, picks, count);
        const once = optimizeLayers(graph, keys);
        const twice = optimizeLayers(once, keys);
        expect([...twice.layers.values()]).toEqual([...once.layers.values()]);
        expect(once.size).toBeLessThanOrEqual(graph.size);
      }),
      { numRuns },
    );
  });

  it("loses no priority", () => {
    fc.assert(
      fc.property(drawnLayers, asked, fc.integer({ min: 1, max: 5 }), (drawn, picks, count) => {
        const { graph, keys } = build(drawn, picks, count);
        const after = optimizeLayers(graph, keys);
        for (const layer of after.layers.values()) {
          const before = graph.layers.get(layer.name)?.annotations?.priority ?? 0;
          expect(layer.annotations?.priority ?? 0).toBeGreaterThanOrEqual(before);
        }
      }),
      { numRuns },
    );
  });
});

const text = (...args: unknown[]): string => args.join("+");
const reader = (name: string, ...inputs: BlockInput[]): BlockwiseLayer =>
  new BlockwiseLayer(name, {
    count: 3,
    inputs,
    steps: [{ fn: text, args: inputs.map((_, input) => ({ kind: "input", input })) }],
  });

it("a layer of which one reader wants blocks and a single key stays", async () => {
  const graph = new LayeredGraph()
    .withLayer(reader("a", { kind: "index" }))
    .withLayer(reader("b", { kind: "block", layer: "a" }, { kind: "key", key: "a/2" }));
  expect([...optimizeLayers(graph, ["b/1"]).layers.keys()]).toEqual(["a", "b"]);
  const graphs = optimizeLayers(graph, ["b/1"]);
  expect(await graphs.compute("b/1")).toBe("1+2");
});

it("layers that meet again are one, once nobody else reads what they share", async () => {
  const graph = new LayeredGraph()
    .withLayer(reader("a", { kind: "index" }))
    .withLayer(reader("b", { kind: "block", layer: "a" }))
    .withLayer(reader("c", { kind: "block", layer: "a" }, { kind: "block", layer: "b" }));
  const fused = optimizeLayers(graph, ["c/1"]);
  expect([...fused.layers.keys()]).toEqual(["c"]);
  expect(await fused.compute("c/1")).toBe("1+1");
});

it("a chain of 500 layers becomes one", async () => {
  let graph = new LayeredGraph().withLayer(reader("l0", { kind: "index" }));
  for (let i = 1; i < 500; i++) {
    graph = graph.withLayer(reader(`l${i}`, { kind: "block", layer: `l${i - 1}` }));
  }
  const fused = optimizeLayers(graph, ["l499/2"]);
  expect(fused.layers.size).toBe(1);
  expect(await fused.compute("l499/2")).toBe("2");
});
