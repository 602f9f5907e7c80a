import type { Key, TaskGraph } from "@millrace/graph";
import { cull, fuse, inline, lowerGraph, order } from "@millrace/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Dag } from "../../lib/arbitraries/dags.ts";
import { annotationsOf, build, dags, plainValues } from "../../lib/arbitraries/dags.ts";
import { describeGraph } from "../../lib/describe-task.ts";

interface Pass {
  readonly name: string;
  readonly apply: (graph: TaskGraph, wanted: readonly Key[]) => TaskGraph;
}

const limit = fc.constantFrom(1, 2, 3, 5, Infinity);

/** Copies functions too, but only those that one other task reads, so that each still runs once. */
const inlineOfOneReader = (graph: TaskGraph, wanted: readonly Key[]): TaskGraph =>
  inline(graph, wanted, { only: (key) => graph.dependents(key).length === 1 });

const passes: fc.Arbitrary<Pass> = fc.oneof(
  fc.constant<Pass>({ name: "cull", apply: cull }),
  fc.constant<Pass>({ name: "inline", apply: (graph, wanted) => inline(graph, wanted) }),
  fc.constant<Pass>({ name: "inline of one reader", apply: inlineOfOneReader }),
  fc.record({ maxWidth: limit, maxDepth: limit }).map((limits): Pass => ({
    name: `fuse ${JSON.stringify(limits)}`,
    apply: (graph, wanted) => fuse(graph, wanted, limits),
  })),
);

const allPasses: Pass = {
  name: "cull, inline, fuse",
  apply: (graph, wanted) => fuse(inline(cull(graph, wanted), wanted), wanted, { maxWidth: 3 }),
};

const anyPass = fc.oneof(
  { weight: 4, arbitrary: passes },
  { weight: 1, arbitrary: fc.constant(allPasses) },
);

const runs = { numRuns: 100 };

async function check(dag: Dag, graph: TaskGraph, counted: Map<Key, number>): Promise<void> {
  const values = plainValues(dag);
  counted.clear();
  const got = await graph.compute(dag.wanted, { optimize: false });
  expect(got).toEqual(dag.wanted.map((key) => values.get(key)));
  expect([...counted.values()].every((count) => count === 1)).toBe(true);
}

describe("any optimization of any graph", () => {
  it("keeps every requested value and runs no task twice", async () => {
    await fc.assert(
      fc.asyncProperty(dags, anyPass, async (dag, { apply }) => {
        const built = build(dag);
        await check(dag, apply(built.graph, dag.wanted), built.runs);
      }),
      runs,
    );
  });

  it("keeps the requested keys and lists no key that was not there", () => {
    fc.assert(
      fc.property(dags, anyPass, (dag, { apply }) => {
        const { graph } = build(dag);
        const after = apply(graph, dag.wanted);
        expect(dag.wanted.every((key) => after.has(key))).toBe(true);
        expect(after.keys().every((key) => graph.has(key))).toBe(true);
      }),
      runs,
    );
  });

  it("changes nothing the second time", () => {
    fc.assert(
      fc.property(dags, anyPass, (dag, { name, apply }) => {
        // A copied chain has one reader more or fewer than before, so that choice is made anew.
        fc.pre(name !== "inline of one reader");
        const once = apply(build(dag).graph, dag.wanted);
        expect(describeGraph(apply(once, dag.wanted))).toEqual(describeGraph(once));
      }),
      runs,
    );
  });

  it("does not depend on the order of insertion", () => {
    fc.assert(
      fc.property(dags, anyPass, (dag, { apply }) => {
        const one = apply(build(dag).graph, dag.wanted);
        const other = apply(build(dag, true).graph, dag.wanted);
        expect(describeGraph(other)).toEqual(describeGraph(one));
      }),
      runs,
    );
  });

  it("loses no annotation", () => {
    fc.assert(
      fc.property(dags, anyPass, (dag, { apply }) => {
        const advice = annotationsOf(dag);
        const after = apply(build(dag).graph, dag.wanted);
        for (const key of after.keys()) {
          const { steps, annotations: got } = after.get(key);
          for (const { fn, args } of steps) {
            if (fn.name === "identity") continue;
            if (args[0]?.kind !== "literal" || !advice.has(args[0].value as Key)) continue;
            const wanted = advice.get(args[0].value as Key);
            expect(got?.priority ?? -9).toBeGreaterThanOrEqual(wanted?.priority ?? -9);
            expect(got?.retries ?? 0).toBeGreaterThanOrEqual(wanted?.retries ?? 0);
            expect(got?.resources).toEqual(wanted?.resources);
            expect(got?.workers).toEqual(wanted?.workers);
          }
        }
      }),
      runs,
    );
  });
});

describe("fuse of any graph", () => {
  it("runs each needed task exactly once, and each other task stays in one place", async () => {
    await fc.assert(
      fc.asyncProperty(dags, limit, limit, async (dag, maxWidth, maxDepth) => {
        const { graph, runs: counted } = build(dag);
        const advice = annotationsOf(dag);
        const fused = fuse(graph, dag.wanted, { maxWidth, maxDepth });
        await fused.compute(fused.keys(), { optimize: false });
        const calls = graph.keys().filter((key) => advice.has(key));
        expect(counted).toEqual(new Map(calls.map((key) => [key, 1])));
      }),
      runs,
    );
  });

  it("holds to maxDepth", () => {
    fc.assert(
      fc.property(dags, limit, limit, (dag, maxWidth, maxDepth) => {
        const fused = fuse(build(dag).graph, dag.wanted, { maxWidth, maxDepth });
        for (const key of fused.keys()) {
          const calls = fused.get(key).steps.filter(({ fn }) => fn.name !== "identity");
          expect(calls.length).toBeLessThanOrEqual(maxDepth);
        }
      }),
      runs,
    );
  });
});

describe("order of any graph", () => {
  it("gives every task one position, after what it reads", () => {
    fc.assert(
      fc.property(dags, (dag) => {
        const { graph } = build(dag);
        const position = order(graph);
        expect([...position.values()].toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: graph.size }, (_, i) => i),
        );
        for (const key of graph.keys()) {
          for (const input of graph.dependencies(key)) {
            expect(position.get(input)).toBeLessThan(position.get(key) as number);
          }
        }
      }),
      runs,
    );
  });

  it("does not depend on the order of insertion, nor on what was culled before", () => {
    fc.assert(
      fc.property(dags, (dag) => {
        const one = cull(build(dag).graph, dag.wanted);
        const other = cull(build(dag, true).graph, dag.wanted);
        expect(order(other)).toEqual(order(one));
      }),
      runs,
    );
  });
});

describe("a run of any graph", () => {
  it("gives the values of plain evaluation, optimized or not, each task run once", async () => {
    await fc.assert(
      fc.asyncProperty(dags, fc.boolean(), async (dag, optimize) => {
        const { graph, runs: counted } = build(dag);
        const values = plainValues(dag);
        const got = await graph.compute(dag.wanted, { optimize });
        expect(got).toEqual(dag.wanted.map((key) => values.get(key)));
        expect([...counted.values()].every((count) => count === 1)).toBe(true);
      }),
      runs,
    );
  });

  it("lowers to at most as many tasks, the requested keys among them", () => {
    fc.assert(
      fc.property(dags, (dag) => {
        const { graph } = build(dag);
        const plain = lowerGraph(graph, dag.wanted, false);
        const lowered = lowerGraph(graph, dag.wanted, true);
        expect(lowered.core.size).toBeLessThanOrEqual(plain.core.size);
        expect(Array.from(lowered.wanted, (t) => lowered.core.keys.at(t))).toEqual(dag.wanted);
      }),
      runs,
    );
  });
});
