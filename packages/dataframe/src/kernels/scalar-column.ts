import type { Column } from "../column.ts";
import { makeColumn, makeValues } from "../column.ts";
import type { DType } from "../dtype.ts";
import { isText } from "../dtype-traits.ts";
import type { Scalar } from "../expr/typed.ts";

/** A column of constants, texts plain. */
export function scalarColumn(dtype: DType, scalars: readonly Scalar[]): Column {
  const { length } = scalars;
  const valid = scalars.includes(null)
    ? Uint8Array.from(scalars, (scalar) => (scalar === null ? 0 : 1))
    : undefined;
  if (isText(dtype)) {
    const texts = scalars.map((scalar) => Buffer.from((scalar ?? "") as string));
    const offsets = new Int32Array(length + 1);
    texts.forEach((text, i) => (offsets[i + 1] = (offsets[i] as number) + text.length));
    return makeColumn(dtype, length, {
      values: new Uint8Array(Buffer.concat(texts)),
      valid,
      offsets,
    });
  }
  const values = makeValues(dtype, length) as Float64Array;
  scalars.forEach((scalar, i) => {
    if (scalar !== null)
      values[i] = typeof scalar === "boolean" ? Number(scalar) : (scalar as number);
  });
  return makeColumn(dtype, length, { values, valid });
}

/** One value of a column, as a constant would have it. */
export function scalarAt(
  { dtype, values, valid, offsets, dictionary }: Column,
  row: number,
): Scalar {
  if (valid?.[row] === 0) return null;
  if (dictionary !== undefined) return scalarAt(dictionary, values?.[row] as number);
  if (offsets !== undefined) {
    const bytes = (values as Uint8Array).subarray(offsets[row], offsets[row + 1]);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  }
  const value = values?.[row] as number | bigint;
  return dtype.kind === "bool" ? value === 1 : value;
}
