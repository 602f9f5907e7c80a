import { Bag } from "@millrace/bag";
import { DataFrame, count } from "@millrace/dataframe";
import type { Collection } from "@millrace/graph";
import {
  Delayed,
  LayeredGraph,
  MaterializedLayer,
  annotate,
  optimizeLayers,
} from "@millrace/graph";
import fc from "fast-check";
import { it } from "vitest";

import { shipGraph } from "../../../packages/distributed/src/client/ship.ts";
import { anyValues, bags } from "../../lib/arbitraries/bags.ts";
import { build, dags } from "../../lib/arbitraries/dags.ts";
import { byName, expectSame } from "./shipped-graphs.ts";

/** Ships a collection as a client does, and expects that the graph arrives. */
function expectArrives({ graph, outputKeys }: Collection<unknown>): void {
  const keys = [...new Set(outputKeys)];
  for (const each of [graph, optimizeLayers(graph, keys)]) {
    expectSame(shipGraph(each, {}, new Map()).graph, keys);
  }
}

it("random graphs of single tasks arrive", () => {
  fc.assert(
    fc.property(dags, (dag) => {
      const { graph } = build(dag);
      const layer = new MaterializedLayer("tasks", graph);
      const shipped = new LayeredGraph().withLayer(layer).replace(byName());
      expectSame(shipped, [...new Set(dag.wanted)]);
    }),
  );
});

type Verb = (bag: Bag<unknown>) => Bag<unknown>;

const verbs: readonly Verb[] = [
  (bag) => bag.map((x) => [x]),
  (bag) => bag.filter((x) => x !== null),
  (bag) => bag.repartition({ npartitions: 5 }),
  (bag) => bag.distinct(),
  (bag) => bag.frequencies({ splitEvery: 2 }),
  (bag) => bag.topk(3, (x) => String(x).length),
  (bag) => annotate({ retries: 2, resources: { gpu: 1 } }, () => bag.map((x) => x)),
  (bag) => annotate({ priority: 3 }, () => Bag.concat([bag, bag.map((x) => ({ x }))])),
];

it("random pipelines of bags arrive", () => {
  const chain = fc.array(fc.constantFrom(...verbs), { maxLength: 5, size: "max" });
  fc.assert(
    fc.property(bags(anyValues), chain, fc.boolean(), ({ bag }, chosen, counted) => {
      const made = chosen.reduce((each, verb) => verb(each), bag);
      expectArrives((counted ? made.count() : made) as Collection<unknown>);
    }),
    { numRuns: 60 },
  );
});

it("random calls of each other arrive", () => {
  const add = (...parts: unknown[]): unknown => parts.length;
  const calls = fc.array(fc.tuple(anyValues, fc.nat(), fc.nat()), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(calls, (drawn) => {
      const made: Delayed<unknown>[] = [];
      for (const [value, a, b] of drawn) {
        const earlier = [a, b].map((n) => made[n % Math.max(1, made.length)] ?? n);
        made.push(Delayed.call(add, [value, earlier[0], { in: earlier }]));
      }
      expectArrives(made.at(-1) as Collection<unknown>);
    }),
    { numRuns: 60 },
  );
});

it("random queries of frames arrive", () => {
  const rows = fc.array(fc.record({ k: fc.nat({ max: 3 }), n: fc.integer() }), {
    minLength: 1,
    maxLength: 40,
  });
  const cut = fc.nat({ max: 3 });
  fc.assert(
    fc.property(
      rows,
      fc.integer({ min: 1, max: 4 }),
      cut,
      cut,
      (drawn, npartitions, what, than) => {
        const frame = DataFrame.fromRows(drawn, { npartitions }).filter((c) => c.k.gt(than - 1));
        const queries = [
          frame,
          frame.sort("n"),
          frame.groupBy("k").agg((c) => ({ n: count(), total: c.n.sum() })),
          frame.repartition({ npartitions: 3 }),
        ] as readonly unknown[];
        expectArrives(queries[what] as Collection<unknown>);
      },
    ),
    { numRuns: 40 },
  );
});
