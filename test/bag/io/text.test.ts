import { mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

import { Bag, readText } from "@millrace/bag";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { bags, partitionsOf } from "../../lib/arbitraries/bags.ts";
import { executors } from "../../lib/executors.ts";
import { loopbackServer, withRanges } from "../../storage/loopback-server.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

const folder = scratchFolder();

let folders = 0;
/** A folder of its own for one run of a property. */
const fresh = (): string => mkdtempSync(join(folder, `run-${folders++}-`));

/** Lines of any text that has no line end of its own. */
const lines = fc
  .string({ unit: "binary", maxLength: 6 })
  .filter((text) => !/[\r\n\ufeff\p{Surrogate}]/u.test(text));

describe.each(executors)("on %s", (executor) => {
  it("what toTextFiles wrote readText reads: any compression, one file a partition", async () => {
    const ways = fc.constantFrom("", ".gz", ".br", ".zz");
    await fc.assert(
      fc.asyncProperty(bags(lines), ways, async ({ bag, parts, flat }, ending) => {
        const at = fresh();
        const paths = await bag.toTextFiles(`${at}/part-*.txt${ending}`, { executor });
        expect(readdirSync(at).map((name) => join(at, name))).toStrictEqual(paths);
        const whole = readText(`${at}/*`, { filesPerPartition: 1 });
        expect(await partitionsOf(whole, executor)).toStrictEqual(parts);
        const all = readText(paths, { filesPerPartition: 5 });
        expect(all.npartitions).toBe(Math.ceil(paths.length / 5));
        expect(await all.compute({ executor })).toStrictEqual([...flat]);
      }),
      { numRuns: 8 },
    );
  });

  it("any block size gives the same lines, with any line end and without a last one", async () => {
    const text = fc.record({
      list: fc.array(lines, { maxLength: 12, size: "max" }),
      end: fc.constantFrom("\n", "\r\n"),
      open: fc.boolean(),
      blockSize: fc.integer({ min: 1, max: 30 }),
    });
    const file = join(folder, "any.txt");
    await fc.assert(
      fc.asyncProperty(text, async ({ list, end, open, blockSize }) => {
        const content = list.map((line) => line + end).join("");
        writeFileSync(file, open && content !== "" ? content.slice(0, -end.length) : content);
        const expected = open && list.at(-1) === "" ? list.slice(0, -1) : list;
        const bag = readText(file, { blockSize });
        const { size } = statSync(file);
        expect(bag.npartitions).toBe(Math.max(1, Math.ceil(size / blockSize)));
        expect(await bag.compute({ executor })).toStrictEqual(expected);
        expect(await readText(file).compute({ executor })).toStrictEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it("a line has its path where that was asked for", async () => {
    const at = fresh();
    const paths = await Bag.from(["a", "b"], { npartitions: 2 }).toTextFiles(`${at}/*.txt`);
    const pairs = readText(`${at}/*.txt`, { includePath: true, blockSize: 1 });
    expect(await pairs.compute({ executor })).toStrictEqual([
      ["a", paths[0]],
      ["b", paths[1]],
    ]);
  });

  it("reading over http gives the same lines", async () => {
    const body = Buffer.from("one\ntwo\r\nthree 😀");
    const { base } = await loopbackServer({ "/a.txt": withRanges(body) });
    const bag = readText(`${base}/a.txt`);
    expect(bag.npartitions).toBe(1);
    expect(await bag.compute({ executor })).toStrictEqual(["one", "two", "three 😀"]);
  });
});

it("a file of many reads goes through sync and async callbacks, and is left early", async () => {
  const file = join(folder, "large.txt");
  const numbers = Array.from({ length: 60_000 }, (_, n) => n);
  writeFileSync(file, numbers.join("\n"));
  const bag = readText(file, { blockSize: "100kB" });
  expect(bag.npartitions).toBe(4);
  expect(await bag.map(Number).compute()).toStrictEqual(numbers);
  const late = bag.map(async (line) => Number(line)).filter((n) => n % 2 === 0);
  expect(await late.compute()).toStrictEqual(numbers.filter((n) => n % 2 === 0));
  const some = bag.map((line) =>
    line.endsWith("9") ? Promise.resolve(Number(line)) : Number(line),
  );
  expect(await some.sum().compute()).toBe(numbers.reduce((a, b) => a + b));
  let calls = 0;
  const counted = bag.map((line) => {
    calls++;
    return line;
  });
  expect(await counted.take(3)).toStrictEqual(["0", "1", "2"]);
  expect(await late.any((n) => n === 4).compute()).toBe(true);
  expect(calls).toBeLessThanOrEqual(6);
});

it("delimiters and encodings are those asked for", async () => {
  const file = join(folder, "odd.txt");
  writeFileSync(file, Buffer.from("a||b|c||", "utf16le"));
  const bag = readText(file, { lineDelimiter: "||", encoding: "utf16le", blockSize: 3 });
  expect(await bag.compute()).toStrictEqual(["a", "b|c"]);
  writeFileSync(file, Buffer.from([0xe9, 10]));
  expect(await readText(file, { encoding: "latin1" }).compute()).toStrictEqual(["é"]);
});

it("paths, file URLs, globs and lists of them are read in order; an empty file has no lines", async () => {
  const at = fresh();
  for (const [name, text] of [
    ["b.txt", "b\n"],
    ["a.txt", "a"],
    ["c.txt", "c"],
    ["empty.txt", ""],
  ] as const) {
    writeFileSync(join(at, name), text);
  }
  const url = pathToFileURL(join(at, "c.txt")).href;
  // A file that several patterns name is read once.
  const bag = readText([`${at}/e*.txt`, url, `${at}/*.txt`]);
  expect(await bag.compute()).toStrictEqual(["c", "a", "b"]);
  const empty = readText(join(at, "empty.txt"));
  expect(empty.npartitions).toBe(1);
  expect(await empty.compute()).toStrictEqual([]);
});

it("file names sort in the order of the partitions", async () => {
  const at = fresh();
  const bag = Bag.range(120, { npartitions: 120 }).map(String);
  const paths = await bag.toTextFiles(`${at}/part-*.txt`);
  expect(paths.length).toBe(120);
  expect(paths).toStrictEqual(paths.toSorted());
  expect(paths[7]).toBe(`${at}/part-007.txt`);
  expect(await readText(`${at}/*`).compute()).toStrictEqual(await bag.compute());
  expect(readFileSync(paths[119] as string, "utf8")).toBe("119\n");
});

it("a relative pattern means the same file in every working directory", async () => {
  const at = fresh();
  const pattern = relative(process.cwd(), `${at}/part-*.txt`);
  const paths = await Bag.from(["a", "b"]).toTextFiles(pattern);
  expect(paths).toStrictEqual([`${at}/part-0.txt`, `${at}/part-1.txt`]);
  const url = pathToFileURL(`${at}/url-`).href;
  expect(await Bag.from(["a"]).toTextFiles(`${url}*`)).toStrictEqual([`${at}/url-0`]);
});

it("what is no place to read is refused at the caller's line", () => {
  expect(() => readText(null as never)).toThrowErrorMatchingInlineSnapshot(
    `[BagError: readText: no place to read, got null, wanted a path, a URL, or an array of them.]`,
  );
  expect(() => readText(5 as never)).toThrow("readText: no place to read, got 5, wanted a path");
  expect(() => readText([null] as never)).toThrow("not a location, got null");
  const one = Bag.from([1]);
  expect(() => one.join(5 as never, (n) => n)).toThrowErrorMatchingInlineSnapshot(
    `[BagError: join: this cannot be iterated, got 5, wanted an array or another iterable.]`,
  );
});

it("files that are there are replaced, or kept where that was asked for", async () => {
  const at = fresh();
  const pattern = `${at}/*.txt`;
  await Bag.from(["old"]).toTextFiles(pattern);
  const kept = Bag.from(["new"]).toTextFiles(pattern, { overwrite: false });
  await expect(kept).rejects.toMatchObject({ code: "storage/exists" });
  expect(await readText(pattern).compute()).toStrictEqual(["old"]);
  await Bag.from(["new"]).toTextFiles(pattern);
  expect(await readText(pattern).compute()).toStrictEqual(["new"]);
});

it("nothing is left of a file whose partition failed", async () => {
  const at = fresh();
  const bag = Bag.from(["fine", 5 as unknown as string], { npartitions: 1 });
  await expect(bag.toTextFiles(`${at}/*.txt`)).rejects.toMatchObject({ code: "bag/not-text" });
  expect(readdirSync(at)).toStrictEqual([]);
});

it("a file that has changed gives other keys", async () => {
  const file = join(fresh(), "a.txt");
  writeFileSync(file, "one");
  const before = readText(file).outputKeys;
  expect(readText(file).outputKeys).toStrictEqual(before);
  writeFileSync(file, "three");
  expect(readText(file).outputKeys).not.toStrictEqual(before);
});

describe("what cannot be read is told at the caller's line", () => {
  const told = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      const { code, message, stack = "" } = error as Error & { code: string };
      expect(stack).toContain("text.test.ts");
      return `${code} | ${message.replaceAll(folder, "/folder")}`;
    }
    return "nothing was thrown";
  };
  const wrong = <T>(value: unknown): T => value as T;
  const file = join(folder, "one.txt");
  writeFileSync(file, "one\n");

  it("files and options", () => {
    expect(told(() => readText([]))).toMatchInlineSnapshot(
      `"bag/invalid-argument | readText: no files, got "an empty list", wanted one path, glob or URL or more."`,
    );
    expect(told(() => readText(`${folder}/none-*.txt`))).toMatchInlineSnapshot(
      `"storage/no-match | glob: no file matches, got '/folder/none-*.txt', wanted at least one. Check the pattern (hidden files match only with the dot), or pass { allowEmpty: true }."`,
    );
    expect(told(() => readText(`${folder}/none.txt`))).toMatchInlineSnapshot(
      `"storage/not-found | glob: no such file, got '/folder/none.txt', wanted a file that exists or a pattern. Check the path; a relative one starts at the working directory."`,
    );
    expect(told(() => readText(file, { blockSize: 0 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | readText: bad blockSize, got 0, wanted 1 byte or more."`,
    );
    expect(told(() => readText(file, { filesPerPartition: 0 }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | readText: bad filesPerPartition, got 0, wanted a whole number from 1 to 10000000."`,
    );
    expect(
      told(() => readText(file, { filesPerPartition: 1, blockSize: 1 })),
    ).toMatchInlineSnapshot(
      `"bag/invalid-argument | readText: two ways to cut, got "blockSize and filesPerPartition", wanted one of them."`,
    );
    expect(told(() => readText(file, { blockSize: 1, compression: "gzip" }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | readText: blockSize cannot cut this file, got "/folder/one.txt", wanted uncompressed local files. Leave blockSize out, or use filesPerPartition."`,
    );
    expect(
      told(() => readText(file, { filesPerPartition: 1, compression: wrong("rar") })),
    ).toMatchInlineSnapshot(
      `"storage/bad-option | compression: no such compression, got 'rar', wanted one of infer, none, gzip, brotli, deflate, zstd, lz4."`,
    );
    expect(told(() => readText(file, { encoding: wrong("ebcdic") }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | readText: bad encoding, got "ebcdic", wanted utf8, utf16le or latin1."`,
    );
    expect(told(() => readText(file, { lineDelimiter: "" }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | readText: bad lineDelimiter, got "", wanted one character or more."`,
    );
    expect(told(() => readText(file, { includePath: wrong("yes") }))).toMatchInlineSnapshot(
      `"bag/invalid-argument | readText: bad includePath, got "yes", wanted true or false."`,
    );
  });
});

it.each(executors)("a run that fails on %s leaves the files that were there", async (executor) => {
  const at = fresh();
  const pattern = join(at, "*.txt");
  await Bag.from(["a", "b"], { npartitions: 2 }).toTextFiles(pattern, { executor });
  const bad = Bag.from<unknown>(["x", "y", 1], { npartitions: 3 });
  for (const overwrite of [true, false]) {
    await expect(bad.toTextFiles(pattern, { executor, overwrite })).rejects.toThrow();
  }
  expect(readdirSync(at)).toEqual(["0.txt", "1.txt"]);
  // Each file is read whole before any is replaced.
  const upper = readText(pattern).map((line) => line.toUpperCase());
  await upper.toTextFiles(pattern, { executor });
  expect(await readText(pattern).compute({ executor })).toEqual(["A", "B"]);
});
