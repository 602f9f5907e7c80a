import { readLineBatches, readLines, splitBlocks, writeAll } from "@millrace/storage";
import type { LineEncoding, LineOptions } from "@millrace/storage";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../lib/scratch-folder.ts";
import { failure, openFilesIn, plant } from "./scratch.ts";

const folder = scratchFolder();
const file = join(folder, "file.txt");

/** The lines of a file with that content. */
async function linesOf(content: string | Uint8Array, options: LineOptions = {}): Promise<string[]> {
  plant(folder, { "file.txt": content });
  return readLines(file, options);
}

describe("readLines", () => {
  it("strips \\n and \\r\\n, keeps a lone \\r, and needs no last newline", async () => {
    expect(await linesOf("a\nb\r\n\nc\rd\n\r\ne\r")).toEqual(["a", "b", "", "c\rd", "", "e\r"]);
    expect(await linesOf("a\n")).toEqual(["a"]);
    expect(await linesOf("\n")).toEqual([""]);
    expect(await linesOf("")).toEqual([]);
    expect(await linesOf("\r\r\n")).toEqual(["\r"]);
  });

  it("strips exactly an explicit delimiter", async () => {
    expect(await linesOf("a\r\nb\n", { delimiter: "\n" })).toEqual(["a\r", "b"]);
    expect(await linesOf("a\r\nb\nc", { delimiter: "\r\n" })).toEqual(["a", "b\nc"]);
    expect(await linesOf("a||b|||c||", { delimiter: "||" })).toEqual(["a", "b", "|c"]);
  });

  it("drops a byte order mark at the start of the file only", async () => {
    expect(await linesOf("\ufeffa\n\ufeffb")).toEqual(["a", "\ufeffb"]);
    expect(await linesOf("\ufeff")).toEqual([]);
    expect(await linesOf("\ufeff\n")).toEqual([""]);
    const wide = Buffer.from("\ufeffa\r\nb", "utf16le");
    expect(await linesOf(wide, { encoding: "utf16le" })).toEqual(["a", "b"]);
  });

  it("gives each line to the block that it begins in", async () => {
    plant(folder, { "file.txt": "aa\nbb\ncc\n" });
    const at = async (offset: number, length: number): Promise<string[]> =>
      readLines(file, { offset, length });
    expect(await at(0, 1)).toEqual(["aa"]);
    expect(await at(0, 3)).toEqual(["aa"]);
    expect(await at(0, 4)).toEqual(["aa", "bb"]);
    expect(await at(1, 2)).toEqual([]);
    expect(await at(3, 1)).toEqual(["bb"]);
    expect(await at(1, 100)).toEqual(["bb", "cc"]);
    expect(await at(8, 1)).toEqual([]);
    expect(await at(9, 5)).toEqual([]);
    expect(await at(1000, 5)).toEqual([]);
    expect(await at(3, 0)).toEqual([]);
    expect(await readLines(file, { offset: 3 })).toEqual(["bb", "cc"]);
  });

  it("reads latin1 and UTF-16, and replaces what is no text", async () => {
    const bytes = Buffer.from([0x61, 0xe9, 0x0a, 0xff, 0x0a]);
    expect(await linesOf(bytes, { encoding: "latin1" })).toEqual(["aé", "ÿ"]);
    expect(await linesOf(bytes)).toEqual(["a\ufffd", "\ufffd"]);
    const wide = Buffer.from("añ\u0a0a\nb\u0d0a", "utf16le");
    expect(await linesOf(wide, { encoding: "utf-16le" })).toEqual(["añ\u0a0a", "b\u0d0a"]);
    const odd = Buffer.concat([wide, Buffer.from([0x41])]);
    expect((await linesOf(odd, { encoding: "utf16le" })).at(-1)).toBe("b\u0d0a\ufffd");
  });

  it("refuses what is no text when fatal", async () => {
    expect(await linesOf("é\n漢", { fatal: true })).toEqual(["é", "漢"]);
    const bad = Buffer.from([0x61, 0x0a, 0xff]);
    expect(await failure(folder, () => linesOf(bad, { fatal: true }))).toMatchInlineSnapshot(
      `"storage/bad-encoding | readLines: not utf8 text, got other bytes in '/folder/file.txt' after byte 2, wanted valid text. Name the encoding of the file, or leave out fatal to get U+FFFD."`,
    );
    const half = Buffer.from("a\ud800\n", "utf16le");
    const wide = { encoding: "utf16le", fatal: true } as const;
    expect(await failure(folder, () => linesOf(half, wide))).toContain("storage/bad-encoding");
    expect(await linesOf(bad, { fatal: true, encoding: "latin1" })).toEqual(["a", "ÿ"]);
  });

  it("reads a line that is longer than every buffer, in blocks and whole", async () => {
    const long = "é".repeat(1_500_000);
    const content = `a\n${long}\nb\n${long}`;
    expect(await linesOf(content)).toEqual(["a", long, "b", long]);
    const found: string[] = [];
    for (const block of splitBlocks(Buffer.byteLength(content), 2_000_000)) {
      found.push(...(await readLines(file, block)));
    }
    expect(found).toEqual(["a", long, "b", long]);
  });

  it("refuses a line that is too long, whole or cut, and no other", async () => {
    const max = { lineBytesMax: 70_000 };
    const ok = "x".repeat(70_000);
    const rows = Array.from({ length: 3000 }, () => "y".repeat(50)).join("\n");
    expect(await linesOf(`${rows}\n${ok}\n${ok}`, max)).toHaveLength(3002);
    expect(await linesOf(`${rows}\n${ok}\nz`, { ...max, length: 153_001 })).toHaveLength(3001);
    const call = (): unknown => linesOf(`${rows}\n${ok}x\nz`, max);
    expect(await failure(folder, call)).toMatchInlineSnapshot(
      `"storage/line-too-long | readLines: a line too long at byte 153000 of '/folder/file.txt', got more than 70000 bytes, wanted a shorter one. Check the delimiter, or raise lineBytesMax."`,
    );
    const last = (): unknown => linesOf(`${rows}\n${ok}x`, max);
    expect(await failure(folder, last)).toContain("line too long at byte 153000");
    const endless = (): unknown => linesOf("x".repeat(5_000_000), max);
    expect(await failure(folder, endless)).toContain("line too long at byte 0");
  });

  it("finds self-overlapping delimiters as a scan from the start does, however far back that is", async () => {
    const content = `x${"|".repeat(140_001)}y||z`;
    const whole = await linesOf(content, { delimiter: "||" });
    expect(whole.slice(-2)).toEqual(["|y", "z"]);
    for (const blockSize of [50_001, 65_536, 131_073]) {
      const found: string[] = [];
      for (const block of splitBlocks(content.length, blockSize)) {
        found.push(...(await readLines(file, { ...block, delimiter: "||" })));
      }
      // Compared as texts: arrays of this length take longer to compare than to read.
      expect(found.join()).toBe(whole.join());
    }
  });

  it("refuses what cannot be a block, a delimiter or an encoding", async () => {
    plant(folder, { "file.txt": "a" });
    const with_ =
      (options: object): (() => unknown) =>
      () =>
        readLines(file, options);
    expect(await failure(folder, with_({ offset: -1 }))).toMatchInlineSnapshot(
      `"storage/bad-range | readLines: not a block of '/folder/file.txt', got offset -1 and length undefined, wanted whole numbers of 0 or more. Take blocks from splitBlocks()."`,
    );
    expect(await failure(folder, with_({ length: 0.5 }))).toContain("storage/bad-range");
    expect(await failure(folder, with_({ delimiter: "" }))).toMatchInlineSnapshot(
      `"storage/bad-option | readLines: not a line delimiter, got '', wanted text of one character or more that utf8 can hold."`,
    );
    expect(await failure(folder, with_({ delimiter: "\ufffd" }))).toContain("bad-option");
    expect(await failure(folder, with_({ delimiter: "\ufeff" }))).toContain("bad-option");
    expect(await failure(folder, with_({ delimiter: "\ud800" }))).toContain("bad-option");
    expect(await failure(folder, with_({ delimiter: "漢", encoding: "latin1" }))).toContain(
      "latin1 can hold",
    );
    const encoding = "utf-32" as LineEncoding;
    expect(await failure(folder, with_({ encoding }))).toMatchInlineSnapshot(
      `"storage/bad-option | readLines: no such encoding, got 'utf-32', wanted utf8, utf16le or latin1."`,
    );
    expect(await failure(folder, with_({ delimeter: "|" }))).toMatchInlineSnapshot(
      `"storage/bad-option | readLines: no such option, got 'delimeter', wanted one of offset, length, delimiter, encoding, compression, fatal, lineBytesMax, signal."`,
    );
    expect(await failure(folder, with_({ lineBytesMax: 10 }))).toMatchInlineSnapshot(
      `"storage/bad-option | readLines: lineBytesMax is out of range, got 10, wanted 65536 to 524288000 bytes."`,
    );
    expect(await failure(folder, () => readLines(`${file}.no`))).toContain("storage/not-found");
  });
});

describe("readLineBatches", () => {
  const big = join(folder, "big.txt");

  it("gives small arrays that are never empty and closes the file when left early", async () => {
    await writeAll(
      big,
      Array.from({ length: 120_000 }, (_, index) => `line number ${index}\n`),
    );
    const before = openFilesIn(folder);
    let lines = 0;
    for await (const batch of readLineBatches(big)) {
      expect(batch.length).toBeGreaterThan(0);
      expect(batch.join("\n").length).toBeLessThanOrEqual(65_536);
      lines += batch.length;
    }
    expect(lines).toBe(120_000);
    for await (const _ of readLineBatches(big)) break;
    expect(openFilesIn(folder)).toBe(before);
  });

  it("reads compressed files in the same way", async () => {
    const whole = (await readLines(big)).slice(0, 30_000);
    for (const suffix of ["gz", "zst", "lz4", "br"]) {
      await writeAll(`${big}.${suffix}`, [whole.join("\n")]);
      expect((await readLines(`${big}.${suffix}`)).join()).toBe(whole.join());
    }
  });

  it("ends with storage/aborted between two arrays", async () => {
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of readLineBatches(big, { signal: controller.signal })) controller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: "storage/aborted" });
  });
});
