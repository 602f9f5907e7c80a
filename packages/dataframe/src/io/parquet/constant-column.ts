import type { Column } from "../../column.ts";
import { makeColumn, makeValues } from "../../column.ts";
import type { DType } from "../../dtype.ts";
import { utf8 } from "../../dtype.ts";
import { isText } from "../../dtype-traits.ts";
import type { Scalar } from "../../expr/typed.ts";
import { nullColumn } from "../../kernels/null-column.ts";
import { scalarColumn } from "../../kernels/scalar-column.ts";

/** A column with one value in all rows, in the form that columns store. */
export function constantColumn(dtype: DType, value: Scalar, length: number): Column {
  if (value === null) return nullColumn(dtype, length);
  const values = makeValues(dtype, length);
  if (isText(dtype)) {
    return makeColumn(dtype, length, { values, dictionary: scalarColumn(utf8, [String(value)]) });
  }
  values.fill((typeof value === "boolean" ? Number(value) : value) as never);
  return makeColumn(dtype, length, { values });
}
