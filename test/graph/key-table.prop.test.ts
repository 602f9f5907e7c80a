import type { Layer } from "@millrace/graph";
import {
  BlockwiseLayer,
  LayeredGraph,
  MaterializedLayer,
  compareKeys,
  cull,
  order,
  task,
} from "@millrace/graph";
import fc from "fast-check";
import { expect, it } from "vitest";

const one = (): number => 1;
const text = fc
  .array(fc.constantFrom("a", "b", "/", "!", "0", "5", "10", "-"), { maxLength: 5, size: "max" })
  .map((parts) => parts.join(""));
const key = text.filter((each) => each !== "");
const name = fc.constantFrom("a", "b", "a!", "a5", "ab", "b10");
const slashed = fc.constantFrom("a/5", "a/!", "a/5/b", "b/", "a");

const layer: fc.Arbitrary<Layer> = fc.oneof(
  fc
    .tuple(name, fc.nat(12))
    .map(
      ([layerName, count]) =>
        new BlockwiseLayer(layerName, { count, inputs: [], steps: [{ fn: one, args: [] }] }),
    ),
  fc
    .tuple(slashed, fc.array(fc.constant(1), { maxLength: 11, size: "max" }))
    .map(([layerName, values]) => MaterializedLayer.values(layerName, values)),
  fc
    .tuple(
      text,
      fc.array(
        fc.oneof(
          key,
          text.map((end) => `a/${end}`),
        ),
        { maxLength: 8, size: "max" },
      ),
    )
    .map(([layerName, keys]) => {
      const entries = [...new Set(keys)].map((key): [string, unknown] => [key, task(one, [])]);
      return new MaterializedLayer(`${layerName}x`, entries);
    }),
);

/** As many of the layers as can stand in one graph. */
const graphs = fc.array(layer, { maxLength: 8, size: "max" }).map((layers) => {
  let graph = new LayeredGraph();
  for (const each of layers) {
    if (graph.layers.has(each.name)) continue;
    const more = graph.withLayer(each);
    try {
      more.materialize();
      graph = more;
    } catch {
      // Two tasks of one key.
    }
  }
  return graph;
});

it("tasks that need nothing are ordered by their keys, of whatever layers", () => {
  fc.assert(
    fc.property(
      graphs,
      fc.uniqueArray(fc.nat(40), { maxLength: 40, size: "max" }),
      (graph, picks) => {
        const all = graph.materialize();
        const sorted = (keys: readonly string[]): Map<string, number> =>
          new Map(keys.toSorted(compareKeys).map((key, i) => [key, i]));
        expect(order(all)).toEqual(sorted(all.keys()));
        const some = [...new Set(all.keys().filter((_, i) => picks.includes(i)))];
        expect(order(graph.materialize(some))).toEqual(sorted(some));
        expect(order(cull(all, some))).toEqual(sorted(some));
      },
    ),
    { numRuns: 500 },
  );
});

it("keys of a part of a graph are found by their place in it", () => {
  fc.assert(
    fc.property(
      graphs,
      fc.uniqueArray(fc.nat(40), { maxLength: 40, size: "max" }),
      (graph, picks) => {
        const all = graph.materialize();
        const some = all.keys().filter((_, i) => picks.includes(i));
        for (const part of [all, cull(all, some), cull(cull(all, some), some.slice(1))]) {
          const keys = part.keys();
          expect(keys.map((key) => part.indexOf(key))).toEqual(keys.map((_, i) => i));
          for (const key of all.keys()) expect(part.has(key)).toBe(keys.includes(key));
          expect(part.has("a/99")).toBe(false);
        }
      },
    ),
    { numRuns: 200 },
  );
});
