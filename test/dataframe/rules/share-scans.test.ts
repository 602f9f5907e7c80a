import { expect, it } from "vitest";

import { int32 } from "../../../packages/dataframe/dist/dtype.js";
import type { Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { callNode } from "../../../packages/dataframe/dist/expr/typed.js";
import type { PlanNode, ScanNode, Source } from "../../../packages/dataframe/dist/plan/node.js";
import { planText } from "../../../packages/dataframe/dist/plan/plan-text.js";
import { scan } from "../../../packages/dataframe/dist/plan/sources.js";
import { shareScans } from "../../../packages/dataframe/dist/rules/share-scans.js";
import { compared, flight, flights } from "../../lib/dataframe/typical-plans.ts";

const delayed = compared("gt", flight("delay"), 15);
const far = compared("gt", flight("distance"), 1_000);
const { source } = flights() as ScanNode;

type Asked = readonly [columns: readonly string[], predicate?: Typed | undefined, limit?: number];

/** What becomes of scans of one source of a format. */
function shared(format: Source["format"], asked: readonly Asked[], parts = source.parts): string {
  const own: Source = { ...source, format, parts, token: `${format} ${parts.length}` };
  const scans = asked.map(([columns, predicate, limit]): PlanNode => {
    return scan(own, { columns, predicate, limit });
  });
  const texts = shareScans(scans).map((plan) => planText(plan).replaceAll(/ {2}\[.*\]/g, ""));
  return `\n${texts.join("\n")}\n`;
}

it("scans of text become one, and each takes its rows and columns", () => {
  expect(shared("csv", [[["carrier", "delay"]], [["distance"], delayed]])).toMatchInlineSnapshot(`
    "
    project carrier, delay
      scan csv flights-*.csv: carrier, delay, distance
    project distance
      filter delay > 15
        scan csv flights-*.csv: carrier, delay, distance
    "
  `);
  expect(shared("csv", [[["delay"]], [["distance"]], [["day"]]])).toMatchInlineSnapshot(`
    "
    project delay
      scan csv flights-*.csv: delay, distance, day
    project distance
      scan csv flights-*.csv: delay, distance, day
    project day
      scan csv flights-*.csv: delay, distance, day
    "
  `);
});

it("a text is read again if others would make too many columns for nothing", () => {
  const wide: Asked = [["carrier", "distance", "day"], delayed];
  expect(shared("csv", [[["delay"]], wide])).toMatchInlineSnapshot(`
    "
    scan csv flights-*.csv: delay
    scan csv flights-*.csv: carrier, distance, day where delay > 15
    "
  `);
  expect(shared("json-lines", [[["delay"]], wide])).toMatchInlineSnapshot(`
    "
    project delay
      scan json-lines flights-*.csv: carrier, delay, distance, day
    project carrier, distance, day
      filter delay > 15
        scan json-lines flights-*.csv: carrier, delay, distance, day
    "
  `);
  const streamed = [{ files: [{ url: "flights.csv.gz", block: undefined }] }];
  expect(shared("csv", [[["delay"]], wide], streamed)).toMatchInlineSnapshot(`
    "
    project delay
      scan csv flights-*.csv: carrier, delay, distance, day
    project carrier, distance, day
      filter delay > 15
        scan csv flights-*.csv: carrier, delay, distance, day
    "
  `);
});

it("rows that no scan of a text takes are not read", () => {
  const both = shared("csv", [
    [["delay"], delayed],
    [["distance"], far],
  ]);
  expect(both).toMatchInlineSnapshot(`
    "
    project delay
      filter delay > 15
        scan csv flights-*.csv: delay, distance where (delay > 15) or (distance > 1000)
    project distance
      filter distance > 1000
        scan csv flights-*.csv: delay, distance where (delay > 15) or (distance > 1000)
    "
  `);
});

it("what may be an error to one of them is worked out for nobody else", () => {
  const later = callNode("add", [flight("delay"), flight("delay")], int32);
  const both = shared("csv", [
    [["distance"], far],
    [["delay"], compared("gt", later, 15)],
  ]);
  expect(both).toMatchInlineSnapshot(`
    "
    project distance
      filter distance > 1000
        scan csv flights-*.csv: delay, distance
    project delay
      filter (delay + delay) > 15
        scan csv flights-*.csv: delay, distance
    "
  `);
});

it("scans of columns become one if no row and no column is read for another's sake", () => {
  expect(shared("parquet", [[["carrier", "delay"]], [["delay", "distance"]]]))
    .toMatchInlineSnapshot(`
    "
    project carrier, delay
      scan parquet flights-*.csv: carrier, delay, distance
    project delay, distance
      scan parquet flights-*.csv: carrier, delay, distance
    "
  `);
  expect(shared("parquet", [[["carrier", "delay"]], [["carrier"], delayed]]))
    .toMatchInlineSnapshot(`
    "
    scan parquet flights-*.csv: carrier, delay
    project carrier
      filter delay > 15
        scan parquet flights-*.csv: carrier, delay
    "
  `);
});

it("scans of columns stay apart if a predicate may spare one a column, or nothing is read twice", () => {
  const apart: readonly (readonly Asked[])[] = [
    [[["carrier", "delay"]], [["distance"], delayed]],
    [
      [["delay"], delayed],
      [["delay"], far],
    ],
    [[["carrier"]], [["delay"]]],
  ];
  for (const asked of apart) {
    for (const format of ["parquet", "arrow"] as const) {
      const alone = asked.map((one) => shared(format, [one]).trim());
      expect(shared(format, asked).trim().split("\n")).toEqual(alone);
    }
  }
});

it("first rows come from a scan that reads all that they need", () => {
  expect(shared("csv", [[["carrier"], undefined, 5], [["carrier", "delay"]]]))
    .toMatchInlineSnapshot(`
    "
    project carrier
      scan csv flights-*.csv: carrier, delay
    scan csv flights-*.csv: carrier, delay
    "
  `);
  const more = shared("csv", [[["carrier", "day"], undefined, 5], [["carrier", "delay"]]]);
  expect(more).toMatchInlineSnapshot(`
    "
    scan csv flights-*.csv: carrier, day, first 5 of each partition
    scan csv flights-*.csv: carrier, delay
    "
  `);
});
