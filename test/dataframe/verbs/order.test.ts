import { DataFrame, concat, float64, int32, list, utf8 } from "@millrace/dataframe";
import { describe, expect, it } from "vitest";

import { thrown, wrong } from "../../lib/dataframe/thrown.ts";
import { executors } from "../../lib/executors.ts";

const values = [3, null, Number.NaN, -0, 2, 0, null, Number.NEGATIVE_INFINITY, 2, -1];
const schema = { x: float64, row: int32 } as const;
const rows = values.map((x, row) => ({ x, row }));
const frame = DataFrame.fromRows(rows, { schema, npartitions: 4 });
/** Twelve partitions of ten rows, two of them empty. */
const thin = frame.repartition({ npartitions: 12 });
const words = DataFrame.fromRows(
  ["b", "\u{10000}", "", "a", "\uffff", null, "é", "B"].map((word) => ({ word })),
  { npartitions: 3 },
);

describe.each(executors)("on %s", (executor) => {
  const xs = async (of: DataFrame<typeof schema>): Promise<(number | null)[]> =>
    (await of.toRows({ executor })).map(({ x }) => x);

  it("sort puts NaN above all numbers, nulls last, equal rows as they were", async () => {
    for (const of of [frame, thin]) {
      const sorted = await of.sort("x").toRows({ executor });
      expect(sorted.map(({ row }) => row)).toEqual([7, 9, 3, 5, 4, 8, 0, 2, 1, 6]);
      const down = await of.sort("x", { descending: true }).toRows({ executor });
      expect(down.map(({ row }) => row)).toEqual([2, 0, 4, 8, 3, 5, 9, 7, 1, 6]);
      const first = await of.sort("x", { nulls: "first" }).toRows({ executor });
      expect(first.map(({ row }) => row)).toEqual([1, 6, 7, 9, 3, 5, 4, 8, 0, 2]);
      const both = await of
        .sort(["x", "row"], { descending: [false, true], nulls: "first" })
        .toRows({ executor });
      expect(both.map(({ row }) => row)).toEqual([6, 1, 7, 9, 5, 3, 8, 4, 0, 2]);
    }
    expect(thin.sort("x").npartitions).toBe(12);
    expect(thin.sort("x").index).toBe("x");
    expect(thin.sort("x", { descending: true }).index).toBe(undefined);
  });

  it("texts are sorted by code points", async () => {
    expect((await words.sort("word").toRows({ executor })).map(({ word }) => word)).toEqual([
      "",
      "B",
      "a",
      "b",
      "é",
      "\uffff",
      "\u{10000}",
      null,
    ]);
  });

  it("topk gives the largest values, largest first, nulls only when nothing else is left", async () => {
    expect(await xs(frame.topk(3, "x"))).toEqual([Number.NaN, 3, 2]);
    expect(await xs(frame.topk(99, "x"))).toEqual([
      Number.NaN,
      3,
      2,
      2,
      -0,
      0,
      -1,
      Number.NEGATIVE_INFINITY,
      null,
      null,
    ]);
    expect(await xs(thin.topk(2, "x", { descending: false }))).toEqual([
      Number.NEGATIVE_INFINITY,
      -1,
    ]);
    expect(await xs(thin.topk(3, "x", { nulls: "first" }))).toEqual([null, null, Number.NaN]);
    const ties = await thin
      .topk(3, ["x", "row"], { descending: [true, false] })
      .toRows({ executor });
    expect(ties.map(({ row }) => row)).toEqual([2, 0, 4]);
    expect(await xs(thin.topk(0, "x"))).toEqual([]);
    expect(thin.topk(3, "x").npartitions).toBe(1);
  });

  it("head, limit and tail give rows of all partitions in their order", async () => {
    for (const of of [frame, thin, thin.filter((c) => c.row.gte(0))]) {
      expect(await xs(of.head())).toEqual(values.slice(0, 5));
      expect(await xs(of.head(0))).toEqual([]);
      expect(await xs(of.limit(7))).toEqual(values.slice(0, 7));
      expect(await xs(of.limit(11))).toEqual(values);
      expect(await xs(of.tail())).toEqual(values.slice(5));
      expect(await xs(of.tail(1))).toEqual([-1]);
      expect(await xs(of.tail(0))).toEqual([]);
      expect(await xs(of.tail(99))).toEqual(values);
      expect(await xs(of.head(8).tail(3))).toEqual(values.slice(5, 8));
    }
  });

  it("sample takes the same rows for a seed, about as many as asked for, in order", async () => {
    const many = DataFrame.fromRows(
      Array.from({ length: 4_000 }, (_, n) => ({ n })),
      { npartitions: 4 },
    );
    const some = await many.sample(0.25, 7).toRows({ executor });
    expect(some).toEqual(await many.sample(0.25, 7).toRows());
    expect(some.length).toBeGreaterThan(850);
    expect(some.length).toBeLessThan(1_150);
    expect(some).toEqual(some.toSorted((a, b) => (a.n ?? 0) - (b.n ?? 0)));
    expect(some).not.toEqual(await many.sample(0.25, 8).toRows({ executor }));
    const drawn = many.sample(0.25);
    expect(await drawn.toRows({ executor })).toEqual(await drawn.toRows({ executor }));
    expect(await many.sample(0, 1).toRows({ executor })).toEqual([]);
    expect((await many.sample(1, 1).toRows({ executor })).length).toBe(4_000);
  });

  it("an empty frame has nothing first, last, largest or in order", async () => {
    const empty = DataFrame.fromRows([], { schema, npartitions: 3 });
    const all = [
      empty.sort("x"),
      empty.topk(3, "x"),
      empty.head(),
      empty.tail(),
      empty.sample(0.5, 1),
      empty.sort(["row", "x"]).head(2),
    ];
    for (const of of all) {
      expect(of.schema).toEqual(schema);
      expect(await of.toRows({ executor })).toEqual([]);
    }
  });

  it("what is sorted can be cut, joined and sorted again", async () => {
    const again = concat([thin.sort("x").head(2), thin.sort("x").tail(2)]).sort("row");
    expect((await again.toRows({ executor })).map(({ row }) => row)).toEqual([1, 6, 7, 9]);
  });
});

it("mistakes are told at the caller's line", () => {
  const lists = DataFrame.fromRows([{ l: [1] }], { schema: { l: list(float64) } });
  const text = DataFrame.fromRows([{ t: "" }], { schema: { t: utf8 } });
  expect([
    thrown(() => frame.sort(wrong("y"))),
    thrown(() => frame.sort(wrong([]))),
    thrown(() => frame.sort(["x", "x"])),
    thrown(() => frame.sort(wrong(undefined))),
    thrown(() => frame.sort(wrong([1]))),
    thrown(() => frame.sort("x", wrong({ ascending: false }))),
    thrown(() => frame.sort("x", { descending: wrong("yes") })),
    thrown(() => frame.sort("x", { descending: [true, false] })),
    thrown(() => frame.sort(["x", "row"], { descending: [true, wrong(1)] })),
    thrown(() => frame.sort("x", { nulls: wrong("middle") })),
    thrown(() => frame.sort("x", wrong(null))),
    thrown(() => lists.sort("l")),
    thrown(() => frame.topk(-1, "x")),
    thrown(() => frame.topk(wrong("3"), "x")),
    thrown(() => frame.topk(3, wrong("y"))),
    thrown(() => frame.topk(3, wrong(undefined))),
    thrown(() => lists.topk(1, "l")),
    thrown(() => frame.head(-1)),
    thrown(() => frame.head(1.5)),
    thrown(() => frame.limit(Number.NaN)),
    thrown(() => frame.limit(wrong(undefined))),
    thrown(() => frame.tail(wrong("2"))),
    thrown(() => frame.tail(Number.POSITIVE_INFINITY)),
    thrown(() => frame.sample(1.5)),
    thrown(() => frame.sample(wrong(undefined))),
    thrown(() => frame.sample(Number.NaN)),
    thrown(() => frame.sample(0.5, 0.5)),
    thrown(() => text.sample(wrong("0.5"))),
  ]).toMatchInlineSnapshot(`
    [
      "dataframe/unknown-column | sort: no such column, got "y", wanted one of "x", "row".",
      "dataframe/invalid-argument | sort: no columns, got an array of 0, wanted one column or more.",
      "dataframe/invalid-argument | sort: a column twice, got "x", wanted names that differ.",
      "dataframe/invalid-argument | sort: bad columns, got undefined, wanted a name or an array of names.",
      "dataframe/invalid-argument | sort: bad columns, got an array of 1, wanted a name or an array of names.",
      "dataframe/invalid-argument | sort: no such option, got "ascending", wanted one of descending, nulls.",
      "dataframe/invalid-argument | sort: bad descending, got "yes", wanted true or false, or one a column.",
      "dataframe/invalid-argument | sort: wrong number of directions, got 2, wanted one a column, that is 1.",
      "dataframe/invalid-argument | sort: bad descending, got 1, wanted true or false, or one a column.",
      "dataframe/invalid-argument | sort: bad nulls, got "middle", wanted "first" or "last".",
      "dataframe/invalid-argument | sort: the options must be an object, got null, wanted an object.",
      "dataframe/unsupported-type | sort: column "l" has values without order, got "list(float64)", wanted numbers, texts, truths, dates or timestamps.",
      "dataframe/invalid-argument | topk: bad count, got -1, wanted a whole number of 0 or more.",
      "dataframe/invalid-argument | topk: bad count, got "3", wanted a whole number of 0 or more.",
      "dataframe/unknown-column | topk: no such column, got "y", wanted one of "x", "row".",
      "dataframe/invalid-argument | topk: bad columns, got undefined, wanted a name or an array of names.",
      "dataframe/unsupported-type | topk: column "l" has values without order, got "list(float64)", wanted numbers, texts, truths, dates or timestamps.",
      "dataframe/invalid-argument | head: bad count, got -1, wanted a whole number of 0 or more.",
      "dataframe/invalid-argument | head: bad count, got 1.5, wanted a whole number of 0 or more.",
      "dataframe/invalid-argument | limit: bad count, got NaN, wanted a whole number of 0 or more.",
      "dataframe/invalid-argument | limit: bad count, got undefined, wanted a whole number of 0 or more.",
      "dataframe/invalid-argument | tail: bad count, got "2", wanted a whole number of 0 or more.",
      "dataframe/invalid-argument | tail: bad count, got Infinity, wanted a whole number of 0 or more.",
      "dataframe/invalid-argument | sample: bad fraction, got 1.5, wanted a number from 0 to 1.",
      "dataframe/invalid-argument | sample: bad fraction, got undefined, wanted a number from 0 to 1.",
      "dataframe/invalid-argument | sample: bad fraction, got NaN, wanted a number from 0 to 1.",
      "dataframe/invalid-argument | sample: bad seed, got 0.5, wanted a whole number.",
      "dataframe/invalid-argument | sample: bad fraction, got "0.5", wanted a number from 0 to 1.",
    ]
  `);
});
