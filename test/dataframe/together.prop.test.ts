import type { DataFrame } from "@millrace/dataframe";
import { DataFrameError, readCsv, readParquet } from "@millrace/dataframe";
import type { Collection } from "@millrace/graph";
import fc from "fast-check";
import { join } from "node:path";
import { expect, it } from "vitest";

import { planOf } from "../../packages/dataframe/dist/dataframe.js";
import { planText } from "../../packages/dataframe/dist/plan/plan-text.js";
import { cutRows, cuttings, queries } from "../lib/dataframe/arbitrary-queries.ts";
import { partitionsOf, rowTexts } from "../lib/dataframe/frame-rows.ts";
import type { Answer } from "../lib/dataframe/query-verbs.ts";
import { scratchFolder } from "../lib/scratch-folder.ts";
import { executors } from "../lib/executors.ts";

const folder = scratchFolder();
let run = 0;

/** The rows of answers, each computed by itself; undefined where the data are an error. */
async function alone(answers: readonly Answer[]): Promise<readonly string[][] | undefined> {
  try {
    return await Promise.all(
      answers.map(async ({ frame, isOrdered }) =>
        rowTexts(await partitionsOf(frame, { executor: "inline" }), frame.columns, isOrdered),
      ),
    );
  } catch (error) {
    if (error instanceof DataFrameError) return undefined;
    throw error;
  }
}

/** Where the rows of a query are: in memory, in text or in columns. */
const places: Readonly<Record<string, (frame: DataFrame) => Promise<DataFrame>>> = {
  memory: async (frame) => frame,
  csv: async (frame) => {
    const pattern = join(folder, `${run++}-*.csv`);
    await frame.toCsv(pattern);
    return readCsv(pattern, { schema: frame.schema });
  },
  parquet: async (frame) => {
    const pattern = join(folder, `${run++}-*.parquet`);
    await frame.toParquet(pattern);
    return readParquet(pattern);
  },
};

it.each(Object.entries(places))("frames over %s give the same together", async (_name, place) => {
  const drawn = fc.tuple(queries({ withLists: false }), queries({ withLists: false }), cuttings);
  const property = fc.asyncProperty(drawn, async ([query, other, cutting]) => {
    const base = await place(cutRows(query, cutting).frame);
    const first = query.on(base);
    const answers = [first, query.on(first.frame), other.on(base), other.on(first.frame)];
    const wanted = await alone(answers);
    if (wanted === undefined) return;
    const frames = answers.map(({ frame }) => frame);
    const together = first.frame.optimizeTogether(frames) as readonly Collection<unknown>[];
    for (const [i, { frame, isOrdered }] of answers.entries()) {
      const text = planText(planOf("test", frame));
      for (const executor of executors) {
        const got = await partitionsOf(together[i] as DataFrame, { executor });
        expect(got.length).toBe(frame.npartitions);
        expect(rowTexts(got, frame.columns, isOrdered), text).toEqual(wanted[i]);
      }
    }
  });
  await fc.assert(property, { numRuns: 15 });
});
