import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  blockInput,
  blockKeys,
  blockStep,
  blocksOf,
  layerOfKeys,
  lowerGraph,
  optimizeLayers,
  ref,
  task,
} from "@millrace/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const inc = (x: number): number => x + 1;

/** Blocks, blocks of these, and tasks by name that read some. */
function graphOf(count: number): LayeredGraph {
  const numbers = new BlockwiseLayer("numbers", {
    count,
    inputs: [{ kind: "index" }],
    steps: [blockStep(inc, blockInput(0))],
  });
  const more = new BlockwiseLayer("more", {
    count,
    inputs: [{ kind: "block", layer: "numbers" }],
    steps: [blockStep(inc, blockInput(0))],
  });
  const named = new MaterializedLayer("named", [["last", task(inc, [ref(`more/${count - 1}`)])]]);
  return new LayeredGraph().withLayer(numbers).withLayer(more).withLayer(named);
}

const asked = fc
  .record({
    count: fc.integer({ min: 1, max: 2_000 }),
    layer: fc.constantFrom("numbers", "more"),
    ends: fc.tuple(fc.double({ min: 0, max: 1 }), fc.double({ min: 0, max: 1 })),
    optimize: fc.boolean(),
  })
  .map(({ ends, ...rest }) => {
    const [start = 0, end = 0] = ends
      .map((share) => Math.round((share || 0) * rest.count))
      .toSorted((a, b) => a - b);
    return { ...rest, start, end };
  });

describe("keys of which is known whose blocks they are", () => {
  it("mean the same as others", async () => {
    await fc.assert(
      fc.asyncProperty(asked, async ({ count, layer, start, end, optimize }) => {
        const graph = graphOf(count);
        const keys = blockKeys(layer, start, end);
        const others = [...keys];
        expect(blocksOf(keys)).toEqual({ layer, start, end });
        expect(blocksOf(others)).toBeUndefined();
        const names = (some: readonly string[]): string[] => [
          ...optimizeLayers(graph, some).layers.keys(),
        ];
        expect(names(keys)).toEqual(names(others));
        const [one, other] = [keys, others].map((some) => lowerGraph(graph, some, optimize));
        expect(one?.wanted).toEqual(other?.wanted);
        expect(one?.core.size).toBe(other?.core.size);
        expect(await graph.compute(keys, { optimize })).toEqual(
          Array.from({ length: end - start }, (_, i) => start + i + (layer === "more" ? 2 : 1)),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("are looked for where the graph has no such blocks", () => {
    const graph = graphOf(3);
    for (const keys of [blockKeys("numbers", 0, 4), blockKeys("none", 0, 1)]) {
      const known = (): unknown => optimizeLayers(graph, keys);
      const other = (): unknown => optimizeLayers(graph, [...keys]);
      expect(known).toThrow(expect.objectContaining({ code: "graph/missing-key" }));
      expect(messageOf(known)).toBe(messageOf(other));
    }
    const tasks = graph.materialize();
    const named = new LayeredGraph().withLayer(new MaterializedLayer("numbers", tasks));
    expect(named.materialize(blockKeys("numbers", 0, 3)).keys()).toEqual([
      "numbers/0",
      "numbers/1",
      "numbers/2",
    ]);
  });

  it("stay what they are", () => {
    const keys = blockKeys("numbers", 0, 2) as string[];
    expect(() => keys.push("numbers/7")).toThrow(TypeError);
    expect(layerOfKeys(keys)).toBe("numbers");
    expect(layerOfKeys(blockKeys("numbers", 1, 2))).toBeUndefined();
  });
});

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
