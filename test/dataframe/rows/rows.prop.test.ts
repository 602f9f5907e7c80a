import fc from "fast-check";
import { expect, it } from "vitest";

import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import { fromRows } from "../../../packages/dataframe/dist/rows/from-rows.js";
import { toRows } from "../../../packages/dataframe/dist/rows/to-rows.js";
import { columnTypes } from "../../lib/dataframe/arbitraries.ts";
import { rowsOf } from "../../lib/dataframe/columns.ts";
import { wholeFrames } from "../../lib/dataframe/whole-frames.ts";

/** Dates hold milliseconds: finer times, and those beyond their range, do not come back. */
const isWhole = (dtype: DType): boolean => dtype.kind !== "timestamp" || dtype.unit === "ms";

it("rows that become objects become the same rows again", () => {
  fc.assert(
    fc.property(wholeFrames(columnTypes.filter(isWhole)), ({ fields, rows, block }) => {
      const objects = toRows(block, fields);
      expect(objects.map((object) => Object.keys(object).length)).toEqual(
        rows.map(() => fields.length),
      );
      expect(rowsOf(fromRows("fromRows", objects, fields).block)).toStrictEqual(rows);
    }),
    { numRuns: 50 },
  );
});
