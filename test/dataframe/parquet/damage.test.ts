import { readFileSync, writeFileSync } from "node:fs";

import fc from "fast-check";
import { expect, it } from "vitest";

import { blockOf, rowsOf } from "../../lib/dataframe/columns.ts";
import { columnTypes, presentValues } from "../../lib/dataframe/arbitraries.ts";
import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import { readIpcFiles, readParquetFiles } from "../../lib/dataframe/read-all.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { writeIpcPart } from "../../../packages/dataframe/dist/io/ipc/write-ipc-part.js";
import { writeParquetPart } from "../../../packages/dataframe/dist/io/parquet/write-parquet-part.js";

const folder = scratchFolder();

/** Columns of all dtypes, thirty rows of the same drawn values. */
function wholeBlock(): {
  fields: { name: string; dtype: (typeof columnTypes)[number] }[];
  block: ReturnType<typeof blockOf>;
} {
  const fields = columnTypes.map((dtype, i) => ({ name: `c${i}`, dtype }));
  const samples = fields.map(({ dtype }) =>
    fc.sample(fc.option(presentValues(dtype), { nil: null }), { numRuns: 30, seed: 7 }),
  );
  const rows = Array.from(
    { length: 30 },
    (_, row) => new Map(fields.map(({ name }, i) => [name, samples[i]?.[row] ?? null])),
  );
  return { fields, block: blockOf(fields, rows) };
}

/** Reads a file in which bytes were changed: gives rows, or throws an error that names the file. */
async function readDamaged(
  bytes: Uint8Array,
  path: string,
  read: (path: string) => Promise<ReturnType<typeof blockOf>>,
): Promise<"rows" | "refused"> {
  writeFileSync(path, bytes);
  try {
    rowsOf(await read(path));
    return "rows";
  } catch (error) {
    if (!(error instanceof DataFrameError)) throw error;
    // A changed letter may make one name of two.
    if (error.message.includes("two columns have one name")) return "refused";
    expect(["dataframe/bad-file", "dataframe/unsupported-type"]).toContain(error.code);
    if (error.code === "dataframe/bad-file") expect(error.message).toContain(path);
    return "refused";
  }
}

const changes = fc.array(
  fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    fc.integer({ min: 1, max: 255 }),
  ),
  {
    minLength: 1,
    maxLength: 3,
  },
);

for (const compression of ["none", "snappy", "zstd"] as const) {
  it(`a Parquet file (${compression}) with bytes changed is refused by name, or has rows`, async () => {
    const { fields, block } = wholeBlock();
    const whole = `${folder}/whole-${compression}.parquet`;
    await writeParquetPart(block, whole, fields, {
      compression,
      rowGroupRows: 20,
    });
    const bytes = readFileSync(whole);
    let number = 0;
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const damaged = Uint8Array.from(bytes);
        for (const [place, by] of changed) {
          const at = Math.floor(place * damaged.length);
          damaged[at] = (damaged[at] as number) ^ by;
        }
        const path = `${folder}/${compression}-${number++}.parquet`;
        seen.add(await readDamaged(damaged, path, readParquetFiles));
      }),
      // Few changes of bytes that are not compressed can be seen at all.
      { numRuns: 25, examples: [[[[0.999, 255]]], [[[0.5, 1]]]] },
    );
    expect(seen).toContain("refused");
  }, 30_000);
}

it("an Arrow file with bytes changed is refused by name, or has rows", async () => {
  const { fields, block } = wholeBlock();
  const whole = `${folder}/whole.arrow`;
  await writeIpcPart(block, whole, fields, { batchRows: 20 });
  const bytes = readFileSync(whole);
  let number = 0;
  await fc.assert(
    fc.asyncProperty(changes, async (changed) => {
      const damaged = Uint8Array.from(bytes);
      for (const [place, by] of changed) {
        const at = Math.floor(place * damaged.length);
        damaged[at] = (damaged[at] as number) ^ by;
      }
      await readDamaged(damaged, `${folder}/${number++}.arrow`, readIpcFiles);
    }),
    { numRuns: 200 },
  );
});

it("a file that is cut short is refused by name", async () => {
  const { fields, block } = wholeBlock();
  const whole = `${folder}/cut`;
  await writeParquetPart(block, `${whole}.parquet`, fields, {
    compression: "none",
    rowGroupRows: 20,
  });
  await writeIpcPart(block, `${whole}.arrow`, fields, { batchRows: 20 });
  for (const [ending, read] of [
    ["parquet", readParquetFiles],
    ["arrow", readIpcFiles],
  ] as const) {
    const bytes = readFileSync(`${whole}.${ending}`);
    for (const length of [0, 1, 3, 8, 12, bytes.length >> 1, bytes.length - 1]) {
      const path = `${folder}/cut-${length}.${ending}`;
      expect(await readDamaged(bytes.subarray(0, length), path, read)).toBe("refused");
    }
  }
});
