import { DataFrame, dictionary, readArrow } from "@millrace/dataframe";
import { join } from "node:path";
import { expect, it } from "vitest";

import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

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
