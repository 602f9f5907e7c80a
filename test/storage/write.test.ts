import { glob, openWrite, readAll, stat, writeAll } from "@millrace/storage";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { itWhen } from "../lib/skip.ts";
import { scratchFolder } from "../lib/scratch-folder.ts";
import { failure, plant } from "./scratch.ts";

const folder = scratchFolder();
let count = 0;

/** A new folder, and a file name in it. */
function fresh(): { readonly place: string; readonly file: string } {
  const place = join(folder, `w${count++}`);
  mkdirSync(place);
  return { place, file: join(place, "out.txt") };
}

const text = (file: string): string => readFileSync(file, "utf8");

describe("writeAll", () => {
  it("writes text and bytes in order and gives the size at rest", async () => {
    const { place, file } = fresh();
    expect(await writeAll(file, ["a", Buffer.from("b"), "", "ü", new Uint8Array(0), "d"])).toBe(5);
    expect(text(file)).toBe("abüd");
    expect(readdirSync(place)).toEqual(["out.txt"]);
  });

  it("takes async iterables, generators, nothing, and a text as itself", async () => {
    const { file } = fresh();
    await writeAll(
      file,
      (async function* () {
        yield "a";
        yield Buffer.from("b");
      })(),
    );
    expect(text(file)).toBe("ab");
    expect(await writeAll(file, [])).toBe(0);
    expect(text(file)).toBe("");
    expect(await writeAll(file, "text")).toBe(4);
    expect(text(file)).toBe("text");
  });

  it("keeps a surrogate pair whole across texts and replaces a lone half", async () => {
    const { file } = fresh();
    const [high, low] = ["\ud83d", "\ude00"];
    await writeAll(file, ["x".repeat(65_535) + high, low, "x".repeat(70_000) + high, low, high]);
    expect(text(file)).toBe(`${"x".repeat(65_535)}😀${"x".repeat(70_000)}😀\ufffd`);
    const writer = await openWrite(file);
    await writer.write("x".repeat(70_000) + high);
    await writer.write(low);
    await writer.write(high);
    await writer.write(Buffer.from("|"));
    await writer.write(low);
    await writer.close();
    expect(text(file)).toBe(`${"x".repeat(70_000)}😀\ufffd|\ufffd`);
  });

  it("makes missing folders", async () => {
    const { place } = fresh();
    await writeAll(join(place, "a/b/c.txt"), ["x"]);
    expect(text(join(place, "a/b/c.txt"))).toBe("x");
  });

  it.each(["out.txt", "out.txt.gz", "out.txt.lz4"])(
    "leaves the old %s and nothing else when the iterable throws",
    async (name) => {
      const { place } = fresh();
      const file = join(place, name);
      plant(place, { [name]: "old" });
      const broken = function* (): Generator<string> {
        yield "x".repeat(1_000_000);
        throw new Error("no more");
      };
      await expect(writeAll(file, broken())).rejects.toThrow("no more");
      const brokenLater = async function* (): AsyncGenerator<string> {
        yield* broken();
      };
      await expect(writeAll(file, brokenLater())).rejects.toThrow("no more");
      expect(text(file)).toBe("old");
      expect(readdirSync(place)).toEqual([name]);
    },
  );

  it("refuses what is neither text nor bytes and leaves nothing", async () => {
    const { place, file } = fresh();
    const wrong = [1] as unknown as string[];
    expect(await failure(place, () => writeAll(file, wrong))).toMatchInlineSnapshot(
      `"storage/bad-option | write: neither text nor bytes for '/folder/out.txt', got 1, wanted a string or a Uint8Array. Encode it first."`,
    );
    expect(readdirSync(place)).toEqual([]);
  });

  it("writes many short lines", async () => {
    const { file } = fresh();
    const lines = function* (): Generator<string> {
      for (let index = 0; index < 300_000; index++) yield `${index}\n`;
    };
    expect(await writeAll(file, lines())).toBe(1_988_890);
    expect((await stat(file)).size).toBe(1_988_890);
  });
});

describe("openWrite", () => {
  it("shows nothing before close and everything after", async () => {
    const { place, file } = fresh();
    const writer = await openWrite(file);
    await writer.write("x".repeat(200_000));
    expect(existsSync(file)).toBe(false);
    expect(await glob(join(place, "{*,.*}"), { allowEmpty: true })).toEqual([]);
    expect(readdirSync(place)).toEqual([expect.stringMatching(/^\.out\.txt\..*\.millrace-tmp$/)]);
    expect(await writer.close()).toBe(200_000);
    expect(readdirSync(place)).toEqual(["out.txt"]);
    expect(writer.bytesWritten).toBe(200_000);
  });

  it("keeps the order of writes that nobody waits for", async () => {
    const { file } = fresh();
    const writer = await openWrite(file);
    const pieces = Array.from({ length: 200 }, (_, index) => `${index},`.repeat(500));
    const writes = pieces.map((piece, index) =>
      writer.write(index % 2 === 0 ? piece : Buffer.from(piece)),
    );
    await Promise.all([...writes, writer.close()]);
    expect(text(file)).toBe(pieces.join(""));
  });

  it("aborts when a block is left without close", async () => {
    const { place, file } = fresh();
    {
      await using writer = await openWrite(file);
      await writer.write("x".repeat(200_000));
    }
    expect(readdirSync(place)).toEqual([]);
  });

  it("stays closed after an abort that comes too late, and refuses calls after the end", async () => {
    const { place, file } = fresh();
    const writer = await openWrite(file);
    await writer.write("x");
    await writer.close();
    await writer.abort();
    expect(text(file)).toBe("x");
    expect(await failure(place, () => writer.write("y"))).toMatchInlineSnapshot(
      `"storage/closed | write: the writer has ended, got a call after it was closed, wanted an open one for '/folder/out.txt'. Open another."`,
    );
    expect(await failure(place, () => writer.close())).toContain("storage/closed");
    const other = await openWrite(file);
    await other.abort();
    await other.abort();
    expect(await failure(place, () => other.write("y"))).toMatchInlineSnapshot(
      `"storage/closed | write: the writer has ended, got a call after it was aborted, wanted an open one for '/folder/out.txt'. Open another."`,
    );
    expect(readdirSync(place)).toEqual(["out.txt"]);
  });

  it("deletes what it wrote when its signal fires", async () => {
    const { place, file } = fresh();
    const controller = new AbortController();
    const writer = await openWrite(file, { signal: controller.signal });
    await writer.write("x".repeat(200_000));
    controller.abort(new Error("enough"));
    expect(await failure(place, () => writer.write("y"))).toMatchInlineSnapshot(
      `"storage/aborted | write: aborted by its signal while at work on '/folder/out.txt'."`,
    );
    await writer.abort();
    expect(readdirSync(place)).toEqual([]);
    expect(await failure(place, () => writer.close())).toContain("storage/aborted");
    const late = AbortSignal.abort();
    expect(await failure(place, () => openWrite(file, { signal: late }))).toContain("aborted");
    const endless = function* (): Generator<string> {
      for (let index = 0; ; index++) {
        if (index === 50) second.abort();
        yield "x".repeat(10_000);
      }
    };
    const second = new AbortController();
    const call = (): unknown => writeAll(`${file}.gz`, endless(), { signal: second.signal });
    expect(await failure(place, call)).toContain("storage/aborted");
    expect(readdirSync(place)).toEqual([]);
  });

  it("lets many writers wait for one signal without a warning of a leak", async () => {
    const { place } = fresh();
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    const controller = new AbortController();
    const { signal } = controller;
    const names = Array.from({ length: 30 }, (_, index) => join(place, `${index}`));
    const writers = await Promise.all(names.map(async (name) => openWrite(name, { signal })));
    await writers[0]?.close();
    controller.abort();
    await Promise.all(writers.map(async (writer) => writer.abort()));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toEqual([]);
    expect(readdirSync(place)).toEqual(["0"]);
  });

  it("leaves a signal alone after the end", async () => {
    const { file } = fresh();
    const controller = new AbortController();
    await writeAll(file, ["x"], { signal: controller.signal });
    controller.abort();
    expect(text(file)).toBe("x");
  });

  it("does not replace with overwrite: false, whenever the other file comes", async () => {
    const { place, file } = fresh();
    const writer = await openWrite(file, { overwrite: false });
    await writer.write("late");
    plant(place, { "out.txt": "early" });
    expect(await failure(place, () => writer.close())).toMatchInlineSnapshot(
      `"storage/exists | write: there is a file already, got '/folder/out.txt'. Leave out overwrite: false to replace it."`,
    );
    const call = (): unknown => openWrite(file, { overwrite: false });
    expect(await failure(place, call)).toContain("storage/exists");
    expect(text(file)).toBe("early");
    expect(readdirSync(place)).toEqual(["out.txt"]);
    expect(await writeAll(join(place, "new.txt"), ["n"], { overwrite: false })).toBe(1);
    expect(readdirSync(place)).toEqual(["new.txt", "out.txt"]);
  });

  it("writes through a link and keeps the mode of the file", async () => {
    const { place, file } = fresh();
    plant(place, { "real/data.txt": "old" });
    chmodSync(join(place, "real/data.txt"), 0o666);
    symlinkSync("real/data.txt", file);
    await writeAll(file, ["new"]);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(text(join(place, "real/data.txt"))).toBe("new");
    expect(statSync(file).mode & 0o777).toBe(0o666);
    expect(readdirSync(join(place, "real"))).toEqual(["data.txt"]);
  });

  it("writes the file that a broken link leads to", async () => {
    const { place, file } = fresh();
    symlinkSync("../later/real.txt", join(place, "second"));
    symlinkSync("second", file);
    await writeAll(file, ["new"], { overwrite: false });
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(text(join(folder, "later/real.txt"))).toBe("new");
    symlinkSync("round", join(place, "round"));
    const call = (): unknown => writeAll(join(place, "round"), ["x"]);
    expect(await failure(place, call)).toContain("storage/io | write: ELOOP");
  });

  it("writes to a device in place", async () => {
    await writeAll("/dev/null", ["x"]);
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  it("takes the longest file name there is", async () => {
    const { place } = fresh();
    const name = `${"ü".repeat(125)}.txt`;
    await writeAll(join(place, name), ["x"]);
    expect(readdirSync(place)).toEqual([name]);
  });

  it("writes nothing when a folder on the way is a file", async () => {
    const { place } = fresh();
    plant(place, { a: "x" });
    expect(await failure(place, () => writeAll(join(place, "a/b/c"), ["x"]))).toContain("storage/");
    expect(readdirSync(place)).toEqual(["a"]);
  });

  it("refuses an option that there is not", async () => {
    const { place, file } = fresh();
    const typo = { overwite: false } as object;
    expect(await failure(place, () => openWrite(file, typo))).toMatchInlineSnapshot(
      `"storage/bad-option | openWrite: no such option, got 'overwite', wanted one of compression, overwrite, signal."`,
    );
  });

  it("says what is in the way", async () => {
    const { place, file } = fresh();
    plant(place, { "file.txt": "x", "folder/x": "x" });
    expect(await failure(place, () => openWrite(join(place, "folder")))).toMatchInlineSnapshot(
      `"storage/not-a-file | write: a directory, got '/folder/folder', wanted a file. Name a file in it."`,
    );
    const inFile = (): unknown => openWrite(join(place, "file.txt/x"));
    expect(await failure(place, inFile)).toMatchInlineSnapshot(
      `"storage/not-found | write: a part of the path is a file and not a directory, got '/folder/file.txt/x'. Check the path."`,
    );
    const slash = (): unknown => openWrite(`${place}/new/`);
    expect(await failure(place, slash)).toMatchInlineSnapshot(
      `"storage/not-a-file | openWrite: a directory, got '/folder/new/', wanted a file. Name a file in it."`,
    );
    const long = join(place, "x".repeat(300));
    expect(await failure(place, () => openWrite(long))).toContain("storage/io");
    expect(await failure(place, () => readAll(file))).toContain("storage/not-found");
  });

  const full = existsSync("/dev/full");
  itWhen(full, "this system has no /dev/full")("says that the disk is full", async () => {
    const writing = writeAll("/dev/full", ["x".repeat(100_000)]);
    expect(await failure("", () => writing)).toMatchInlineSnapshot(
      `"storage/io | write: no space left (ENOSPC), got '/dev/full'. Free some."`,
    );
    const packed = writeAll("/dev/full", ["x".repeat(100_000)], { compression: "gzip" });
    expect(await failure("", () => packed)).toContain("storage/io | write: no space left (ENOSPC)");
    // Large and random: more comes out of one write than the stream holds when the disk is full.
    const large = [randomBytes(3_000_000), randomBytes(3_000_000)];
    for (const compression of ["gzip", "brotli", "deflate"] as const) {
      const stuck = writeAll("/dev/full", large, { compression });
      expect(await failure("", () => stuck)).toContain("storage/io");
    }
    const frames = writeAll("/dev/full", ["x".repeat(100_000)], { compression: "lz4" });
    expect(await failure("", () => frames)).toContain("storage/io");
  });

  const user = process.getuid?.() !== 0;
  itWhen(user, "permissions do not bind root")("says that it is not allowed", async () => {
    const { place, file } = fresh();
    chmodSync(place, 0o500);
    expect(await failure(place, () => openWrite(file))).toContain("storage/denied");
  });
});
