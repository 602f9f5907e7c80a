import type { DataFrame } from "@millrace/dataframe";
import {
  DataFrame as Frame,
  DataFrameError,
  int32,
  readArrow,
  readCsv,
  readJsonLines,
  readParquet,
} from "@millrace/dataframe";
import type { ExecutorName } from "@millrace/graph";
import { StorageError } from "@millrace/storage";
import { copyFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";

import { scratchFolder } from "../../lib/scratch-folder.ts";
import { executors } from "../../lib/executors.ts";

const folder = scratchFolder();
const rows = Array.from({ length: 100 }, (_, n) => ({ n }));
const text = `n\n${rows.map(({ n }) => `${n}\n`).join("")}`;
const long = new Date("2020-01-01T00:00:00Z");

/** How each kind of file is read: in blocks, whole, and as a stream. */
const readers: Readonly<Record<string, (path: string) => DataFrame>> = {
  "blocks.csv": (path) => readCsv(path, { blockSize: 50 }),
  "whole.csv": (path) => readCsv(path, { filesPerPartition: 2 }),
  "packed.csv.gz": (path) => readCsv(path),
  "blocks.jsonl": (path) => readJsonLines(path, { blockSize: 50 }),
  "packed.jsonl.gz": (path) => readJsonLines(path),
  "file.parquet": (path) => readParquet(path),
  "file.arrow": (path) => readArrow(path),
};

beforeAll(async () => {
  const frame = Frame.fromRows(rows, { schema: { n: int32 } });
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  for (const name of ["blocks.csv", "whole.csv"]) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "blocks.jsonl"), lines);
  writeFileSync(join(folder, "packed.csv.gz"), gzipSync(text));
  writeFileSync(join(folder, "packed.jsonl.gz"), gzipSync(lines));
  const [parquet = ""] = await frame.toParquet(join(folder, "p*.parquet"));
  const [arrow = ""] = await frame.toArrow(join(folder, "a*.arrow"));
  copyFileSync(parquet, join(folder, "file.parquet"));
  copyFileSync(arrow, join(folder, "file.arrow"));
});

let copies = 0;

/** A frame of a copy of a file, which is then changed. */
async function readChanged(
  name: string,
  executor: ExecutorName,
  change: (path: string) => void,
): Promise<unknown> {
  const path = join(folder, `${copies++}-${name}`);
  copyFileSync(join(folder, name), path);
  utimesSync(path, long, long);
  const frame = readers[name]?.(path) as DataFrame;
  expect((await frame.toRows({ executor })).length).toBe(100);
  change(path);
  return frame.compute({ executor }).catch((error: unknown) => error);
}

describe.each(executors)("on %s", (executor) => {
  it.each(Object.keys(readers))("a file that changed is refused: %s", async (name) => {
    const changes = [
      (path: string) => utimesSync(path, long, new Date("2020-01-02T00:00:00Z")),
      (path: string) => {
        truncateSync(path, statSync(path).size - 1);
        utimesSync(path, long, long);
      },
    ];
    for (const change of changes) {
      const error = await readChanged(name, executor, change);
      expect(error).toBeInstanceOf(DataFrameError);
      expect((error as DataFrameError).code).toBe("dataframe/bad-file");
      expect((error as Error).message).toContain("the file has changed since the frame was made");
      expect((error as DataFrameError).key).toBeTypeOf("string");
    }
    const gone = await readChanged(name, executor, (path) => rmSync(path));
    expect(gone).toBeInstanceOf(StorageError);
    expect(gone).toMatchObject({ code: "storage/not-found", key: expect.any(String) });
  });
});

it("the message tells both versions", async () => {
  const error = await readChanged("blocks.csv", "inline", (path) => {
    writeFileSync(path, "n\n1\n");
    utimesSync(path, long, new Date("2020-01-02T00:00:00Z"));
  });
  const message = (error as Error).message.replace(/^.*blocks.csv/, "<file>");
  expect(message).toMatchInlineSnapshot(
    `"<file>: the file has changed since the frame was made, got 4 bytes of 2020-01-02T00:00:00.000Z, wanted 292 bytes of 2020-01-01T00:00:00.000Z. Make the frame anew."`,
  );
});

it("a frame that is made anew reads the new rows", async () => {
  const path = join(folder, "anew.csv");
  writeFileSync(path, "n\n1\n");
  const old = readCsv(path);
  writeFileSync(path, "n\n1\n2\n");
  expect(await readCsv(path).toRows()).toEqual([{ n: 1n }, { n: 2n }]);
  await expect(old.toRows()).rejects.toThrow("has changed");
});
