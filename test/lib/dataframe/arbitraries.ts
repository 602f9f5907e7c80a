import fc from "fast-check";

import type { DType, Field, TimeUnit } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import {
  integerBits,
  isFloat,
  isInteger,
  isText,
  isWide,
} from "../../../packages/dataframe/dist/dtype-traits.js";
import type { Scalar } from "../../../packages/dataframe/dist/expr/typed.js";
import type { Value } from "./interpret-values.ts";
import type { Row } from "./interpret.ts";

const { timestamp } = d;

/** Dtypes whose values have an order: all that a key, a comparison or a minimum can have. */
export const orderableTypes: readonly DType[] = [
  d.int32,
  d.float64,
  d.utf8,
  d.bool,
  d.int64,
  d.date,
  timestamp("ms"),
  d.dictionary,
  d.int8,
  d.int16,
  d.uint8,
  d.uint16,
  d.uint32,
  d.uint64,
  d.float32,
  timestamp("s", "America/Sao_Paulo"),
  timestamp("ms", "Europe/Berlin"),
  timestamp("us"),
  timestamp("ns"),
  d.decimal(18, 2),
  d.decimal(18, 4),
  d.decimal(9, 4),
];

/** Dtypes that columns of random frames have. */
export const columnTypes: readonly DType[] = [
  ...orderableTypes,
  d.list(d.utf8),
  d.list(d.int32),
  d.struct({ n: d.int64, "a b": d.utf8 }),
];

/** Texts that are hard to get right: empty, pairs, case that changes length, look-alikes. */
export const oddTexts: readonly string[] = [
  "",
  "a",
  "abc",
  "b,a",
  " A\u00a0",
  "ß",
  "İi",
  "é",
  "e\u0301",
  "😀a",
  "\uffff",
  "\u{10000}",
  'quote " and \\',
  "line\r\nend",
  "\u0000",
  "12",
  "-7.5",
  "+1e3",
  "NaN",
  "true",
  "2024-02-29",
  "2024-02-29T12:34:56.789Z",
  "1969-12-31 23:59:59.999999+01:00",
  "the quick brown fox jumps over the lazy dog, and then some more",
];

/** Values of a dtype as columns store them, `null` among them. */
export function values(dtype: DType): fc.Arbitrary<Value> {
  return fc.option(presentValues(dtype), { nil: null, freq: 6 });
}

/** Values of a dtype as columns store them, without `null`. */
export function presentValues(dtype: DType): fc.Arbitrary<Value> {
  switch (dtype.kind) {
    case "list":
      return fc.array(values(dtype.item), { maxLength: 4, size: "max" });
    case "struct": {
      const fields = Object.entries(dtype.fields);
      const parts = fields.map(([, part]) => values(part));
      return fc
        .tuple(...parts)
        .map((drawn) => Object.fromEntries(fields.map(([name], i) => [name, drawn[i] ?? null])));
    }
    default: {
      const odd = fc.constantFrom(...oddValues(dtype));
      return fc.oneof({ weight: 2, arbitrary: odd }, { weight: 3, arbitrary: anyValue(dtype) });
    }
  }
}

function anyValue(dtype: DType): fc.Arbitrary<Scalar> {
  if (isText(dtype)) {
    return fc.oneof(
      fc.string({ unit: "binary", maxLength: 8, size: "max" }),
      fc.stringMatching(/^[a-c]{0,3}$/),
    );
  }
  if (isFloat(dtype)) {
    const noInteger = fc.integer({ min: -2_000, max: 2_000 }).map((n) => n / 8);
    return dtype.kind === "float32"
      ? fc.oneof(noInteger, fc.float())
      : fc.oneof(noInteger, fc.double());
  }
  if (dtype.kind === "bool") return fc.boolean();
  const [low, high] = rangeOf(dtype);
  const near = [low < -20n ? -20n : low, high > 20n ? 20n : high] as const;
  const whole = fc.oneof(
    fc.bigInt({ min: near[0], max: near[1] }),
    fc.bigInt({ min: low, max: high }),
  );
  return isWide(dtype) ? whole : whole.map(Number);
}

/** Extremes and edges of a dtype that is no list and no struct; the plainest come first. */
export function oddValues(dtype: DType): readonly Exclude<Scalar, null>[] {
  if (isText(dtype)) return oddTexts;
  if (dtype.kind === "bool") return [true, false];
  if (isFloat(dtype)) {
    const numbers = [1, 0, -0, 2.5, -1.5, 1e-3, 2 ** 31, 2 ** 53, 1e18, -1e300, 0.1, 0.285];
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324];
    return [...numbers, ...odd].map(dtype.kind === "float32" ? Math.fround : Number);
  }
  const [low, high] = rangeOf(dtype);
  const all = [1n, 0n, 7n, -1n, low, high, low + 1n, high - 1n, 100n, ...edgesOf(dtype)];
  const held = all.filter((value) => value >= low && value <= high);
  return isWide(dtype) ? held : held.map(Number);
}

/** Moments around which clocks change, and days around which calendars do, in seconds. */
const oddMoments: readonly string[] = [
  "1969-12-31T23:59:59Z",
  "2024-02-29T23:59:59Z",
  "2024-03-31T00:59:59Z",
  "2024-03-31T01:00:00Z",
  "2024-10-27T00:30:00Z",
  "2024-10-27T01:30:00Z",
  "2018-11-04T02:59:59Z",
  "2018-11-04T03:00:00Z",
  "2000-12-31T12:00:00Z",
  "1890-01-01T00:00:00Z",
];

function edgesOf(dtype: DType): readonly bigint[] {
  if (dtype.kind === "timestamp") {
    const steps = stepsPerSecond(dtype.unit);
    return oddMoments.map((text) => BigInt(Date.parse(text) / 1_000) * steps);
  }
  if (dtype.kind === "date") {
    return oddMoments.map((text) => BigInt(Math.floor(Date.parse(text) / 86_400_000)));
  }
  return isWide(dtype) ? [2n ** 31n, -(2n ** 32n), 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n)] : [];
}

/** Smallest and largest stored value; times end where every calendar can show them. */
function rangeOf(dtype: DType): readonly [low: bigint, high: bigint] {
  if (dtype.kind === "date") return [-719_162n, 2_932_896n];
  if (dtype.kind === "decimal") {
    const limit = 10n ** BigInt(dtype.precision) - 1n;
    return [-limit, limit];
  }
  if (dtype.kind === "timestamp") {
    if (dtype.unit === "ns") return [-(2n ** 63n), 2n ** 63n - 1n];
    const steps = stepsPerSecond(dtype.unit);
    return [-62_135_500_000n * steps, 253_402_200_000n * steps];
  }
  if (!isInteger(dtype)) throw new Error(`${dtype.kind} has no range`);
  const bits = BigInt(integerBits[dtype.kind]);
  if (dtype.kind.startsWith("u")) return [0n, 2n ** bits - 1n];
  return [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

function stepsPerSecond(unit: TimeUnit): bigint {
  return { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n }[unit];
}

const names = fc.constantFrom(
  "a",
  "b",
  "delay",
  "then",
  "constructor",
  "__proto__",
  "a b",
  "1",
  "",
  'ä"\\`${x}',
  "Delay",
);

/** Columns with names that differ; `types` to draw from. */
export function fieldLists(types: readonly DType[] = columnTypes): fc.Arbitrary<readonly Field[]> {
  return fc.uniqueArray(fc.record({ name: names, dtype: fc.constantFrom(...types) }), {
    minLength: 1,
    maxLength: 6,
    size: "max",
    selector: (field) => field.name,
  });
}

/** Rows of a frame of these columns. */
export function rowLists(fields: readonly Field[], maxLength = 20): fc.Arbitrary<readonly Row[]> {
  const row = fc
    .tuple(...fields.map(({ dtype }) => values(dtype)))
    .map((drawn): Row => new Map(fields.map(({ name }, i) => [name, drawn[i] ?? null])));
  return fc.array(row, { maxLength, size: "max" });
}
