import { glob, openWrite, registerDriver, stageFiles, writeAll } from "@millrace/storage";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import { scratchFolder } from "../lib/scratch-folder.ts";
import { failure, plant } from "./scratch.ts";

const root = scratchFolder();
let folderCount = 0;

/** A folder of its own with files in it. */
function folderOf(files: Readonly<Record<string, string>> = {}): string {
  const folder = join(root, `f${folderCount++}`);
  mkdirSync(folder);
  plant(folder, files);
  return folder;
}

/** What is in a folder, hidden files too. */
function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).toSorted();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      return [name, statSync(path).isDirectory() ? "a folder" : readFileSync(path, "utf8")];
    }),
  );
}

const inFolder = (folder: string, ...names: string[]): string[] =>
  names.map((name) => join(folder, name));

it("files appear together when the stage is committed, and nothing else stays", async () => {
  const folder = folderOf({ "a.txt": "old" });
  const stage = await stageFiles(inFolder(folder, "a.txt", "new/b.txt"));
  await Promise.all(stage.urls.map(async (url, i) => writeAll(url, [`file ${i}`])));
  expect(await glob(join(folder, "**"))).toEqual([join(folder, "a.txt")]);
  expect(await glob(join(folder, ".*/*"), { allowEmpty: true })).toEqual([]);
  expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("old");
  await stage.commit();
  expect(contentOf(folder)).toEqual({ "a.txt": "file 0", new: "a folder" });
  expect(contentOf(join(folder, "new"))).toEqual({ "b.txt": "file 1" });
});

it("a stage that is discarded leaves nothing, also of what is still being written", async () => {
  const folder = folderOf({ "a.txt": "old" });
  const stage = await stageFiles(inFolder(folder, "a.txt", "b.txt", "c.txt"));
  const [a = "", b = "", c = ""] = stage.urls;
  await writeAll(a, ["new"]);
  const writer = await openWrite(b);
  await writer.write("half");
  await stage.discard();
  expect(contentOf(folder)).toEqual({ "a.txt": "old" });
  await expect(writer.close()).rejects.toMatchObject({ code: "storage/not-found" });
  await expect(writeAll(c, ["late"])).rejects.toMatchObject({ code: "storage/not-found" });
  expect(contentOf(folder)).toEqual({ "a.txt": "old" });
  await stage.discard();
});

it("where a file cannot take its place, those before it are taken back", async () => {
  const folder = folderOf({ "a.txt": "old a" });
  const paths = inFolder(folder, "a.txt", "b.txt", "c.txt");
  const stage = await stageFiles(paths);
  for (const url of stage.urls) await writeAll(url, ["new"]);
  plant(folder, { "c.txt/in-the-way": "" });
  expect(await failure(folder, () => stage.commit())).toMatchInlineSnapshot(
    `"storage/not-a-file | write: a directory, got '/folder/c.txt', wanted a file. Name a file in it."`,
  );
  await stage.discard();
  expect(contentOf(folder)).toEqual({ "a.txt": "old a", "c.txt": "a folder" });
});

it("with overwrite: false no file is replaced, whenever it comes", async () => {
  const folder = folderOf({ "a.txt": "theirs" });
  const [a = "", b = "", c = ""] = inFolder(folder, "a.txt", "b.txt", "c.txt");
  expect(await failure(folder, () => stageFiles([b, a], { overwrite: false }))).toMatch(
    /^storage\/exists \| write: there is a file already, got '\/folder\/a.txt'/,
  );
  expect(contentOf(folder)).toEqual({ "a.txt": "theirs" });
  const stage = await stageFiles([b, c], { overwrite: false });
  for (const url of stage.urls) await writeAll(url, ["ours"]);
  writeFileSync(c, "theirs");
  expect(await failure(folder, () => stage.commit())).toContain("storage/exists");
  await stage.discard();
  expect(contentOf(folder)).toEqual({ "a.txt": "theirs", "c.txt": "theirs" });
});

it("a link stays a link, a file keeps its mode, and names end as they did", async () => {
  const folder = folderOf({ "there/x": "old", "y.txt.gz": "old" });
  const [link = "", y = ""] = inFolder(folder, "x.txt", "y.txt.gz");
  symlinkSync("there/x", link);
  chmodSync(y, 0o640);
  const stage = await stageFiles([link, y]);
  for (const url of stage.urls) await writeAll(url, ["new"]);
  await stage.commit();
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(contentOf(join(folder, "there"))).toEqual({ x: "new" });
  expect(statSync(y).mode & 0o777).toBe(0o640);
  expect(readFileSync(y).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  const long = `${"é".repeat(120)}.tsv`;
  const [staged = ""] = (await stageFiles([join(folder, long)])).urls;
  expect(staged.endsWith(".tsv")).toBe(true);
});

it("a pipe is written in place", async () => {
  const pipe = join(folderOf(), "pipe");
  spawnSync("mkfifo", [pipe]);
  expect((await stageFiles([pipe])).urls).toEqual([pipe]);
});

it("a driver that cannot stage has its files in their places at once", async () => {
  const objects = new Map<string, string>();
  const unregister = registerDriver("bucket", {
    stat: async (url) => Promise.reject(new Error(url)),
    read: () => {
      throw new Error("not read");
    },
    write: async (url) => {
      let text = "";
      return {
        write: async (chunk) => void (text += new TextDecoder().decode(chunk)),
        commit: async () => void objects.set(url, text),
        abort: async () => undefined,
      };
    },
  });
  const stage = await stageFiles(["bucket://b/1", "bucket://b/2"]);
  expect(stage.urls).toEqual(["bucket://b/1", "bucket://b/2"]);
  await writeAll(stage.urls[0] ?? "", ["one"]);
  await stage.discard();
  await stage.commit();
  expect([...objects]).toEqual([["bucket://b/1", "one"]]);
  const mixed = await failure("", () => stageFiles(["bucket://b/1", "/tmp/x"]));
  expect(mixed).toMatchInlineSnapshot(
    `"storage/bad-option | stageFiles: places of two schemes, got '/tmp/x', wanted one scheme. Stage each."`,
  );
  unregister();
});

it("what is in the way is told before anything is made", async () => {
  const folder = folderOf({ "x.txt": "", "y.txt/in-it": "" });
  expect(await failure(folder, () => stageFiles([join(folder, "x.txt/a")]))).toMatchInlineSnapshot(
    `"storage/not-found | write: a part of the path is a file and not a directory, got '/folder/x.txt/a'. Check the path."`,
  );
  const both = inFolder(folder, "a.txt", "y.txt");
  expect(await failure(folder, () => stageFiles(both))).toContain("storage/not-a-file");
  const signal = AbortSignal.abort();
  expect(await failure(folder, () => stageFiles(both, { signal }))).toContain("storage/aborted");
  expect(Object.keys(contentOf(folder))).toEqual(["x.txt", "y.txt"]);
});
