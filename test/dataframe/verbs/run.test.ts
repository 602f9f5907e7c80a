import { DataFrame, col, concat, count, float64, int32, readCsv, utf8 } from "@millrace/dataframe";
import type { Progress } from "@millrace/graph";
import { annotate, compute, createInlineExecutor, optimize, persist } from "@millrace/graph";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { rejected, thrown, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

const schema = { n: int32 } as const;
const rows = Array.from({ length: 12 }, (_, n) => ({ n }));
const frame = DataFrame.fromRows(rows, { schema, npartitions: 4 });
const doubled = frame.filter((c) => c.n.gt(1)).select((c) => ({ n: c.n.mul(2) }));
const twice = rows.slice(2).map(({ n }) => ({ n: n * 2 }));

describe.each(executors)("on %s", (executor) => {
  it("compute of several frames gives a tuple, and shared work is done once", async () => {
    const [a, b, total] = await compute([frame, doubled, doubled.agg((c) => ({ s: c.n.sum() }))], {
      executor,
    });
    expect([a.numRows, b.numRows, total.toArray().map((row) => Number(row["s"]))]).toEqual([
      12,
      10,
      [130],
    ]);
  });

  it("persist holds partitions, and verbs go on from there", async () => {
    const held = await doubled.persist({ executor });
    expect([held.columns, held.schema, held.npartitions]).toEqual([["n"], { n: int32 }, 4]);
    expect(await held.toRows({ executor })).toEqual(twice);
    expect(await held.filter((c) => c.n.gt(20)).toRows({ executor })).toEqual([{ n: 22 }]);
    const [one, other] = await persist([held, frame], { executor });
    expect(await concat([one, other]).agg({ n: count() }).toRows({ executor })).toEqual([
      { n: 22n },
    ]);
    const indexed = await (await frame.setIndex("n", { sorted: true })).persist({ executor });
    expect([indexed.index, indexed.divisions]).toEqual(["n", [0, 3, 6, 9, 11]]);
  });

  it("optimize and withGraph give the same frame on another graph", async () => {
    for (const same of [doubled.optimize(), optimize(doubled)]) {
      expect(same.graph.layers.size).toBeLessThanOrEqual(doubled.graph.layers.size);
      expect(await same.toRows({ executor })).toEqual(twice);
      expect(await same.tail(1).toRows({ executor })).toEqual([{ n: 22 }]);
    }
    const moved = doubled.withGraph(doubled.graph, doubled.outputKeys);
    expect(await moved.toRows({ executor })).toEqual(twice);
    const reversed = doubled.withGraph(doubled.graph, doubled.outputKeys.toReversed());
    expect((await reversed.toRows({ executor })).at(-1)).toEqual(twice[0]?.n === 4 ? { n: 4 } : {});
    expect(await doubled.toRows({ executor, optimize: false })).toEqual(twice);
  });

  it("a signal cancels a run with its reason", async () => {
    const reason = new Error("enough");
    const before = AbortSignal.abort(reason);
    await expect(doubled.compute({ executor, signal: before })).rejects.toThrow();
    const controller = new AbortController();
    const slow = frame.mapRows(
      async (row) => {
        await new Promise((done) => setTimeout(done, 20));
        return row;
      },
      { schema },
    );
    const run = slow.toRows({ executor, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 10);
    await expect(run).rejects.toMatchObject({ code: "graph/cancelled" });
  });

  it("progress ends with all tasks done", async () => {
    const seen: Progress[] = [];
    await doubled.compute({ executor, onProgress: (progress) => void seen.push(progress) });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.at(-1)?.done).toBe(seen.at(-1)?.total);
  });
});

it("retries run a task again", async () => {
  let attempts = 0;
  const flaky = frame.partitions(0).mapPartitions(
    (table) => {
      attempts++;
      if (attempts < 3) throw new Error("not yet");
      return table;
    },
    { schema },
  );
  const executor = createInlineExecutor();
  expect((await flaky.toRows({ executor, retries: 2 })).length).toBe(3);
  expect(attempts).toBe(3);
  attempts = 0;
  const annotated = annotate({ retries: 2 }, () =>
    frame.partitions(1).mapPartitions(
      (table) => {
        attempts++;
        if (attempts < 3) throw new Error("not yet");
        return table;
      },
      { schema },
    ),
  );
  expect((await annotated.toRows({ executor })).length).toBe(3);
  attempts = 0;
  expect(await rejected(() => flaky.toRows({ executor }))).toContain("not yet");
});

it("annotate reaches the layers of the verbs inside of it, and no others", async () => {
  const below = frame.mapRows((row) => row, { schema });
  const inside = annotate({ priority: 5 }, () => below.mapPartitions((table) => table, { schema }));
  const above = inside.mapRows((row) => ({ n: (row.n ?? 0) + 1 }), { schema });
  const priorities = [...above.graph.layers.values()].map(
    ({ name, annotations }) =>
      [name.split("-").slice(0, 2).join("-"), annotations?.priority] as const,
  );
  expect(new Map(priorities)).toEqual(
    new Map([
      [priorities[0]?.[0], undefined],
      ["map-rows", undefined],
      ["map-partitions", 5],
    ]),
  );
  expect(await above.head(1).toRows()).toEqual([{ n: 1 }]);
  const folded = annotate({ priority: 5 }, () => frame.select((c) => ({ n: c.n.add(1) })));
  expect(await folded.filter((c) => c.n.gt(11)).toRows()).toEqual([{ n: 12 }]);
});

it("nothing is computed by any verb that does not say so", async () => {
  let calls = 0;
  const watched = frame.mapPartitions(
    (table) => {
      calls++;
      return table;
    },
    { schema },
  );
  const all = watched
    .filter((c) => c.n.gt(1))
    .sort("n")
    .repartition({ npartitions: 2 })
    .shuffle({ on: "n" })
    .groupBy("n")
    .agg({ k: count() })
    .valueCounts("k")
    .head(3);
  all.explain({ code: true });
  all.visualize();
  expect([all.columns, all.npartitions, all.index, all.divisions]).toEqual([
    ["k", "count"],
    1,
    undefined,
    undefined,
  ]);
  await watched.setIndex("n", { divisions: [0, 5, 11] });
  expect(calls).toBe(0);
  await all.toRows({ executor: "inline" });
  expect(calls).toBe(4);
});

it("explain shows the plan as written, as it runs, the stages and their code", () => {
  const path = join(folder, "a.csv");
  writeFileSync(path, "a,b,c\n1,x,2\n3,y,4\n");
  const plan = readCsv(path, { schema: { a: int32, b: utf8, c: int32 } })
    .filter(col("a").gt(1))
    .groupBy("b")
    .agg({ total: col("a").sum() })
    .sort("total", { descending: true })
    .head(3);
  const text = plan
    .explain()
    .replaceAll(folder, "dir")
    .replaceAll(/-[0-9a-f]{4}\b/g, "-0000");
  expect(text).toMatchInlineSnapshot(`
    "== logical plan ==
    first 3
      sort by total descending
        project b, total
          aggregate by b: total = sum(a)
            filter a > 1
              scan csv dir/a.csv: a, b, c  [1 partition]

    == optimized plan ==
    first 3 by total descending
      aggregate by b (tree): total = sum(a)
        scan csv dir/a.csv: a, b where a > 1  [1 partition]

    == stages ==
    topk-0000: 1 task"
  `);
  const stage = frame.filter((c) => c.n.gt(1)).select((c) => ({ twice: c.n.mul(2) }));
  expect(stage.explain({ code: true })).toContain("function");
  expect([
    thrown(() => stage.explain({ code: wrong("yes") })),
    thrown(() => stage.explain(wrong({ verbose: true }))),
    thrown(() => stage.explain(wrong(null))),
  ]).toMatchInlineSnapshot(`
    [
      "dataframe/invalid-argument | explain: bad code, got "yes", wanted true or false.",
      "dataframe/invalid-argument | explain: no such option, got "verbose", wanted one of code.",
      "dataframe/invalid-argument | explain: the options must be an object, got null, wanted an object.",
    ]
  `);
});

it("options of a run that do not exist are refused by all that run", async () => {
  const options = wrong<object>({ executr: "inline" });
  const path = join(folder, "never", "*.csv");
  const all = await Promise.all([
    rejected(async () => frame.compute(options)),
    rejected(async () => frame.persist(options)),
    rejected(async () => frame.toRows(options)),
    rejected(async () => frame.setIndex("n", options)),
    rejected(async () => frame.repartitionBySize(10, options)),
    rejected(async () => frame.toCsv(path, options)),
    rejected(async () => frame.batches(options).next()),
    rejected(async () => compute([frame], options)),
  ]);
  expect(all.map((told) => told.replace(/, wanted one of .*/, ""))).toMatchInlineSnapshot(`
    [
      "graph/invalid-argument | compute: no such option, got "executr"",
      "graph/invalid-argument | persist: no such option, got "executr"",
      "dataframe/invalid-argument | toRows: no such option, got "executr"",
      "dataframe/invalid-argument | setIndex: no such option, got "executr"",
      "dataframe/invalid-argument | repartitionBySize: no such option, got "executr"",
      "dataframe/invalid-argument | toCsv: no such option, got "executr"",
      "dataframe/invalid-argument | batches: no such option, got "executr"",
      "graph/invalid-argument | compute: no such option, got "executr"",
    ]
  `);
  const nobody = await rejected(() => frame.compute({ executor: wrong("cluster") }));
  expect(nobody).toMatchInlineSnapshot(
    `"graph/unknown-executor | compute: no executor has this name, got "cluster", wanted one of "inline", "threads". Register it first, or pass the executor itself."`,
  );
});

it("what gives a Promise rejects it, and throws nothing", async () => {
  const options = wrong<object>({ executr: "inline" });
  const path = join(folder, "never", "*.x");
  const promises = [
    frame.compute(options),
    frame.persist(options),
    frame.toRows(options),
    frame.setIndex("n", options),
    frame.repartitionBySize(10, options),
    frame.toCsv(path, options),
    frame.toParquet(path, options),
    frame.toArrow(path, options),
    frame.toJsonLines(path, options),
  ];
  const settled = await Promise.allSettled<unknown>(promises);
  expect(settled.map(({ status }) => status)).toEqual(promises.map(() => "rejected"));
});

it("schema, columns, index and divisions tell of a frame what is known of it", async () => {
  expect([frame.schema, frame.columns, frame.npartitions, frame.index, frame.divisions]).toEqual([
    { n: int32 },
    ["n"],
    4,
    undefined,
    undefined,
  ]);
  const indexed = await frame.setIndex("n", { sorted: true });
  const kept = indexed.filter((c) => c.n.gt(3)).withColumns({ x: 1 });
  expect([kept.index, kept.divisions]).toEqual(["n", [0, 3, 6, 9, 11]]);
  const renamed = kept.rename({ n: "m" });
  expect([renamed.index, renamed.divisions, renamed.schema]).toEqual([
    "m",
    [0, 3, 6, 9, 11],
    { m: int32, x: float64 },
  ]);
  const changed = kept.withColumns((c) => ({ n: c.n.mul(-1) }));
  expect([changed.index, changed.divisions]).toEqual([undefined, undefined]);
  expect(kept.drop("n").index).toBe(undefined);
  expect(indexed.sort("n", { descending: true }).divisions).toBe(undefined);
  expect(indexed.repartition({ npartitions: 2 }).divisions?.length ?? 3).toBe(3);
});
