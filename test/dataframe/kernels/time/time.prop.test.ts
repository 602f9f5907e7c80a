import fc from "fast-check";
import { expect, test } from "vitest";

import { timestamp } from "../../../../packages/dataframe/dist/dtype.js";
import { parserOf } from "../../../../packages/dataframe/dist/kernels/parse.js";
import {
  civilOfDay,
  dayOfCivil,
  weekdayOfDay,
} from "../../../../packages/dataframe/dist/kernels/time/civil.js";
import { dayText, momentText } from "../../../../packages/dataframe/dist/kernels/time/iso.js";
import { Zone } from "../../../../packages/dataframe/dist/kernels/time/zone.js";

const days = fc.integer({ min: -100_000_000, max: 100_000_000 });
const seconds = fc.oneof(
  fc.integer({ min: -8_640_000_000_000, max: 8_640_000_000_000 }),
  fc.integer({ min: -4_000_000_000, max: 4_000_000_000 }),
);

test("days have the year, month, day and weekday that Date has", () => {
  fc.assert(
    fc.property(days, (day) => {
      const date = new Date(day * 86_400_000);
      const civil = civilOfDay(day);
      const parts = [Math.floor(civil / 512), (civil >> 5) & 15, civil & 31] as const;
      expect(parts).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);
      expect(weekdayOfDay(day)).toBe(date.getUTCDay() === 0 ? 7 : date.getUTCDay());
      expect(dayOfCivil(...parts)).toBe(day);
    }),
  );
});

test("moments are written as Date writes them, and read again", () => {
  const parse = parserOf(timestamp("s"));
  fc.assert(
    fc.property(seconds, (second) => {
      const text = momentText(second, 0, 0) as string;
      expect(text).toBe(new Date(second * 1_000).toISOString().replace(".000Z", "Z"));
      expect(parse(text)).toBe(BigInt(second));
      const day = Math.floor(second / 86_400);
      expect(dayText(day)).toBe(new Date(day * 86_400_000).toISOString().split("T")[0]);
    }),
  );
});

test.each([
  "2024-02-30",
  "2024-13-01",
  "2024-01-01T24:00",
  "2024-01-01T00:60",
  "24-01-01",
  "-000000-01-01",
  "2024-01-01T00:00+24:00",
  " 2024-01-01",
  "+275760-09-14",
])("%s is no time", (text) => {
  expect(parserOf(timestamp("ms"))(text)).toBeUndefined();
});

/** What local clocks show, as seconds, by another way than the zone's: a text that Date parses. */
function localSecond(timeZone: string, second: number): number {
  const text = new Date(second * 1_000).toLocaleString("sv-SE", { timeZone });
  return Date.parse(`${text.replace(" ", "T")}Z`) / 1_000;
}

const zones = ["Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Casablanca"];

test("a zone has the offset that Intl shows, around each change of the clocks too", () => {
  const moments = fc.integer({ min: -3_000_000_000, max: 2_500_000_000 });
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.array(moments, { maxLength: 40, size: "max" }),
      (name, drawn) => {
        const zone = new Zone(name);
        const got = drawn.map((second) => zone.offsetAt(second));
        expect(got).toEqual(drawn.map((second) => localSecond(name, second) - second));
      },
    ),
    { numRuns: 20 },
  );
});

test("a zone knows a change that was taken back after eight days", () => {
  const zone = new Zone("Africa/Tunis");
  const days = ["1943-04-16", "1943-04-19", "1943-04-26"];
  expect(days.map((day) => zone.offsetAt(Date.parse(day) / 1_000))).toEqual([7_200, 3_600, 7_200]);
});

test("the moment of a local time is one at which clocks show it, the first of two", () => {
  const zone = new Zone("Europe/Berlin");
  const at = (text: string): number => Date.parse(`${text}Z`) / 1_000;
  expect(zone.momentOf(at("2024-07-01T00:00:00"))).toBe(at("2024-06-30T22:00:00"));
  // Shown twice.
  expect(zone.momentOf(at("2024-10-27T02:30:00"))).toBe(at("2024-10-27T00:30:00"));
  // Left out: as if clocks had not been changed yet.
  expect(zone.momentOf(at("2024-03-31T02:30:00"))).toBe(at("2024-03-31T01:30:00"));
});
