import type { Bag } from "@millrace/bag";
import "@millrace/bag";
import { DataFrame, DataFrameError, concat, readParquet } from "@millrace/dataframe";
import fc from "fast-check";
import { join } from "node:path";
import { expect, it } from "vitest";

import { planOf } from "../../packages/dataframe/dist/dataframe.js";
import { planText } from "../../packages/dataframe/dist/plan/plan-text.js";
import { cutRows, cuttings, queries } from "../lib/dataframe/arbitrary-queries.ts";
import { partitionsOf, rowTexts } from "../lib/dataframe/frame-rows.ts";
import "../lib/executors.ts";
import { scratchFolder } from "../lib/scratch-folder.ts";

const folder = scratchFolder();
let fileCount = 0;

type Passage = (frame: DataFrame) => DataFrame | Promise<DataFrame>;

/** Ways for rows to leave plans and to come back, after which verbs must go on as before. */
const passages: Readonly<Record<string, Passage>> = {
  persist: (frame) => frame.persist({ executor: "inline" }),
  "persist on threads": (frame) => frame.persist({ executor: "threads" }),
  optimize: (frame) => frame.optimize(),
  withGraph: (frame) => frame.withGraph(frame.graph, frame.outputKeys),
  partitions: (frame) => frame.partitions(Array.from({ length: frame.npartitions }, (_, i) => i)),
  "partitions joined": (frame) => {
    return concat(Array.from({ length: frame.npartitions }, (_, i) => frame.partitions(i)));
  },
  delayed: (frame) => {
    const { schema } = frame;
    return DataFrame.fromDelayed(frame.toDelayed(), { schema }).select(...frame.columns);
  },
  bag: (frame) => {
    const bag = frame.toBag() as Bag<object>;
    return bag.toDataFrame(frame.schema).select(...frame.columns);
  },
  table: async (frame) => DataFrame.fromArrow(await frame.compute(), { npartitions: 3 }),
  parquet: async (frame) => {
    const pattern = join(folder, `${fileCount++}-*.parquet`);
    await frame.toParquet(pattern);
    return readParquet(pattern);
  },
  repartitionBySize: (frame) => frame.repartitionBySize(200),
};

it.each(Object.entries(passages))("verbs go on the same after %s", async (_name, pass) => {
  const property = fc.asyncProperty(
    queries({ withLists: true }),
    cuttings,
    async (query, cutting) => {
      const { frame, isOrdered } = query.on(cutRows(query, cutting).frame);
      if (frame.columns.length === 0) return;
      // A passage works out all columns, also those that nobody asks for afterwards.
      if ((await answer(frame)) === undefined) return;
      const wanted = await answer(query.on(frame).frame);
      if (wanted === undefined) return;
      const got = await partitionsOf(query.on(await pass(frame)).frame, { executor: "inline" });
      const after = query.on(frame);
      const { columns } = after.frame;
      const isOrder = isOrdered && after.isOrdered;
      expect(rowTexts(got, columns, isOrder), planText(planOf("test", after.frame))).toEqual(
        rowTexts(wanted, columns, isOrder),
      );
    },
  );
  await fc.assert(property, { numRuns: 6 });
});

/** The partitions of a frame; undefined where its data are an error. */
async function answer(
  frame: DataFrame,
): Promise<Awaited<ReturnType<typeof partitionsOf>> | undefined> {
  try {
    return await partitionsOf(frame, { executor: "inline" });
  } catch (error) {
    if (error instanceof DataFrameError) return undefined;
    throw error;
  }
}

it("a run without optimization of the graph gives the same rows", async () => {
  const property = fc.asyncProperty(
    queries({ withLists: true }),
    cuttings,
    async (query, cutting) => {
      const { frame, isOrdered } = query.on(cutRows(query, cutting).frame);
      const wanted = await answer(frame);
      if (wanted === undefined) return;
      const got = await partitionsOf(frame, { executor: "inline", optimize: false });
      expect(rowTexts(got, frame.columns, isOrdered)).toEqual(
        rowTexts(wanted, frame.columns, isOrdered),
      );
    },
  );
  await fc.assert(property, { numRuns: 15 });
});
