import {
  openRead,
  readAll,
  readRange,
  readRangeSync,
  registerDriver,
  remove,
  schemes,
  stat,
  statSync,
  type StorageDriver,
} from "@millrace/storage";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { itWhen } from "../lib/skip.ts";
import { scratchFolder } from "../lib/scratch-folder.ts";
import { failure, openFilesIn, plant, textOf } from "./scratch.ts";

const folder = scratchFolder();
plant(folder, { "ten.txt": "0123456789", "empty.txt": "", "folder/x": "x" });
const ten = join(folder, "ten.txt");

const openFiles = (): number => openFilesIn(folder);

function withAbort(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** The end of a readable part of our memory with nothing behind it: the next byte is EIO; or 0. */
function beforeGap(): number {
  if (!existsSync("/proc/self/maps")) return 0;
  const maps = readFileSync("/proc/self/maps", "utf8").trim().split("\n");
  const parts = maps.map((line) => /^(\w+)-(\w+) r/.exec(line));
  const starts = maps.map((line) => Number.parseInt(line, 16));
  const found = parts.map((part, index) => {
    const end = Number.parseInt(part?.[2] ?? "", 16);
    return end < (starts[index + 1] ?? 0) ? end : 0;
  });
  return found.find((end) => end > 0) ?? 0;
}

describe("stat", () => {
  it("gives size, kind and time of a file, with and without waiting", async () => {
    utimesSync(ten, 1_600_000_000, 1_600_000_000.5);
    const facts = await stat(ten);
    expect(facts).toEqual({
      url: ten,
      kind: "file",
      size: 10,
      modifiedMs: 1_600_000_000_500,
      etag: undefined,
      ranged: true,
    });
    expect(statSync(ten)).toEqual(facts);
  });

  it("tells folders and devices from files", async () => {
    expect((await stat(folder)).kind).toBe("directory");
    const device = await stat("/dev/null");
    expect([device.kind, device.size, device.ranged]).toEqual(["other", undefined, false]);
  });

  it("names a path that is not there", async () => {
    const call = (): unknown => stat(join(folder, "nope"));
    expect(await failure(folder, call)).toMatchInlineSnapshot(
      `"storage/not-found | stat: no such file, got '/folder/nope'. Check the path; a relative one starts at the working directory."`,
    );
    expect(await failure(folder, () => stat(`${ten}/x`))).toMatchInlineSnapshot(
      `"storage/not-found | stat: a part of the path is a file and not a directory, got '/folder/ten.txt/x'. Check the path."`,
    );
    expect(await failure(folder, () => statSync("http://127.0.0.1/"))).toMatchInlineSnapshot(
      `"storage/unsupported | statSync: 'http:' must wait, got 'http://127.0.0.1/'. Use await stat()."`,
    );
    expect(await failure(folder, () => statSync("nfs://x/y"))).toContain("storage/unknown-scheme");
  });
});

describe("readRange", () => {
  it("gives exactly the bytes asked for, with and without waiting", async () => {
    for (const [offset, length, text] of [
      [0, 10, "0123456789"],
      [3, 4, "3456"],
      [9, 1, "9"],
      [10, 0, ""],
      [0, 0, ""],
    ] as const) {
      expect(Buffer.from(await readRange(ten, offset, length)).toString()).toBe(text);
      expect(Buffer.from(readRangeSync(ten, offset, length)).toString()).toBe(text);
    }
  });

  const proc = existsSync("/proc/version");
  itWhen(proc, "this system has no /proc")("reads files that do not say their size", async () => {
    const whole = Buffer.from(await readAll("/proc/version"));
    expect(whole.length).toBeGreaterThan(5);
    expect(Buffer.from(await readRange("/proc/version", 1, 4))).toEqual(whole.subarray(1, 5));
    expect(Buffer.from(readRangeSync("/proc/version", 1, 4))).toEqual(whole.subarray(1, 5));
  });

  it("never gives fewer", async () => {
    expect(await failure(folder, () => readRange(ten, 8, 3))).toMatchInlineSnapshot(
      `"storage/bad-range | readRange: not a range of '/folder/ten.txt', got 2 of the bytes 8 to 11, the file ends before. Take its size from stat()."`,
    );
    expect(await failure(folder, () => readRangeSync(ten, 11, 1))).toContain("storage/bad-range");
    expect(await failure(folder, () => readRange(ten, -1, 3))).toMatchInlineSnapshot(
      `"storage/bad-range | readRange: not a range of '/folder/ten.txt', got -1 to 2, wanted whole numbers of 0 or more in order. Take its size from stat()."`,
    );
    expect(await failure(folder, () => readRange(ten, 0, 1.5))).toContain("storage/bad-range");
    expect(await failure(folder, () => readRange(ten, 0, -1))).toContain("storage/bad-range");
  });
});

describe("openRead", () => {
  it("clips a range to the file", async () => {
    expect(await textOf(openRead(ten))).toBe("0123456789");
    expect(await textOf(openRead(ten, { start: 4 }))).toBe("456789");
    expect(await textOf(openRead(ten, { end: 4 }))).toBe("0123");
    expect(await textOf(openRead(ten, { start: 4, end: 4 }))).toBe("");
    expect(await textOf(openRead(ten, { start: 8, end: 100 }))).toBe("89");
    expect(await textOf(openRead(ten, { start: 100 }))).toBe("");
    expect(await textOf(openRead(join(folder, "empty.txt")))).toBe("");
    expect(await failure(folder, () => readAll(ten, { start: 5, end: 4 }))).toContain("bad-range");
  });

  it("reads a file of many chunks in order", async () => {
    const numbers = Array.from({ length: 350_000 }, (_, index) => index).join(",");
    plant(folder, { "numbers.txt": numbers });
    expect(Buffer.from(await readAll(join(folder, "numbers.txt"))).toString()).toBe(numbers);
    const part = await readAll(join(folder, "numbers.txt"), { start: 1_048_570, end: 2_097_160 });
    expect(Buffer.from(part).toString()).toBe(numbers.slice(1_048_570, 2_097_160));
  });

  it("reads a pipe as it comes", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const child = spawn("sh", ["-c", `printf 0123456789 > '${pipe}'`]);
    const closed = once(child, "close");
    expect(await textOf(openRead(pipe, { start: 2 }))).toBe("23456789");
    await closed;
  });

  it("opens nothing before the first chunk and leaves nothing open", async () => {
    openRead(join(folder, "nope"));
    const before = openFiles();
    for (const name of ["numbers.txt", "ten.txt"]) {
      for await (const _ of openRead(join(folder, name))) break;
      for await (const _ of openRead(join(folder, name), { end: 3 }));
    }
    expect(openFiles()).toBe(before);
  });

  it("gives small files as small arrays, which messages copy whole", async () => {
    expect((await readAll(ten)).buffer.byteLength).toBe(10);
    expect((await readAll(ten, { start: 8, end: 100 })).buffer.byteLength).toBe(2);
    expect((await readAll(ten, { start: 100 })).buffer.byteLength).toBe(0);
  });

  it("stops waiting for a pipe when its signal fires", async () => {
    const pipe = join(folder, "silent");
    execFileSync("mkfifo", [pipe]);
    const before = openFiles();
    for (const opened of [false, true]) {
      const writer = opened ? openSync(pipe, "r+") : undefined;
      const { signal, abort } = withAbort();
      const reading = readAll(pipe, { signal });
      // The request is in the queue before this one, so it waits by now.
      await stat(ten);
      abort();
      await expect(reading).rejects.toMatchObject({ code: "storage/aborted" });
      // What still waits in the thread pool is let go of.
      closeSync(writer ?? openSync(pipe, "r+"));
    }
    await expect.poll(openFiles).toBe(before);
  });

  const gap = beforeGap();
  itWhen(gap > 0, "this system has no /proc/self/mem")(
    "keeps an error of what is read ahead for the next chunk, however late that is asked for",
    async () => {
      const unheard: unknown[] = [];
      const note = (error: unknown): void => void unheard.push(error);
      process.on("unhandledRejection", note);
      const chunks = openRead("/proc/self/mem", { start: gap - 4096 })[Symbol.asyncIterator]();
      expect((await chunks.next()).value).toHaveLength(4096);
      // A read by the same thread pool, and a turn of the loop: the read ahead has failed by now.
      await readAll(ten);
      await new Promise((resolve) => setImmediate(resolve));
      expect(await failure("", () => chunks.next())).toMatchInlineSnapshot(
        `"storage/io | read: EIO: i/o error, read, got '/proc/self/mem'."`,
      );
      process.off("unhandledRejection", note);
      expect(unheard).toEqual([]);
    },
  );

  it("refuses an option that there is not", async () => {
    const typo = { compresion: "gzip" } as object;
    expect(await failure(folder, () => readAll(ten, typo))).toMatchInlineSnapshot(
      `"storage/bad-option | openRead: no such option, got 'compresion', wanted one of start, end, compression, signal."`,
    );
    for (const call of [
      () => stat(ten, typo),
      () => readRange(ten, 0, 1, typo),
      () => remove(ten, typo),
    ])
      expect(await failure(folder, call)).toContain("no such option, got 'compresion'");
  });

  it("says what is wrong with a folder and a missing file", async () => {
    expect(await failure(folder, () => readAll(join(folder, "folder")))).toMatchInlineSnapshot(
      `"storage/not-a-file | read: a directory, got '/folder/folder', wanted a file. Name a file in it."`,
    );
    expect(await failure(folder, () => readAll(join(folder, "nope")))).toMatchInlineSnapshot(
      `"storage/not-found | read: no such file, got '/folder/nope'. Check the path; a relative one starts at the working directory."`,
    );
  });

  it("ends with storage/aborted and the reason as cause, before and in the middle", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    for (const call of [
      () => readAll(ten, { signal }),
      () => stat(ten, { signal }),
      () => readRange(ten, 0, 1, { signal }),
      () => remove(ten, { signal }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "storage/aborted", cause: reason });
    }
    const controller = new AbortController();
    const before = openFiles();
    const reading = (async () => {
      for await (const _ of openRead(join(folder, "numbers.txt"), { signal: controller.signal })) {
        controller.abort(reason);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "storage/aborted", cause: reason });
    expect(openFiles()).toBe(before);
  });
});

describe("remove", () => {
  it("deletes one file and names one that is not there", async () => {
    await remove(join(folder, "folder/x"));
    expect(existsSync(join(folder, "folder/x"))).toBe(false);
    expect(await failure(folder, () => remove(join(folder, "folder/x")))).toMatchInlineSnapshot(
      `"storage/not-found | remove: no such file, got '/folder/folder/x'. Check the path; a relative one starts at the working directory."`,
    );
  });
});

describe("registerDriver", () => {
  it("gives the bytes of a driver through every reader and puts back what was there", async () => {
    const before = schemes();
    const undo = registerDriver("Mem", {
      stat: async (url) => ({
        url,
        kind: "file",
        size: 5,
        modifiedMs: undefined,
        etag: '"1"',
        ranged: true,
      }),
      async *read(_url, { start = 0, end = 5 }) {
        for (const byte of Buffer.from("hello").subarray(start, end)) yield Uint8Array.of(byte);
      },
    });
    expect(schemes()).toContain("mem");
    expect(Buffer.from(await readAll("MEM://x")).toString()).toBe("hello");
    expect(Buffer.from(await readRange("mem://x", 1, 3)).toString()).toBe("ell");
    expect((await stat("mem://x")).etag).toBe('"1"');
    expect(await failure("", () => remove("mem://x"))).toMatchInlineSnapshot(
      `"storage/unsupported | remove: 'mem:' cannot delete, got 'mem://x'. Delete it by other means."`,
    );
    expect(await failure("", () => readRangeSync("mem://x", 0, 1))).toMatchInlineSnapshot(
      `"storage/unsupported | readRangeSync: 'mem:' must wait, got 'mem://x'. Use await readRange()."`,
    );
    undo();
    expect(schemes()).toEqual(before);
    expect(await failure("", () => stat("mem://x"))).toContain("storage/unknown-scheme");
  });

  it("takes back one registration, in whatever order and however often", async () => {
    const driver = (size: number): StorageDriver => ({
      stat: async (url) => ({ ...(await stat(ten)), url, size }),
      async *read() {},
    });
    const undo = [1, 2, 3].map((size) => registerDriver("rows", driver(size)));
    const served = async (): Promise<number | undefined> => (await stat("rows://x")).size;
    undo[0]?.();
    expect(await served()).toBe(3);
    undo[2]?.();
    undo[2]?.();
    expect(await served()).toBe(2);
    undo[1]?.();
    expect(schemes()).not.toContain("rows");
    const again = registerDriver("rows", driver(4));
    undo[0]?.();
    expect(await served()).toBe(4);
    again();
  });

  it("refuses what is no scheme", async () => {
    const driver = { stat: async () => Promise.reject(new Error()), async *read() {} };
    expect(await failure("", () => registerDriver("s3://", driver))).toMatchInlineSnapshot(
      `"storage/bad-option | registerDriver: not a URL scheme, got 's3://', wanted a name such as 's3'. Leave out '://'."`,
    );
    expect(await failure("", () => registerDriver("c", driver))).toContain("storage/bad-option");
  });
});
