import { readdirSync, writeFileSync } from "node:fs";

import { expect, it } from "vitest";

import type { WriteMode } from "../../../packages/dataframe/dist/io/write-mode.js";
import { planWrite } from "../../../packages/dataframe/dist/io/write-mode.js";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

/** Names of the files of a plan, which are then there. */
function write(prefix: string, count: number, mode: WriteMode): string[][] {
  const plan = planWrite("toParquet", `${folder}/${prefix}-*.parquet`, count, mode);
  for (const path of plan.paths) writeFileSync(path, "");
  const short = (paths: readonly string[]): string[] =>
    paths.map((path) => path.slice(`${folder}/${prefix}-`.length, -".parquet".length));
  return [short(plan.paths), short(plan.stale)];
}

it("an overwrite says which files of an earlier write are left over", () => {
  expect(write("over", 11, "error")[0]?.at(-1)).toBe("10");
  const [paths, stale] = write("over", 2, "overwrite");
  expect(paths).toEqual(["0", "1"]);
  expect(stale).toEqual(["00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10"]);
});

it("names of files that are appended sort behind those that are there", () => {
  let before: string[] = [];
  for (const count of [3, 4, 5, 12, 1, 100]) {
    const [paths = []] = write("more", count, "append");
    const there = readdirSync(folder)
      .filter((name) => name.startsWith("more-"))
      .sort();
    expect(there).toEqual([...before, ...paths.map((number) => `more-${number}.parquet`)]);
    before = there;
  }
});

it("files that are there are an error unless a mode says what to do, others are left alone", () => {
  writeFileSync(`${folder}/there-x.parquet`, "");
  write("there", 1, "error");
  expect(() => write("there", 1, "error")).toThrowError(
    /toParquet: files are there, got ".*there-0.parquet", wanted none that match the pattern. Choose another folder, or mode: "overwrite" or "append"./,
  );
  expect(write("there", 1, "replace")).toEqual([["0"], []]);
  expect(() => write("there", 1, "other" as never)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: toParquet: bad mode, got "other", wanted one of replace, overwrite, append, error.]`,
  );
  expect(() => planWrite("toParquet", "a.parquet", 1, "error")).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: toParquet: bad pattern, got "a.parquet", wanted a path with one *. The partition number takes the place of the star.]`,
  );
});
