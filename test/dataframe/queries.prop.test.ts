import {
  DataFrameError,
  readArrow,
  readCsv,
  readJsonLines,
  readParquet,
} from "@millrace/dataframe";
import type { DataFrame } from "@millrace/dataframe";
import fc from "fast-check";
import { join } from "node:path";
import { expect, it } from "vitest";

import { planOf } from "../../packages/dataframe/dist/dataframe.js";
import { planText } from "../../packages/dataframe/dist/plan/plan-text.js";
import type { Cut, Query } from "../lib/dataframe/arbitrary-queries.ts";
import { cutRows, cuttings, queries } from "../lib/dataframe/arbitrary-queries.ts";
import type { Partitions } from "../lib/dataframe/evaluate-plan.ts";
import { evaluatePlan } from "../lib/dataframe/evaluate-plan.ts";
import { openDuckDb, runSql } from "../lib/dataframe/duckdb.ts";
import { partitionsOf, rowTexts } from "../lib/dataframe/frame-rows.ts";
import type { Row } from "../lib/dataframe/interpret.ts";
import { planAgreesWithSql, planSql } from "../lib/dataframe/plan-sql.ts";
import "../lib/executors.ts";
import { scratchFolder } from "../lib/scratch-folder.ts";

const folder = scratchFolder();

/** The rows of a frame by plain arrays; undefined where these meet an error. */
function expected(frame: DataFrame, { held }: Cut): Partitions | undefined {
  try {
    return evaluatePlan(planOf("test", frame), held).partitions;
  } catch (error) {
    if (error instanceof DataFrameError) return undefined;
    throw error;
  }
}

async function expectRows(query: Query, cut: Cut): Promise<void> {
  const { frame, isOrdered } = query.on(cut.frame);
  const wanted = expected(frame, cut);
  if (wanted === undefined) return;
  const got = await partitionsOf(frame, { executor: "inline" });
  expect(rowTexts(got, frame.columns, isOrdered), planText(planOf("test", frame))).toEqual(
    rowTexts(wanted, frame.columns, isOrdered),
  );
  expect(got.length).toBe(frame.npartitions);
}

/** Runs a check on random queries over rows that were cut in two random ways. */
async function onQueries(
  numRuns: number,
  check: (query: Query, cut: Cut, other: Cut) => Promise<void>,
  withLists = true,
): Promise<void> {
  const property = fc.asyncProperty(
    queries({ withLists }),
    cuttings,
    cuttings,
    (query, cutting, other) => check(query, cutRows(query, cutting), cutRows(query, other)),
  );
  await fc.assert(property, { numRuns });
}

it("chains of verbs give what plain arrays give, and as many partitions as they say", async () => {
  await onQueries(60, (query, cut) => expectRows(query, cut));
});

it("chains of verbs give the same rows however the input is cut, on threads as well", async () => {
  await onQueries(25, async (query, cut, other) => {
    const answer = query.on(cut.frame);
    if (expected(answer.frame, cut) === undefined) return;
    const got = await partitionsOf(answer.frame, { executor: "threads" });
    const again = await partitionsOf(query.on(other.frame).frame, { executor: "inline" });
    const { columns } = answer.frame;
    expect(rowTexts(got, columns, answer.isOrdered), textOf(answer.frame)).toEqual(
      rowTexts(again, columns, answer.isOrdered),
    );
  });
});

it("chains of verbs give what DuckDB gives", async () => {
  const connection = await openDuckDb();
  let compared = 0;
  const check = async (query: Query, cut: Cut): Promise<void> => {
    const { frame, isOrdered } = query.on(cut.frame);
    const plan = planOf("test", frame);
    if (!planAgreesWithSql(plan) || expected(frame, cut) === undefined) return;
    compared++;
    const got = await partitionsOf(frame, { executor: "inline" });
    const sql = `SELECT * EXCLUDE (row) FROM (${planSql(plan, cut.held)}) ORDER BY row`;
    const rows = await runSql(
      connection,
      sql,
      plan.fields.map(({ dtype }) => dtype),
    );
    const wanted = rows.map(
      (row): Row => new Map(frame.columns.map((name, i) => [name, row[i] ?? null])),
    );
    expect(rowTexts(got, frame.columns, isOrdered), textOf(frame)).toEqual(
      rowTexts([wanted], frame.columns, isOrdered),
    );
  };
  await onQueries(40, check, false);
  expect(compared).toBeGreaterThan(8);
});

it("chains of verbs over files give what they give in memory", async () => {
  let run = 0;
  const check = async (query: Query, cut: Cut): Promise<void> => {
    const inMemory = query.on(cut.frame);
    if (expected(inMemory.frame, cut) === undefined) return;
    const wanted = await partitionsOf(inMemory.frame, { executor: "inline" });
    for (const [name, file] of await filesOf(cut.frame, join(folder, String(run++)))) {
      const { frame, isOrdered } = query.on(file);
      const got = await partitionsOf(frame, { executor: "inline" });
      expect(rowTexts(got, frame.columns, isOrdered), `${name}\n${textOf(frame)}`).toEqual(
        rowTexts(wanted, frame.columns, isOrdered),
      );
    }
  };
  await onQueries(12, check, false);
});

/** The rows of a frame in files of every format. */
async function filesOf(
  frame: DataFrame,
  path: string,
): Promise<readonly (readonly [string, DataFrame])[]> {
  const { schema } = frame;
  await frame.toParquet(`${path}-*.parquet`);
  await frame.toArrow(`${path}-*.arrow`);
  await frame.toCsv(`${path}-*.csv`);
  await frame.toJsonLines(`${path}-*.jsonl`);
  return [
    ["parquet", readParquet(`${path}-*.parquet`)],
    ["arrow", readArrow(`${path}-*.arrow`)],
    ["csv", readCsv(`${path}-*.csv`, { schema })],
    // A schema is an object, in which a name such as "1" comes first.
    ["json lines", readJsonLines(`${path}-*.jsonl`, { schema }).select(...frame.columns)],
  ];
}

function textOf(frame: DataFrame): string {
  return planText(planOf("test", frame));
}
