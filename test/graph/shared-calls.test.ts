import { Delayed, LayeredGraph, MaterializedLayer, compute, ref, task } from "@millrace/graph";
import { expect, it } from "vitest";

it("values that share a call are computed in one run, whichever layer has the call", async () => {
  let calls = 0;
  const shared = Delayed.call(() => ++calls, []);
  const double = Delayed.call((x: number) => x * 2, [shared]);
  const triple = Delayed.call((x: number) => x * 3, [shared]);
  expect(await compute([triple, double])).toEqual([3, 2]);
  expect(calls).toBe(1);
});

it("keys of a part of a layer are ranked by that part alone", async () => {
  const inc = (x: number): number => x + 1;
  const layer = new MaterializedLayer("many", {
    z: 1,
    b: task(inc, [ref("z")]),
    a: task(inc, [ref("z")]),
    unused: 5,
  });
  const other = new MaterializedLayer("other", { c: task(inc, [ref("a")]) });
  const graph = new LayeredGraph().withLayer(layer).withLayer(other);
  expect(await graph.compute(["c", "b"], { optimize: false })).toEqual([3, 2]);
});
