import { expect, it } from "vitest";

import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import { date, int32, timestamp } from "../../../packages/dataframe/dist/dtype.js";
import type { Scalar } from "../../../packages/dataframe/dist/expr/typed.js";
import { periodDivisions } from "../../../packages/dataframe/dist/plan/periods.js";

const second = timestamp("s");
const berlin = timestamp("ms", "Europe/Berlin");

function at(text: string, dtype: DType): Scalar {
  const ms = Date.parse(text);
  if (dtype.kind === "date") return ms / 86_400_000;
  return dtype === berlin ? BigInt(ms) : BigInt(ms / 1_000);
}

/** Bounds as people read them. */
function periods(dtype: DType, freq: string, from: string, to: string): string[] {
  const divisions = [at(from, dtype), at(to, dtype)];
  return periodDivisions("repartition", dtype, divisions, freq).map((bound) => {
    const ms = Number(bound) * (dtype.kind === "date" ? 86_400_000 : dtype === berlin ? 1 : 1_000);
    return new Date(ms).toISOString().replace(/(T00:00)?:00.000Z/, "");
  });
}

it("days, weeks, months, quarters and years begin where the calendar says", () => {
  const [from, to] = ["2023-11-15T12:00:00Z", "2024-03-02T00:00:00Z"];
  expect(periods(second, "1mo", from, to)).toMatchInlineSnapshot(`
    [
      "2023-11-15T12:00",
      "2023-12-01",
      "2024-01-01",
      "2024-02-01",
      "2024-03-01",
      "2024-03-02",
    ]
  `);
  expect(periods(second, "2mo", from, to)).toMatchInlineSnapshot(`
    [
      "2023-11-15T12:00",
      "2024-01-01",
      "2024-03-01",
      "2024-03-02",
    ]
  `);
  expect(periods(second, "q", from, to)).toMatchInlineSnapshot(`
    [
      "2023-11-15T12:00",
      "2024-01-01",
      "2024-03-02",
    ]
  `);
  expect(periods(second, "1y", from, to)).toMatchInlineSnapshot(`
    [
      "2023-11-15T12:00",
      "2024-01-01",
      "2024-03-02",
    ]
  `);
  expect(periods(second, "2w", from, "2023-12-20T00:00:00Z")).toMatchInlineSnapshot(`
    [
      "2023-11-15T12:00",
      "2023-11-27",
      "2023-12-11",
      "2023-12-20",
    ]
  `);
  expect(periods(date, "1d", "1969-12-30", "1970-01-02")).toMatchInlineSnapshot(`
    [
      "1969-12-30",
      "1969-12-31",
      "1970-01-01",
      "1970-01-02",
    ]
  `);
});

it("days of a zone begin at its midnights, also where clocks are changed", () => {
  const days = periods(berlin, "1d", "2024-03-30T00:00:00Z", "2024-04-01T12:00:00Z");
  expect(days).toMatchInlineSnapshot(`
    [
      "2024-03-30",
      "2024-03-30T23:00",
      "2024-03-31T22:00",
      "2024-04-01T12:00",
    ]
  `);
});

it("hours are counted from each midnight", () => {
  expect(periods(second, "12h", "2024-01-01T01:00:00Z", "2024-01-02T12:00:01Z"))
    .toMatchInlineSnapshot(`
      [
        "2024-01-01T01:00",
        "2024-01-01T12:00",
        "2024-01-02",
        "2024-01-02T12:00",
        "2024-01-02T12:00:01.000Z",
      ]
    `);
  expect(periods(berlin, "12h", "2024-03-30T22:00:00Z", "2024-03-31T22:00:00Z"))
    .toMatchInlineSnapshot(`
      [
        "2024-03-30T22:00",
        "2024-03-30T23:00",
        "2024-03-31T11:00",
        "2024-03-31T22:00",
      ]
    `);
  expect(periods(second, "9h", "2024-01-01T00:00:00Z", "2024-01-02T10:00:00Z"))
    .toMatchInlineSnapshot(`
      [
        "2024-01-01",
        "2024-01-01T09:00",
        "2024-01-01T18:00",
        "2024-01-02",
        "2024-01-02T09:00",
        "2024-01-02T10:00",
      ]
    `);
});

it("a bound of no whole second stays between its neighbours", () => {
  const ms = timestamp("ms");
  expect(periodDivisions("repartition", ms, [1_500n, 4_200n], "s")).toEqual([
    1_500n,
    2_000n,
    3_000n,
    4_000n,
    4_200n,
  ]);
});

it("periods that cannot be are told", () => {
  const cut = (dtype: DType, freq: string, to: Scalar) => () =>
    periodDivisions("repartition", dtype, [0n, to], freq);
  expect(cut(second, "fortnight", 9n)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: repartition: bad freq, got "fortnight", wanted "1d", "1w", "1mo", "1q", "1y" or the like, or at most a day in "h", "min" or "s".]`,
  );
  expect(cut(second, "36h", 9n)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: repartition: bad freq, got "36h", wanted "1d", "1w", "1mo", "1q", "1y" or the like, or at most a day in "h", "min" or "s".]`,
  );
  expect(cut(int32, "1d", 9)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: repartition: freq on an index of int32, got "1d", wanted an index of dates or timestamps. Use divisions.]`,
  );
  expect(cut(date, "1h", 9)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: repartition: freq on an index of date, got "1h", wanted whole days.]`,
  );
  expect(cut(second, "1d", 2n ** 60n)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: repartition: freq beyond the calendar, got an array of 2, wanted divisions near our time.]`,
  );
  expect(cut(second, "1s", 2_000_000n)).toThrowErrorMatchingInlineSnapshot(
    `[DataFrameError: repartition: too short a freq, got "1s", wanted a period of which at most 1000000 lie between the divisions.]`,
  );
});
