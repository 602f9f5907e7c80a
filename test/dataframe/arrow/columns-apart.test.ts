import {
  DataFrame,
  col,
  dictionary,
  float64,
  list,
  readArrow,
  readParquet,
  utf8,
} from "@millrace/dataframe";
import { tableFromIPC, tableToIPC } from "apache-arrow";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

const schema = { a: float64, t: utf8, d: dictionary, l: list(float64) } as const;
const rows = Array.from({ length: 40 }, (_, n) => ({
  a: n / 2,
  t: `é${n}`,
  d: n % 3 === 0 ? null : "xy"[n % 2],
  l: [n, null],
}));
const frame = DataFrame.fromRows(rows, { schema, npartitions: 2 });
const names = ["a", "t", "d", "l"];
const twice = frame
  .select(Object.fromEntries(names.flatMap((name) => [1, 2, 3].map((n) => [name + n, col(name)]))))
  .tail(35);
const wanted = rows
  .slice(5)
  .map((row) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) => [1, 2, 3].map((n) => [name + n, value])),
    ),
  );

describe("one column under several names", () => {
  it("is written whole to Arrow and to Parquet files", async () => {
    await twice.toArrow(join(folder, "*.arrow"));
    expect(await readArrow(join(folder, "*.arrow")).toRows()).toEqual(wanted);
    await twice.toParquet(join(folder, "*.parquet"));
    expect(await readParquet(join(folder, "*.parquet")).toRows()).toEqual(wanted);
  });

  it("is whole in the IPC bytes that a user makes of a table", async () => {
    const table = tableFromIPC(tableToIPC(await twice.compute()));
    expect(await DataFrame.fromArrow(table).toRows()).toEqual(wanted);
  });
});
