import { DataFrame, date, decimal, int32, int64, utf8 } from "@millrace/dataframe";

import { Random } from "../random.ts";

/** The columns of TPC-H's lineitem, as its queries name them. */
export const lineitemSchema = {
  l_orderkey: int64,
  l_partkey: int32,
  l_suppkey: int32,
  l_linenumber: int32,
  l_quantity: decimal(15, 2),
  l_extendedprice: decimal(15, 2),
  l_discount: decimal(15, 2),
  l_tax: decimal(15, 2),
  l_returnflag: utf8,
  l_linestatus: utf8,
  l_shipdate: date,
  l_commitdate: date,
  l_receiptdate: date,
  l_shipinstruct: utf8,
  l_shipmode: utf8,
} as const;

const dayMs = 86_400_000;
const firstOrder = Date.UTC(1992, 0, 1) / dayMs;
const lastOrder = Date.UTC(1998, 7, 2) / dayMs;
/** The day that decides what was returned and what is still open. */
const currentDay = Date.UTC(1995, 5, 17) / dayMs;

const instructions = ["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"];
const modes = ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"];

/**
 * Rows with the ranges and the dependencies that TPC-H prescribes for what queries 1 and 6 read:
 * 1,500,000 orders a scale factor, of one to seven lines each.
 */
export function lineitem(
  scaleFactor: number,
  npartitions: number,
): DataFrame<typeof lineitemSchema> {
  const random = new Random(6, "lineitem", scaleFactor);
  const rows: object[] = [];
  const orders = Math.round(1_500_000 * scaleFactor);
  for (let order = 1; order <= orders; order++) {
    const ordered = random.between(firstOrder, lastOrder - 151);
    const lines = random.between(1, 7);
    for (let line = 1; line <= lines; line++) rows.push(lineOf(random, order, line, ordered));
  }
  return DataFrame.fromRows(rows, { schema: lineitemSchema, npartitions });
}

function lineOf(random: Random, order: number, line: number, ordered: number): object {
  const part = random.between(1, 2_000);
  const quantity = random.between(1, 50);
  const retailCents = 90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1_000);
  const shipped = ordered + random.between(1, 121);
  const received = shipped + random.between(1, 30);
  const isReturned = received <= currentDay;
  return {
    l_orderkey: BigInt(Math.floor((order - 1) / 8) * 32 + ((order - 1) % 8) + 1),
    l_partkey: part,
    l_suppkey: random.between(1, 100),
    l_linenumber: line,
    l_quantity: quantity,
    l_extendedprice: centsText(quantity * retailCents),
    l_discount: centsText(random.between(0, 10)),
    l_tax: centsText(random.between(0, 8)),
    l_returnflag: isReturned ? random.pick(["R", "A"]) : "N",
    l_linestatus: shipped > currentDay ? "O" : "F",
    l_shipdate: new Date(shipped * dayMs),
    l_commitdate: new Date((ordered + random.between(30, 90)) * dayMs),
    l_receiptdate: new Date(received * dayMs),
    l_shipinstruct: random.pick(instructions),
    l_shipmode: random.pick(modes),
  };
}

function centsText(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}
