import fc from "fast-check";

import type { Block } from "../../../packages/dataframe/dist/column.js";
import type { DType, Field } from "../../../packages/dataframe/dist/dtype.js";
import { columnTypes, fieldLists, rowLists } from "./arbitraries.ts";
import { blockOf } from "./columns.ts";
import type { Row } from "./interpret.ts";

/** Columns, rows, and these as a partition, texts stored in either way. */
export interface WholeFrame {
  readonly fields: readonly Field[];
  readonly rows: readonly Row[];
  readonly block: Block;
}

/** Frames of random columns of some dtypes. */
export function wholeFrames(
  types: readonly DType[] = columnTypes,
  maxLength = 40,
): fc.Arbitrary<WholeFrame> {
  return fieldLists(types).chain((fields) =>
    fc
      .tuple(rowLists(fields, maxLength), fc.constantFrom("plain" as const, "encoded" as const))
      .map(([rows, form]) => ({ fields, rows, block: blockOf(fields, rows, form) })),
  );
}
