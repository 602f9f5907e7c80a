import { inspect } from "node:util";

import { expect, it } from "vitest";

import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import { date, float64, int32, timestamp } from "../../../packages/dataframe/dist/dtype.js";
import { coalesce, col, count, lit } from "../../../packages/dataframe/dist/expr/col.js";
import { columnsFor } from "../../../packages/dataframe/dist/expr/columns.js";
import { scalarText } from "../../../packages/dataframe/dist/expr/text.js";
import { when } from "../../../packages/dataframe/dist/expr/when.js";

const x = col("x");
const s = col("s");
const p = col("p");
const t = col("t");

it("each method reads as what it means", () => {
  const all = [
    x.add(1).sub(x).mul(2.5).div(x.mod(3)),
    x.neg().abs().floor().ceil().round(2),
    x.pow(2).sqrt().exp().log(),
    x.eq(1).or(x.neq(2)).and(x.lt(3).not()),
    x
      .lte(-0)
      .and(x.gt(5n))
      .and(x.gte(new Date(0))),
    x.between(1, 2),
    x.isIn([1, 2]),
    x.isNull().or(x.add(1).isNotNull()),
    x.fillNull(0),
    x.cast(int32),
    x.cast(timestamp("ms", "UTC"), { strict: false }).alias("y z"),
    coalesce(x, null, "a"),
    when(p).then(1).when(x.gt(1)).then(x.add(1)).otherwise(null),
    s.str.contains("a").or(s.str.contains(/a\/b/gi)),
    s.str.matches("a|b").or(s.str.matches(/a/y)),
    s.str.startsWith("a").or(s.str.endsWith('"')),
    s.str.length().add(s.str.lower().str.upper().str.trim().str.length()),
    s.str.slice(1).eq(s.str.slice(-3, -1)),
    s.str.replace("a", "b").eq(s.str.replaceAll(/a/g, "$1")),
    s.str.split(","),
    t.dt.year().add(t.dt.month()).add(t.dt.day()).add(t.dt.weekday()),
    t.dt.hour().add(t.dt.minute()).add(t.dt.second()),
    t.dt.truncate("week"),
    x.sum().add(x.mean()).add(x.min()).add(x.max()).add(x.count()).add(x.nUnique()),
    x.first().eq(x.last()).and(p.any()).and(p.all()),
    x.std().add(x.var()).add(x.median()).add(x.quantile(0.9)),
    x.approxNUnique().add(x.approxQuantile(0.5)).div(count()),
    lit("a b")
      .eq(s)
      .or(t.eq(lit(null, date))),
    col("and").eq(col("a b")).or(col("größe").eq(Number.NaN)),
  ];
  expect(all.map(String)).toMatchInlineSnapshot(`
    [
      "(((x + 1) - x) * 2.5) / (x % 3)",
      "round(ceil(floor(abs(neg(x)))), 2)",
      "log(exp(sqrt(x ** 2)))",
      "((x = 1) or (x != 2)) and not(x < 3)",
      "((x <= -0) and (x > 5)) and (x >= timestamp 1970-01-01T00:00:00.000Z)",
      "(x >= 1) and (x <= 2)",
      "x in (1, 2)",
      "(x is null) or ((x + 1) is not null)",
      "coalesce(x, 0)",
      "cast(x, int32)",
      "tryCast(x, timestamp("ms", "UTC")) as col("y z")",
      "coalesce(x, null, "a")",
      "case when p then 1 when (x > 1) then (x + 1) else null end",
      "contains(s, "a") or contains(s, /a\\/b/i)",
      "matches(s, /a|b/) or matches(s, /a/)",
      "startsWith(s, "a") or endsWith(s, "\\"")",
      "length(s) + length(trim(upper(lower(s))))",
      "slice(s, 1) = slice(s, -3, -1)",
      "replace(s, "a", "b") = replaceAll(s, /a/, "$1")",
      "split(s, ",")",
      "((year(t) + month(t)) + day(t)) + weekday(t)",
      "(hour(t) + minute(t)) + second(t)",
      "truncate(t, "week")",
      "((((sum(x) + mean(x)) + min(x)) + max(x)) + count(x)) + nUnique(x)",
      "((first(x) = last(x)) and any(p)) and all(p)",
      "((std(x) + var(x)) + median(x)) + quantile(x, 0.9)",
      "(approxNUnique(x) + approxQuantile(x, 0.5)) / count()",
      "("a b" = s) or (t = cast(null, date))",
      "(col("and") = col("a b")) or (größe = NaN)",
    ]
  `);
});

it("constants read as what they are, not as what is stored", () => {
  expect(scalarText(19_782, date)).toBe("date 2024-02-29");
  expect(scalarText(-1n, timestamp("ns"))).toBe("timestamp 1969-12-31T23:59:59.999999999Z");
  expect(scalarText(0n, timestamp("s"))).toBe("timestamp 1970-01-01T00:00:00Z");
  expect(scalarText(2n ** 62n, timestamp("s"))).toBe("timestamp 4611686018427387904s");
  expect(scalarText(-5n, { kind: "decimal", precision: 9, scale: 2 })).toBe("-0.05");
  expect(scalarText(-0, float64)).toBe("-0");
});

it("what a method cannot take is told at its line", () => {
  const wrong: readonly (() => unknown)[] = [
    () => x.add(undefined as never),
    () => x.add({} as never),
    () => x.eq(new Date(Number.NaN)),
    () => x.round(1.5),
    () => x.round(19),
    () => x.isIn("abc" as never),
    () => x.isIn([1, null as never]),
    () => x.isIn([x as never]),
    () => x.cast("int32" as never),
    () => x.cast(int32, { strict: 1 as never }),
    () => x.alias(5 as never),
    () => x.quantile(1.5),
    () => x.approxQuantile(Number.NaN),
    () => s.str.contains(5 as never),
    () => s.str.contains(/(?<=a)b/),
    () => s.str.contains(/[(?<=]\(?<!/).eq(p),
    () => s.str.matches("("),
    () => s.str.replace("a", 5 as never),
    () => s.str.replaceAll("", "b"),
    () => s.str.slice(0.5),
    () => s.str.startsWith(/a/ as never),
    () => t.dt.truncate("weeks" as never),
    () => col(5 as never),
    () => lit(null as never),
    () => lit(undefined as never),
    () => when(undefined as never),
    () => (x as unknown as number) + 1,
    () => (x as unknown as number) > 1,
  ];
  expect(wrong.map(messageOf)).toMatchInlineSnapshot(`
    [
      "dataframe/invalid-argument | add: no expression, got undefined, wanted an expression, a number, bigint, string, boolean, Date or null.",
      "dataframe/invalid-argument | add: no expression, got an object, wanted an expression, a number, bigint, string, boolean, Date or null.",
      "dataframe/invalid-argument | eq: no expression, got a Date, wanted an expression, a number, bigint, string, boolean, Date or null.",
      "dataframe/invalid-argument | round: bad digits, got 1.5, wanted a whole number from 0 to 18.",
      "dataframe/invalid-argument | round: bad digits, got 19, wanted a whole number from 0 to 18.",
      "dataframe/invalid-argument | isIn: no values, got "abc", wanted an array of plain values.",
      "dataframe/invalid-argument | isIn: null among the values, got null, wanted an array of plain values. Null is equal to nothing: add .or(….isNull()).",
      "dataframe/invalid-argument | isIn: no value, got an Expr, wanted an array of plain values.",
      "dataframe/invalid-argument | cast: not a dtype, got "int32", wanted one of int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, bool, utf8, dictionary, date, timestamp(…), decimal(…), list(…), struct(…).",
      "dataframe/invalid-argument | cast: bad strict, got 1, wanted true or false.",
      "dataframe/invalid-argument | alias: bad name, got 5, wanted a string.",
      "dataframe/invalid-argument | quantile: bad q, got 1.5, wanted a number from 0 to 1.",
      "dataframe/invalid-argument | approxQuantile: bad q, got NaN, wanted a number from 0 to 1.",
      "dataframe/invalid-argument | contains: no pattern, got 5, wanted a text or a RegExp.",
      "dataframe/invalid-argument | contains: no lookbehind, got "/(?<=a)b/", wanted a pattern without it. Match what stands before as well, or use a plain text.",
      "fine: contains(s, /[(?<=]\\(?<!/) = p",
      "dataframe/invalid-argument | matches: no pattern, got "(", wanted the source of a RegExp. Invalid regular expression: /(/: Unterminated group.",
      "dataframe/invalid-argument | replace: no text, got 5, wanted a string.",
      "dataframe/invalid-argument | replaceAll: empty pattern, got "", wanted some text.",
      "dataframe/invalid-argument | slice: bad place, got 0.5, wanted a whole number.",
      "dataframe/invalid-argument | startsWith: no text, got a RegExp, wanted a string.",
      "dataframe/invalid-argument | truncate: bad unit, got "weeks", wanted one of year, quarter, month, week, day, hour, minute, second.",
      "dataframe/invalid-argument | col: bad name, got 5, wanted a string.",
      "dataframe/invalid-argument | lit: null without a dtype, got null, wanted one beside it. lit(null, int32).",
      "dataframe/invalid-argument | lit: no expression, got undefined, wanted an expression, a number, bigint, string, boolean, Date or null.",
      "dataframe/invalid-argument | when: no expression, got undefined, wanted an expression, a number, bigint, string, boolean, Date or null.",
      "dataframe/invalid-argument | Expr: no operators, got "x", wanted a method. Use its methods: .add(…), .gt(…), .and(…).",
      "dataframe/invalid-argument | Expr: no operators, got "x", wanted a method. Use its methods: .add(…), .gt(…), .and(…).",
    ]
  `);
});

const names = ["delay", "then", "constructor", "__proto__", "a b", "toString", "1", ""];
const fields: readonly Field[] = names.map((name) => ({ name, dtype: int32 }));

it("every name that a frame has is a column, whatever JavaScript makes of it", () => {
  const c = columnsFor<Record<string, typeof int32>>("filter", fields);
  expect(names.map((name) => String(c[name]))).toEqual([
    "delay",
    'col("then")',
    "constructor",
    "__proto__",
    'col("a b")',
    "toString",
    'col("1")',
    'col("")',
  ]);
  const { delay } = c;
  expect(String(delay)).toBe("delay");
  expect(Object.keys(c).toSorted()).toEqual(names.toSorted());
  expect("delay" in c).toBe(true);
  expect("dealy" in c).toBe(false);
  expect(inspect(c)).toContain("delay");
});

it("a name that a frame does not have is an error at the line that says it", () => {
  const c = columnsFor<Record<string, typeof int32>>("filter", fields.slice(0, 2));
  expect([() => c["dealy"], () => c["valueOf"]].map(messageOf)).toMatchInlineSnapshot(`
    [
      "dataframe/unknown-column | filter: no such column, got "dealy", wanted one of "delay", "then". Did you mean "delay"?",
      "dataframe/unknown-column | filter: no such column, got "valueOf", wanted one of "delay", "then".",
    ]
  `);
  expect(() => {
    (c as Record<string, unknown>)["delay"] = 5;
  }).toThrow(TypeError);
});

function messageOf(wrong: () => unknown): string {
  try {
    return `fine: ${String(wrong())}`;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} | ${message}`;
  }
}
