import type { DType } from "./dtype.ts";

/** Values of a column that has a fixed width, codes of a dictionary, or bytes of texts. */
export type Values =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/**
 * A column of a partition: Arrow's layout, but that validity and truth take a byte a row, so that
 * a slice is `subarray` on every part and nothing counts bits (decision 0006). Plain data: it
 * travels between threads as it is, without copies.
 *
 * | dtype | values | offsets | dictionary | children |
 * | --- | --- | --- | --- | --- |
 * | int8 … float64 | the numbers | | | |
 * | int64, timestamp, decimal | BigInt64Array (uint64: BigUint64Array); decimals unscaled | | | |
 * | bool | Uint8Array of 0 and 1 | | | |
 * | date | Int32Array of days since 1970 | | | |
 * | utf8, plain | Uint8Array, UTF-8 | Int32Array, `length + 1` | | |
 * | utf8, dictionary, encoded | Int32Array of codes | | plain texts, all different | |
 * | list | none | Int32Array, `length + 1` | | items |
 * | struct | none | | | one a field, each `length` long |
 *
 * A text column of either dtype is stored in either way, and every kernel takes both. Where a row
 * is null its value is anything (its code is a valid one or 0), its text and its list are empty.
 * `offsets` need not begin at 0. A dictionary has no nulls and may hold texts that no row has; it
 * has one text or more unless the column has no valid row.
 */
export interface Column {
  readonly dtype: DType;
  readonly length: number;
  readonly values: Values | undefined;
  /** 1 where a row has a value, 0 where it is null; undefined: no row is null. */
  readonly valid: Uint8Array | undefined;
  readonly offsets: Int32Array | undefined;
  readonly dictionary: Column | undefined;
  readonly children: readonly Column[];
}

/** Parts of a {@link Column} beside dtype and length. */
export type ColumnParts = Partial<Omit<Column, "dtype" | "length">>;

/** A column; all are made here, so that the engine knows one shape of object. */
export function makeColumn(dtype: DType, length: number, parts: ColumnParts): Column {
  return {
    dtype,
    length,
    values: parts.values,
    valid: parts.valid,
    offsets: parts.offsets,
    dictionary: parts.dictionary,
    children: parts.children ?? noChildren,
  };
}

const noChildren: readonly Column[] = [];

/** A partition: columns of one length, with names that differ. */
export interface Block {
  readonly rows: number;
  readonly names: readonly string[];
  readonly columns: readonly Column[];
}

/** A partition of columns. */
export function makeBlock(
  rows: number,
  names: readonly string[],
  columns: readonly Column[],
): Block {
  return { rows, names, columns };
}

/** Rows `start` up to, without, `end`; shares all memory. */
export function sliceColumn(column: Column, start: number, end: number): Column {
  if (start === 0 && end === column.length) return column;
  const { dtype, values, valid, offsets, dictionary, children } = column;
  return makeColumn(dtype, end - start, {
    values: offsets === undefined ? values?.subarray(start, end) : values,
    valid: valid?.subarray(start, end),
    offsets: offsets?.subarray(start, end + 1),
    dictionary,
    children: dtype.kind === "struct" ? children.map((c) => sliceColumn(c, start, end)) : children,
  });
}

/** Rows `start` up to, without, `end`; shares all memory. */
export function sliceBlock(block: Block, start: number, end: number): Block {
  if (start === 0 && end === block.rows) return block;
  const columns = block.columns.map((column) => sliceColumn(column, start, end));
  return makeBlock(end - start, block.names, columns);
}

/** Room for `length` values of a dtype of a fixed width; texts get room for codes. */
export function makeValues(dtype: DType, length: number): Values {
  switch (dtype.kind) {
    case "int8":
      return makeArray(Int8Array, length);
    case "int16":
      return makeArray(Int16Array, length);
    case "int32":
    case "date":
    case "utf8":
    case "dictionary":
      return makeArray(Int32Array, length);
    case "uint8":
    case "bool":
      return makeArray(Uint8Array, length);
    case "uint16":
      return makeArray(Uint16Array, length);
    case "uint32":
      return makeArray(Uint32Array, length);
    case "float32":
      return makeArray(Float32Array, length);
    case "float64":
      return makeArray(Float64Array, length);
    case "int64":
    case "timestamp":
    case "decimal":
      return makeArray(BigInt64Array, length);
    case "uint64":
      return makeArray(BigUint64Array, length);
    case "list":
    case "struct":
      throw new Error(`a ${dtype.kind} has no values of its own`);
  }
}

/** Bytes from which on an array is made in shared memory: below, that costs more than a copy. */
const SHARED_BYTES_MIN = 65_536;

/**
 * Zeros. Large arrays lie in memory that threads share, where the results of tasks are kept: what
 * is made there need not be copied when its task ends.
 */
export function makeArray<T extends Values>(
  Type: {
    readonly BYTES_PER_ELEMENT: number;
    new (length: number): T;
    new (memory: SharedArrayBuffer): T;
  },
  length: number,
): T {
  const bytes = length * Type.BYTES_PER_ELEMENT;
  return bytes < SHARED_BYTES_MIN ? new Type(length) : new Type(new SharedArrayBuffer(bytes));
}

/** Halves of 64-bit values, low before high: numbers are read from them many times faster. */
export function halvesOf(values: Values): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
}

/** Bytes that a column shows, without what a slice hides; a dictionary counts in full. */
export function columnBytes(column: Column): number {
  const { dtype, length, values, valid, offsets, dictionary, children } = column;
  let bytes = valid === undefined ? 0 : length;
  if (offsets !== undefined) {
    const [first = 0, last = 0] = [offsets[0], offsets[length]];
    bytes += 4 * (length + 1);
    if (dtype.kind !== "list") return bytes + last - first;
    const [items] = children;
    return bytes + (items === undefined ? 0 : columnBytes(sliceColumn(items, first, last)));
  }
  if (values !== undefined) bytes += length * values.BYTES_PER_ELEMENT;
  if (dictionary !== undefined) bytes += columnBytes(dictionary);
  return children.reduce((sum, child) => sum + columnBytes(child), bytes);
}

/** Bytes that a partition shows. */
export function blockBytes(block: Block): number {
  return block.columns.reduce((sum, column) => sum + columnBytes(column), 0);
}
