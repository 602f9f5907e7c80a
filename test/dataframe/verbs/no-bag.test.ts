import { DataFrame } from "@millrace/dataframe";
import { expect, it } from "vitest";

import { thrown } from "../../lib/dataframe/thrown.ts";

it("toBag says which package is missing", () => {
  const frame = DataFrame.fromRows([{ n: 1 }]);
  expect(thrown(() => frame.toBag())).toMatchInlineSnapshot(
    `"graph/unknown-collection | toBag: no package has added this kind of collection, got "bag", wanted one of "dataframe". Import @millrace/bag first."`,
  );
});
