import { readLineBatches, readLines, registerDriver, splitBlocks } from "@millrace/storage";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { linesByHand } from "./lines-by-hand.ts";

/** Files in memory, in chunks of every size, so that what is tested is where bytes are cut. */
const memory = { bytes: Buffer.alloc(0), chunk: 1 };
const unregister = registerDriver("lines", {
  stat: async () => Promise.reject(new Error("not asked for")),
  async *read(_url, { start = 0, end = memory.bytes.length }) {
    const part = memory.bytes.subarray(start, end);
    for (let at = 0; at < part.length; at += memory.chunk)
      yield part.subarray(at, at + memory.chunk);
  },
});

afterAll(unregister);

const delimiters = [undefined, "\n", "\r\n", "||", "aa", "aba", "é", "|é|", "\r", "\n\n"] as const;
const encodings = ["utf8", "utf16le", "latin1"] as const;

// Few symbols, so that delimiters, halves of them and runs of them come up all the time.
const symbol = fc.constantFrom(
  "a",
  "b",
  "|",
  "\n",
  "\r",
  "é",
  "\ufeff",
  "漢",
  "😀",
  "\r\n",
  "||",
  "aba",
  // In UTF-16 these two hold the bytes of a newline across their border.
  "\u0a41\u0100",
);
// Half of a text is made of the delimiter and its parts: runs of them are where blocks go wrong.
const cases = fc.constantFrom(...delimiters).chain((delimiter) => {
  const end = delimiter ?? "\n";
  const part = fc.constantFrom(end, end, end.slice(0, 1), end.slice(1));
  return fc.record({
    text: fc
      .array(fc.oneof(symbol, part), { maxLength: 12, size: "max" })
      .map((symbols) => symbols.join("")),
    delimiter: fc.constant(delimiter),
    encoding: fc.constantFrom(...encodings),
    chunk: fc.integer({ min: 1, max: 20 }),
  });
});

async function linesOfBlocks(size: number, blockSize: number, options: object): Promise<string[]> {
  const lines: string[] = [];
  for (const block of splitBlocks(size, blockSize)) {
    lines.push(...(await readLines("lines://x", { ...options, ...block })));
  }
  return lines;
}

it("blocks of every size give the lines of the text, each once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ text, delimiter, encoding, chunk }) => {
      memory.bytes = Buffer.from(text, encoding);
      memory.chunk = chunk;
      // latin1 keeps one byte of each character and has no byte order mark.
      const kept = encoding === "latin1" ? memory.bytes.toString("latin1") : text;
      const expected = linesByHand(kept, delimiter);
      const options = { delimiter, encoding };
      expect(await readLines("lines://x", options)).toEqual(expected);
      for (let size = 1; size <= memory.bytes.length + 1; size++) {
        expect(await linesOfBlocks(memory.bytes.length, size, options)).toEqual(expected);
      }
    }),
    { numRuns: 200 },
  );
});

it("bytes that are no text give the same lines in every block size", async () => {
  const bytes = fc.array(
    fc.constantFrom(0x61, 0x0a, 0x0d, 0xc3, 0xa9, 0xe2, 0xff, 0xed, 0xa0, 0xf0),
    {
      maxLength: 24,
      size: "max",
    },
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(...delimiters), async (content, delimiter) => {
      memory.bytes = Buffer.from(content);
      memory.chunk = 3;
      const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(memory.bytes);
      const expected = linesByHand(decoded, delimiter);
      for (let size = 1; size <= content.length + 1; size++) {
        expect(await linesOfBlocks(content.length, size, { delimiter })).toEqual(expected);
      }
    }),
    { numRuns: 120 },
  );
});

it("long files give the same lines in blocks as whole, and batches stay small", async () => {
  // Pieces of one long text: a string of its own a line would cost more than all that is tested.
  const pool = fc.sample(fc.string({ unit: "grapheme", maxLength: 40 }), { numRuns: 200, seed: 1 });
  const long = `${pool.join("")}a|aa||\n\r\n\r`.repeat(2);
  const word = fc
    .tuple(fc.nat({ max: long.length - 1 }), fc.nat({ max: 300 }))
    .map(([from, length]) => long.slice(from, from + length));
  const files = fc.array(word, { minLength: 800, maxLength: 1500, size: "max" });
  await fc.assert(
    fc.asyncProperty(
      files,
      fc.constantFrom(undefined, "\n", "||", "aa"),
      fc.integer({ min: 3000, max: 90_000 }),
      fc.integer({ min: 1000, max: 70_000 }),
      async (words, delimiter, blockSize, chunk) => {
        const text = words.join(delimiter ?? "\n");
        memory.bytes = Buffer.from(text);
        memory.chunk = chunk;
        const plain = memory.bytes.toString();
        const expected = linesByHand(plain, delimiter);
        const batches: string[][] = [];
        for await (const batch of readLineBatches("lines://x", { delimiter })) batches.push(batch);
        expect(batches.flat()).toEqual(expected);
        const sizes = batches.map((batch) => batch.slice(0, -1).join("\n").length);
        expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(65_536);
        expect(batches.filter((batch) => batch.length === 0)).toEqual([]);
        const found = await linesOfBlocks(memory.bytes.length, blockSize, { delimiter });
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 12 },
  );
});
