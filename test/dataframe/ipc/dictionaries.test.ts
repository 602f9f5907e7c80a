import { DataFrame, dictionary, readArrow } from "@millrace/dataframe";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "dictionaries-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("each file has dictionaries of its own, whatever their numbers, and maybe none at all", async () => {
  const rows = [
    { a: "x", b: "1" },
    { a: "y", b: null },
    { a: null, b: "2" },
    { a: null, b: null },
  ];
  const schema = { a: dictionary, b: dictionary } as const;
  const frame = DataFrame.fromRows(rows, { schema, npartitions: 6 });
  await frame.toArrow(join(folder, "*.arrow"));
  const read = readArrow<typeof schema>(join(folder, "*.arrow"));
  expect(read.schema).toEqual(schema);
  expect(await read.toRows()).toEqual(rows);
  expect(
    await read
      .filter((c) => c.b.eq("2"))
      .select("b")
      .toRows(),
  ).toEqual([{ b: "2" }]);
});
