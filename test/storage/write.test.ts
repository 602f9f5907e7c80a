import { glob, openWrite, readAll, registerDriver, stat, writeAll } from "@millrace/storage";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { itWhen } from "../lib/skip.ts";
import { failure, plant, scratch } from "./scratch.ts";

const folder = scratch();
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

  it("writes a million short lines", async () => {
    const { file } = fresh();
    const lines = function* (): Generator<string> {
      for (let index = 0; index < 1_000_000; index++) yield `${index}\n`;
    };
    expect(await writeAll(file, lines())).toBe(6_888_890);
    expect((await stat(file)).size).toBe(6_888_890);
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

describe("a writer among others", () => {
  it("leaves no file under the name when its process is killed in the middle", async () => {
    const { place, file } = fresh();
    const program = fileURLToPath(new URL("write-forever.mjs", import.meta.url));
    const child = spawn(process.execPath, [program, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(place)).toHaveLength(1);
    expect(await glob(join(place, "{*,.*}"), { allowEmpty: true })).toEqual([]);
    await writeAll(file, ["second try"]);
    expect(text(file)).toBe("second try");
  });

  it("never mixes its bytes with those of another to the same name", async () => {
    const { place, file } = fresh();
    const whole = new Set(Array.from({ length: 8 }, (_, index) => String(index).repeat(300_000)));
    const writes = [...whole].map((content) =>
      writeAll(file, [content.slice(5), content.slice(-5)]),
    );
    const seen: string[] = [];
    const reading = (async () => {
      await Promise.race(writes);
      for (let round = 0; round < 20; round++)
        seen.push(Buffer.from(await readAll(file)).toString());
    })();
    await Promise.all([...writes, reading]);
    for (const content of [...seen, text(file)]) expect(whole.has(content)).toBe(true);
    expect(readdirSync(place)).toEqual(["out.txt"]);
  });

  it("lets exactly one of many create a file with overwrite: false", async () => {
    const { place, file } = fresh();
    const tries = Array.from({ length: 8 }, (_, index) =>
      writeAll(file, [String(index).repeat(100_000)], { overwrite: false }).then(
        () => "written",
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    const outcomes = (await Promise.all(tries)).toSorted();
    expect(outcomes).toEqual([...Array<string>(7).fill("storage/exists"), "written"]);
    expect(text(file)).toHaveLength(100_000);
    expect(readdirSync(place)).toEqual(["out.txt"]);
  });

  it("works the same on threads", async () => {
    const { place, file } = fresh();
    const program = `
      const { writeAll } = await import(${JSON.stringify(import.meta.resolve("@millrace/storage"))});
      const { workerData } = await import("node:worker_threads");
      await writeAll(workerData.file, [workerData.digit.repeat(500_000)]);
    `;
    const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
    const workers = ["1", "2"].map((digit) => new Worker(url, { workerData: { file, digit } }));
    await Promise.all(workers.map(async (worker) => once(worker, "exit")));
    expect(["1".repeat(500_000), "2".repeat(500_000)]).toContain(text(file));
    expect(readdirSync(place)).toEqual(["out.txt"]);
  });
});

describe("a registered driver", () => {
  it("gets bytes in order and commit or abort, once", async () => {
    const calls: string[] = [];
    const undo = registerDriver("mem", {
      stat: async () => Promise.reject(new Error()),
      async *read() {},
      write: async (url, { overwrite }) => {
        calls.push(`write ${url} ${overwrite}`);
        return {
          write: async (chunk) => void calls.push(Buffer.from(chunk).toString()),
          commit: async () => void calls.push("commit"),
          abort: async () => void calls.push("abort"),
        };
      },
    });
    await writeAll("mem://a", [Buffer.from("1"), "2", "3"]);
    const broken = function* (): Generator<Uint8Array> {
      yield Buffer.from("4");
      throw new Error("no");
    };
    await expect(writeAll("mem://b", broken(), { overwrite: false })).rejects.toThrow("no");
    expect(calls).toEqual([
      "write mem://a true",
      "1",
      "23",
      "commit",
      "write mem://b false",
      "4",
      "abort",
    ]);
    undo();
  });
});

it("writes nothing when a folder on the way is a file", async () => {
  const { place } = fresh();
  writeFileSync(join(place, "a"), "x");
  expect(await failure(place, () => writeAll(join(place, "a/b/c"), ["x"]))).toContain("storage/");
  expect(readdirSync(place)).toEqual(["a"]);
});
