import {
  compressionOf,
  openRead,
  readAll,
  readLines,
  registerDriver,
  stat,
  writeAll,
} from "@millrace/storage";
import type { Compression } from "@millrace/storage";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../lib/scratch-folder.ts";
import { failure, openFilesIn, plant, textOf } from "./scratch.ts";

const folder = scratchFolder();
const codecs = ["gzip", "brotli", "deflate", "zstd", "lz4"] as const;
const suffixes = { gzip: "gz", brotli: "br", deflate: "zz", zstd: "zst", lz4: "lz4" } as const;
// More than one frame of 4 MiB, and not the same everywhere.
const numbers = Array.from({ length: 45_000 }, (_, index) =>
  `${index * 7919}`.padEnd(99, "-"),
).join("\n");

describe("compressionOf", () => {
  it.each([
    ["a.csv.gz", "gzip"],
    ["A.CSV.GZ", "gzip"],
    ["a.bgz", "gzip"],
    ["a.br", "brotli"],
    ["a.deflate", "deflate"],
    ["a.zst", "zstd"],
    ["a.lz4", "lz4"],
    ["a.csv", "none"],
    ["gz", "none"],
    [".gz", "gzip"],
    ["a.gz/b", "none"],
    ["https://example.org/a.gz?x=b.br#c.lz4", "gzip"],
    ["https://example.org/a?x=b.gz", "none"],
    [new URL("file:///a.zst"), "zstd"],
  ] as const)("%s is %s", (name, codec) => {
    expect(compressionOf(name)).toBe(codec);
  });

  it("takes what it is told and refuses what there is not", async () => {
    expect(compressionOf("a.gz", "none")).toBe("none");
    expect(compressionOf("a", "zstd")).toBe("zstd");
    expect(await failure("", () => compressionOf("a", "rar" as Compression))).toMatchInlineSnapshot(
      `"storage/bad-option | compression: no such compression, got 'rar', wanted one of infer, none, gzip, brotli, deflate, zstd, lz4."`,
    );
    const gz = join(folder, "x.gz");
    const call = (): unknown => writeAll(gz, ["x"], { compression: "rar" as Compression });
    expect(await failure(folder, call)).toContain("storage/bad-option");
    expect(existsSync(gz)).toBe(false);
  });
});

describe.each(codecs)("%s", (codec) => {
  const file = join(folder, `numbers.txt.${suffixes[codec]}`);

  it("gives back what was written, and the size at rest", async () => {
    const bytes = await writeAll(file, [numbers.slice(0, 999), Buffer.from(numbers.slice(999))]);
    expect(bytes).toBe((await stat(file)).size);
    expect(bytes).toBeLessThan(numbers.length);
    expect(await textOf(openRead(file))).toBe(numbers);
  });

  it("holds nothing as a file that is not empty", async () => {
    const empty = join(folder, `empty.${suffixes[codec]}`);
    expect(await writeAll(empty, [])).toBeGreaterThan(0);
    expect((await readAll(empty)).length).toBe(0);
    expect(await readLines(empty)).toEqual([]);
  });

  it("is an error that names the file when it is cut anywhere", async () => {
    const small = join(folder, `small.${suffixes[codec]}`);
    await writeAll(small, ["some words to be cut short, some words to be cut short"]);
    const bytes = readFileSync(small);
    const cut = join(folder, `cut.${suffixes[codec]}`);
    for (let length = 0; length < bytes.length; length++) {
      plant(folder, { [`cut.${suffixes[codec]}`]: bytes.subarray(0, length) });
      const got = await failure(folder, () => readAll(cut));
      expect(got, `${length} of ${bytes.length} bytes`).toMatch(
        new RegExp(`^storage/corrupt \\| read: not valid ${codec}, got '/folder/cut`),
      );
    }
  });

  it("is an error when it is something else, or is followed by something else", async () => {
    const name = `wrong.${suffixes[codec]}`;
    plant(folder, { [name]: "this is no compressed file at all" });
    expect(await failure(folder, () => readLines(join(folder, name)))).toContain("storage/corrupt");
    const small = readFileSync(join(folder, `small.${suffixes[codec]}`));
    plant(folder, { [name]: Buffer.concat([small, Buffer.from("rubbish behind")]) });
    expect(await failure(folder, () => readLines(join(folder, name)))).toContain("storage/corrupt");
  });

  it("reads on after an error", async () => {
    expect((await readLines(file)).length).toBe(45_000);
  });

  it("has no ranges and no blocks, but raw bytes", async () => {
    expect(await failure(folder, () => readAll(file, { start: 5 }))).toContain("storage/bad-range");
    const block = { offset: 0, length: 5 };
    expect(await failure(folder, () => readLines(file, block))).toContain("storage/bad-range");
    const raw = await readAll(file, { start: 1, end: 4, compression: "none" });
    expect(Buffer.from(raw)).toEqual(readFileSync(file).subarray(1, 4));
  });

  it("closes the file when the reader leaves early", async () => {
    const before = openFilesIn(folder);
    for await (const _ of openRead(file)) break;
    expect(openFilesIn(folder)).toBe(before);
  });

  it("ends with storage/aborted in the middle", async () => {
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of openRead(file, { signal: controller.signal })) controller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: "storage/aborted" });
  });
});

describe("several streams in one file", () => {
  it.each(["gzip", "zstd", "lz4"] as const)("%s is read whole", async (codec) => {
    const suffix = suffixes[codec];
    for (const part of ["one\n", "two\n", ""]) await writeAll(join(folder, `p.${suffix}`), [part]);
    await writeAll(join(folder, `1.${suffix}`), ["one\n"]);
    await writeAll(join(folder, `2.${suffix}`), ["two\n"]);
    const parts = [`1.${suffix}`, `p.${suffix}`, `2.${suffix}`];
    const bytes = Buffer.concat(parts.map((part) => readFileSync(join(folder, part))));
    plant(folder, { [`all.${suffix}`]: bytes });
    expect(await readLines(join(folder, `all.${suffix}`))).toEqual(["one", "two"]);
  });

  it("zeros after gzip are padding, and nothing behind them is dropped", async () => {
    const one = zlib.gzipSync("a");
    const more = [zlib.gzipSync("b"), Buffer.from("rubbish"), Buffer.from([1])];
    for (const zeros of [1, 512, 1_500_000]) {
      const padded = Buffer.concat([one, Buffer.alloc(zeros)]);
      plant(folder, { "padded.gz": padded });
      expect(await textOf(openRead(join(folder, "padded.gz")))).toBe("a");
      for (const behind of more) {
        plant(folder, { "padded.gz": Buffer.concat([padded, behind]) });
        const got = await failure(folder, () => readAll(join(folder, "padded.gz")));
        expect(got, `${zeros} zeros, then ${behind.length} bytes`).toContain("storage/corrupt");
      }
    }
  });

  it("a stream that ends where a chunk of the driver ends is seen to have something behind it", async () => {
    const packed = {
      gzip: zlib.gzipSync,
      deflate: zlib.deflateSync,
      brotli: zlib.brotliCompressSync,
    };
    const parts: Uint8Array[] = [];
    const undo = registerDriver("parts", {
      stat: async () => Promise.reject(new Error("not asked for")),
      async *read() {
        yield* parts;
      },
    });
    for (const [compression, pack] of Object.entries(packed)) {
      parts.splice(0, parts.length, pack("a"), Buffer.from("x"), Buffer.from("y"));
      const call = (): unknown =>
        readAll("parts://x", { compression: compression as keyof typeof packed });
      expect(await failure("", call), compression).toContain("storage/corrupt");
    }
    undo();
  });

  it.each(["zstd", "lz4"] as const)("%s of one large chunk has frames of 4 MiB", async (codec) => {
    const file = join(folder, `large.${suffixes[codec]}`);
    const large = Buffer.alloc(9_000_000, "abc");
    await writeAll(file, [large]);
    const sizes: number[] = [];
    for await (const chunk of openRead(file)) sizes.push(chunk.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 << 20);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(large.length);
  });

  it.each([
    ["zstd", "zst"],
    ["lz4", "lz4"],
  ])("%s passes over skippable frames", async (_codec, suffix) => {
    await writeAll(join(folder, `one.${suffix}`), ["one"]);
    const skippable = Buffer.from("5b2a4d18" + "03000000" + "aabbcc", "hex");
    const one = readFileSync(join(folder, `one.${suffix}`));
    plant(folder, { [`skip.${suffix}`]: Buffer.concat([skippable, one, skippable, one]) });
    expect(await textOf(openRead(join(folder, `skip.${suffix}`)))).toBe("oneone");
  });
});

describe("messages", () => {
  it("say what is wrong and what to do", async () => {
    plant(folder, { "bad.gz": "nonsense" });
    expect(await failure(folder, () => readAll(join(folder, "bad.gz")))).toMatchInlineSnapshot(
      `"storage/corrupt | read: not valid gzip, got '/folder/bad.gz' (incorrect header check), wanted a whole gzip file. Fetch or write it again, or name another compression."`,
    );
    const range = (): unknown => readAll(join(folder, "bad.gz"), { start: 1 });
    expect(await failure(folder, range)).toMatchInlineSnapshot(
      `"storage/bad-range | openRead: a gzip file has no ranges, got start or end for '/folder/bad.gz'. Read it whole, or pass compression: "none" for the bytes at rest."`,
    );
    const block = (): unknown => readLines(join(folder, "bad.gz"), { offset: 1, length: 2 });
    expect(await failure(folder, block)).toMatchInlineSnapshot(
      `"storage/bad-range | readLines: a gzip file has no blocks, got offset 1 and length 2 for '/folder/bad.gz', wanted neither. Read it as one block."`,
    );
  });
});

describe("an optional package that is not there", () => {
  /** The built package and what it needs, where nothing else can be found. */
  function alone(): string {
    const modules = join(folder, "alone/node_modules");
    const from = dirname(dirname(fileURLToPath(import.meta.resolve("@millrace/storage"))));
    mkdirSync(join(modules, "@millrace"), { recursive: true });
    cpSync(from, join(modules, "@millrace/storage"), { recursive: true });
    const picomatch = createRequire(import.meta.url).resolve("picomatch");
    cpSync(dirname(picomatch), join(modules, "picomatch"), { recursive: true });
    return join(folder, "alone");
  }

  it("is named with the command that installs it, and leaves no file behind", () => {
    const cwd = alone();
    const program = `
      import zlib from "node:zlib";
      delete zlib.createZstdDecompress;
      const { readAll, writeAll } = await import("@millrace/storage");
      const { readdirSync } = await import("node:fs");
      const say = (error) => console.log(error.code, "|", error.message);
      await writeAll("a.lz4", ["x"]).catch(say);
      await writeAll("plain.txt", ["x"]);
      await readAll("plain.txt", { compression: "lz4" }).catch(say);
      await readAll("plain.txt", { compression: "zstd" }).catch(say);
      await writeAll("a.gz", ["x"]);
      console.log(readdirSync(".").filter((name) => name !== "node_modules").join());
    `;
    const args = ["--input-type=module", "-e", program];
    const out = String(execFileSync(process.execPath, args, { cwd }));
    expect(out.replaceAll(cwd, "/alone")).toMatchInlineSnapshot(`
      "storage/missing-codec | compression: lz4 needs an optional package that cannot be loaded, got '/alone/a.lz4', wanted 'lz4-napi'. Run: npm install lz4-napi
      storage/missing-codec | compression: lz4 needs an optional package that cannot be loaded, got '/alone/plain.txt', wanted 'lz4-napi'. Run: npm install lz4-napi
      storage/missing-codec | compression: zstd needs an optional package that cannot be loaded, got '/alone/plain.txt', wanted '@bokuweb/zstd-wasm'. Use Node 22.15 or later, or run: npm install @bokuweb/zstd-wasm
      a.gz,plain.txt
      "
    `);
  });
});
