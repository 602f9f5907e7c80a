import type { Annotations, Key } from "@millrace/graph";
import {
  BlockwiseLayer,
  Delayed,
  LayeredGraph,
  MaterializedLayer,
  ShuffleLayer,
  TaskGraph,
  TreeReduceLayer,
  annotate,
  compute,
  fuse,
  inline,
  lowerGraph,
  mergeGraphs,
  ref,
  task,
} from "@millrace/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { annotationsOf, build, dags } from "../../lib/arbitraries/dags.ts";

const inc = (x: number): number => x + 1;

/** The chain a → b → c with this advice. */
function chain(...advice: readonly (Annotations | undefined)[]): TaskGraph {
  return TaskGraph.from(
    advice.map((annotations, i): [string, unknown] => [
      "abcdef"[i] as string,
      task(inc, [i === 0 ? 1 : ref("abcdef"[i - 1] as string)], annotations ? { annotations } : {}),
    ]),
  );
}

const defaultsDrawn = fc.record({
  priority: fc.integer({ min: -2, max: 2 }),
  retries: fc.nat(2),
  timeoutMs: fc.constantFrom(undefined, 1e9),
});

/** For each call in a task: what was advised for it, and what is advised for the task. */
function adviceOfCalls(
  graph: TaskGraph,
  advice: ReadonlyMap<Key, Annotations | undefined>,
): [Annotations, Annotations][] {
  return graph.keys().flatMap((key) => {
    const { steps, annotations } = graph.get(key);
    return steps.flatMap(({ fn, args }): [Annotations, Annotations][] => {
      if (fn.name === "identity" || args[0]?.kind !== "literal") return [];
      return [[advice.get(args[0].value as Key) ?? {}, annotations ?? {}]];
    });
  });
}

describe("fused tasks", () => {
  it("are advised in no run less than each of their parts was", () => {
    fc.assert(
      fc.property(dags, defaultsDrawn, fc.boolean(), (dag, run, isKnown) => {
        const { graph } = build(dag);
        const { core } = lowerGraph(graph, dag.wanted, true, isKnown ? run : undefined);
        for (const [was, is] of adviceOfCalls(new TaskGraph(core), annotationsOf(dag))) {
          for (const name of ["priority", "retries"] as const) {
            expect(is[name] ?? run[name]).toBeGreaterThanOrEqual(was[name] ?? run[name]);
          }
          expect([is.resources, is.workers]).toEqual([was.resources, was.workers]);
          const given = isKnown ? run.timeoutMs : undefined;
          expect(is.timeoutMs ?? given).toBe(was.timeoutMs ?? given);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("have what the run says for the parts that say nothing", async () => {
    for (const [failing, wanted] of [
      [2, 1],
      [3, 0],
    ] as const) {
      for (const optimize of [true, false]) {
        let failures = failing;
        const flaky = (x: number): number => {
          if (failures-- > 0) throw new Error("again");
          return x;
        };
        const graph = TaskGraph.from({
          a: task(() => 1, [], { annotations: { retries: 0 } }),
          b: task(flaky, [ref("a")]),
        });
        const run = graph.compute("b", { retries: 2, optimize });
        expect(await run.catch(() => 0)).toBe(wanted);
      }
    }
  });

  it("have one limit of their time, that of all their parts", () => {
    const keysOf = (...advice: readonly (Annotations | undefined)[]): readonly Key[] =>
      fuse(chain(...advice), ["c"]).keys();
    const [short, long] = [{ timeoutMs: 10 }, { timeoutMs: 20 }];
    expect(keysOf(short, long, long)).toEqual(["a", "c"]);
    expect(keysOf(undefined, long, undefined)).toEqual(["a", "b", "c"]);
    const defaults = { priority: 0, retries: 0, timeoutMs: 20 };
    const graph = chain(undefined, long, short);
    const { core } = lowerGraph(graph, ["c"], true, defaults);
    const fused = new TaskGraph(core);
    expect(fused.keys().map((key) => fused.get(key).annotations?.timeoutMs)).toEqual([20, 10]);
  });

  it("run in the order in which their parts would", async () => {
    for (const optimize of [true, false]) {
      const ran: string[] = [];
      const note = (name: string): unknown => ran.push(name);
      const graph = TaskGraph.from({
        a: task(note, ["a"], { annotations: { priority: -5 } }),
        b: task(note, ["b", ref("a")]),
        c: task(note, ["c"], { annotations: { priority: -1 } }),
      });
      await graph.compute(["b", "c"], { optimize });
      expect(ran).toEqual(["a", "b", "c"]);
    }
  });

  it("stay apart where only one says something and no run is known", () => {
    const keysOf = (...advice: readonly (Annotations | undefined)[]): readonly Key[] => {
      const graph = chain(...advice);
      return fuse(graph, [graph.keys().at(-1) as Key]).keys();
    };
    expect(keysOf({ retries: 1 }, undefined)).toEqual(["a", "b"]);
    expect(keysOf(undefined, { priority: 1 })).toEqual(["a", "b"]);
    expect(keysOf({ priority: 1 }, { priority: 2 })).toEqual(["b"]);
    expect(keysOf({ priority: 1, retries: 0 }, { priority: 2 })).toEqual(["a", "b"]);
    expect(keysOf(undefined, undefined, { retries: 3 }, { retries: 0 })).toEqual(["b", "d"]);
    const fused = fuse(chain({ retries: 3 }, { retries: 0 }), ["b"]);
    expect(fused.get("b").annotations).toEqual({ retries: 3 });
  });
});

describe("tasks that do no work and say nothing", () => {
  it("become part of any task, and have no say", () => {
    const graph = TaskGraph.from({
      value: 1,
      name: ref("value"),
      pair: [ref("name"), ref("value")],
      low: task(inc, [ref("pair")], { annotations: { priority: -5, retries: 2 } }),
      placed: task(inc, [ref("name")], { annotations: { workers: ["one"] } }),
    });
    const wanted = ["low", "placed"];
    const fused = fuse(inline(graph, wanted), wanted);
    expect(fused.keys()).toEqual(wanted);
    expect(fused.get("low").annotations).toEqual({ priority: -5, retries: 2 });
    expect(fused.get("placed").annotations).toEqual({ workers: ["one"] });
    const lowered = lowerGraph(graph, ["low"], true, { priority: 0, retries: 0 });
    expect(lowered.core.size).toBe(1);
    expect(lowered.core.annotations[lowered.core.annotation[0] as number]).toEqual({
      priority: -5,
      retries: 2,
    });
  });

  it("as the last part of a fused task leave the say to the others", () => {
    const graph = TaskGraph.from({
      a: task(inc, [1], { annotations: { retries: 1 } }),
      b: [ref("a")],
      c: ref("b"),
      d: task(inc, [ref("c")]),
    });
    expect(fuse(graph, ["d"]).keys()).toEqual(["c", "d"]);
    expect(fuse(graph, ["d"]).get("c").annotations).toEqual({ retries: 1 });
  });
});

describe("inlined tasks", () => {
  it("stay apart from every task that they would end up in, or from none", () => {
    const graph = TaskGraph.from({
      a: task(inc, [1], { annotations: { priority: 1 } }),
      pass: ref("a"),
      high: task(inc, [ref("pass")], { annotations: { priority: 2 } }),
      plain: task(inc, [ref("pass")]),
    });
    const only = ["a", "pass"];
    expect(inline(graph, ["high"], { only }).keys()).toEqual(["high"]);
    expect(inline(graph, ["high", "plain"], { only }).keys()).toEqual(["a", "high", "plain"]);
  });

  it("that are aliases with advice of their own lose none of it", () => {
    const advised = { annotations: { priority: 3 } };
    const layer = new MaterializedLayer("l", { b: ref("a"), c: ref("b") }, advised);
    const tasks = new MaterializedLayer("t", {
      a: task(inc, [1]),
      d: task(inc, [ref("c")], { annotations: { priority: 1 } }),
    });
    const graph = new LayeredGraph().withLayer(layer).withLayer(tasks).materialize();
    const inlined = inline(graph, ["d"]);
    expect(inlined.keys()).toEqual(["a", "d"]);
    expect(inlined.get("d").annotations).toEqual({ priority: 3 });
  });
});

describe("what is advised twice", () => {
  const f = (x: number): number => x + 1;
  const annotations: Annotations = { retries: 3 };

  it("for two equal lazy calls holds whichever comes first", () => {
    const a = annotate(annotations, () => Delayed.call(f, [1], { pure: true }));
    const b = Delayed.call(f, [1], { pure: true });
    for (const both of [
      [a, b],
      [b, a],
    ]) {
      expect(mergeGraphs(both).materialize().get(a.key).annotations).toEqual(annotations);
      const [one, two] = both as [typeof a, typeof a];
      const merged = one.graph.merge(two.graph);
      expect(merged.materialize().get(a.key).annotations).toEqual(annotations);
    }
  });

  it("for two layers of one name holds whichever comes first", () => {
    const call = { fn: f };
    const args = [{ kind: "input", input: 0 }] as const;
    const shapes = [
      (options: object) => new MaterializedLayer("l", { "l/0": task(f, [1]) }, options),
      (options: object) => MaterializedLayer.values("l", [1], options),
      (options: object) =>
        new BlockwiseLayer("l", {
          count: 1,
          inputs: [{ kind: "index" }],
          steps: [{ fn: f, args }],
          ...options,
        }),
      (options: object) =>
        new TreeReduceLayer("l", { input: "x", count: 0, combine: call, ...options }),
      (options: object) =>
        new ShuffleLayer("l", {
          input: "x",
          count: 0,
          npartitions: 1,
          split: call,
          join: call,
          ...options,
        }),
    ];
    for (const shape of shapes) {
      for (const token of [{}, { token: "t" }]) {
        const advised = shape({ annotations, ...token });
        const plain = shape(token);
        for (const [one, two] of [
          [advised, plain],
          [plain, advised],
        ] as const) {
          const graph = new LayeredGraph().withLayer(one).withLayer(two);
          expect(graph.materialize(["l/0"]).get("l/0").annotations).toEqual(annotations);
          expect(graph.withLayer(plain)).toBe(graph);
          const merged = new LayeredGraph().withLayer(one).merge(new LayeredGraph().withLayer(two));
          expect(merged.materialize(["l/0"]).get("l/0").annotations).toEqual(annotations);
        }
        const elsewhere = shape({ annotations: { workers: ["one"] }, ...token });
        expect(() => new LayeredGraph().withLayer(advised).withLayer(elsewhere)).toThrow(
          /two different (layers have one name|tasks have one key)/,
        );
      }
    }
  });

  it("for single tasks of layers is joined task by task", () => {
    const layer = (advice: Annotations, other?: Annotations): MaterializedLayer =>
      new MaterializedLayer("l", {
        a: task(f, [1], { annotations: advice }),
        b: task(f, [2], other ? { annotations: other } : {}),
      });
    const one = new LayeredGraph().withLayer(layer({ priority: 1 }, { retries: 1 }));
    const graph = one.withLayer(layer({ priority: 5, retries: 2 })).materialize();
    expect([graph.get("a").annotations, graph.get("b").annotations]).toEqual([
      { priority: 5, retries: 2 },
      { retries: 1 },
    ]);
  });
});

it("a run of collections is advised as its tasks are", async () => {
  let failures = 2;
  const flaky = (): number => {
    if (failures-- > 0) throw new Error("again");
    return 7;
  };
  const load = annotate({ retries: 2 }, () => Delayed.call(flaky, []));
  const next = Delayed.call(inc, [load]);
  expect(await compute([next, next])).toEqual([8, 8]);
});
