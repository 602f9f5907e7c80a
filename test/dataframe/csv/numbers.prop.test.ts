import fc from "fast-check";
import { expect, test } from "vitest";

import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import { file, readCsv } from "../../lib/dataframe/csv-files.ts";

const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

const pieces = fc.string({
  unit: fc.constantFrom(...digits, ...digits, ".", "-", "+", "e"),
  minLength: 1,
  maxLength: 24,
});

/** Each text as a value of a dtype, null where it is none. */
async function read(dtype: DType, texts: readonly string[]): Promise<unknown> {
  const path = file(`a\n${texts.join("\n")}\n`);
  return (await readCsv(path, { schema: { a: dtype }, badRows: "null" })).columns["a"];
}

const lists = (texts: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.array(texts, { size: "max", minLength: 1, maxLength: 60 });

test("floating-point numbers are those of Number()", async () => {
  const texts = fc.oneof(
    pieces,
    fc.double().map(String),
    fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -30, max: 30 })).map(([m, e]) => `${m}e${e}`),
    fc.tuple(fc.nat(), fc.bigInt({ min: 0n, max: 10n ** 20n })).map((parts) => parts.join(".")),
  );
  await fc.assert(
    fc.asyncProperty(lists(texts), async (given) => {
      const wanted = given.map((text) => {
        const isNumber = /\d/.test(text) || /^(?:-?Infinity|NaN)$/.test(text);
        return isNumber && (!Number.isNaN(Number(text)) || text === "NaN") ? Number(text) : null;
      });
      expect(await read(d.float64, given)).toEqual(wanted);
      expect(await read(d.float32, given)).toEqual(
        wanted.map((value) => (value === null ? null : Math.fround(value))),
      );
    }),
    { numRuns: 40 },
  );
});

test.each([
  [d.int8, 8, true],
  [d.uint8, 8, false],
  [d.int32, 32, true],
  [d.uint32, 32, false],
  [d.int64, 64, true],
  [d.uint64, 64, false],
] as const)("whole numbers of %j are those that it can hold", async (dtype, bits, isSigned) => {
  const [min, max] = isSigned
    ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n]
    : [0n, 2n ** BigInt(bits) - 1n];
  const texts = fc.oneof(
    pieces,
    fc.bigInt({ min: min - 3n, max: max + 3n }).map(String),
    fc.integer({ min: -300, max: 300 }).map(String),
  );
  await fc.assert(
    fc.asyncProperty(lists(texts), async (given) => {
      const wanted = given.map((text) => {
        const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
        if (value === undefined || value < min || value > max) return null;
        return bits === 64 ? value : Number(value);
      });
      expect(await read(dtype, given)).toEqual(wanted);
    }),
    { numRuns: 25 },
  );
});

test("decimals are exact, and have no more digits than their dtype", async () => {
  const texts = fc.oneof(
    pieces,
    fc.tuple(fc.integer(), fc.nat({ max: 99_999 })).map((parts) => parts.join(".")),
  );
  await fc.assert(
    fc.asyncProperty(
      lists(texts),
      fc.constantFrom([18, 4], [9, 2], [18, 18], [5, 0]),
      async (given, [precision = 1, scale = 0]) => {
        const wanted = given.map((text) => {
          const [, sign, whole = "", part = ""] = /^([+-]?)(\d*)\.?(\d*)$/.exec(text) ?? [];
          if (whole + part === "" || !/^0*$/.test(part.slice(scale))) return null;
          const value = BigInt(whole + part.slice(0, scale).padEnd(scale, "0"));
          if (value >= 10n ** BigInt(precision)) return null;
          return sign === "-" ? -value : value;
        });
        expect(await read(d.decimal(precision, scale), given)).toEqual(wanted);
      },
    ),
    { numRuns: 40 },
  );
});

test("dates and times are those of Date, and days that are not in the calendar are none", async () => {
  const number = (min: number, max: number, length = 2): fc.Arbitrary<string> =>
    fc.integer({ min, max }).map((value) => String(value).padStart(length, "0"));
  const day = fc
    .tuple(number(0, 9999, 4), number(0, 13), number(0, 32))
    .map((parts) => parts.join("-"));
  const clock = fc
    .tuple(number(0, 24), number(0, 60), number(0, 60))
    .map((parts) => parts.join(":"));
  const zone = fc.constantFrom("", "Z", "+02:00", "-03:30");
  const stamp = fc.tuple(day, clock, fc.constantFrom("", ".5", ".250", ".001"), zone);
  await fc.assert(
    fc.asyncProperty(
      lists(day),
      fc.array(stamp, { size: "max", minLength: 1, maxLength: 60 }),
      async (given, stamps) => {
        const wanted = given.map((text) => {
          const ms = Date.parse(`${text}T00:00:00Z`);
          const isDay = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
          return isDay ? ms / 86_400_000 : null;
        });
        expect(await read(d.date, given)).toEqual(wanted);
        const times = stamps.map(([date, time, part, offset]) => {
          const isDay = Date.parse(`${date}T00:00:00Z`);
          const isReal = !Number.isNaN(isDay) && new Date(isDay).toISOString().startsWith(date);
          const ms = Date.parse(`${date}T${time}${part}${offset === "" ? "Z" : offset}`);
          return isReal && !Number.isNaN(ms) && !time.startsWith("24") ? BigInt(ms) : null;
        });
        const texts = stamps.map(([date, time, part, offset]) => `${date}T${time}${part}${offset}`);
        expect(await read(d.timestamp("ms"), texts)).toEqual(times);
        const finer = times.map((value) => (value === null ? null : value * 1_000_000n));
        // 64 bits of nanoseconds are 292 years before and after 1970.
        const held = finer.map((value) =>
          value !== null && BigInt.asIntN(64, value) === value ? value : null,
        );
        expect(await read(d.timestamp("ns"), texts)).toEqual(held);
      },
    ),
    { numRuns: 40 },
  );
});
