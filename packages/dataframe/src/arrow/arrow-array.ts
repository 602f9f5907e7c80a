import type { Column, Values } from "../column.ts";
import { makeColumn, sliceColumn } from "../column.ts";
import type { DType } from "../dtype.ts";
import { utf8 } from "../dtype.ts";
import { concatColumns } from "../kernels/concat.ts";
import { nullColumn } from "../kernels/null-column.ts";
import { takeColumn } from "../kernels/take.ts";
import type { ArrowType } from "./arrow-type.ts";
import { badLayout, dtypeOfArrow } from "./arrow-type.ts";
import { allBits, unpackBits } from "./bits.ts";
import { encodeAllTexts } from "./encode-texts.ts";

/**
 * An array of Arrow: buffers that begin at its first row, but bits, which begin at `bitOffset`.
 * Children of a struct have its rows.
 */
export interface ArrowArray {
  readonly type: ArrowType;
  readonly length: number;
  readonly bitOffset: number;
  /** Undefined: no row is null. */
  readonly validity: Uint8Array | undefined;
  readonly offsets: ArrayBufferView | undefined;
  readonly values: ArrayBufferView | undefined;
  /** Long texts of a view layout. */
  readonly variadic: readonly Uint8Array[];
  readonly children: readonly ArrowArray[];
  /** Parts of the dictionary, one after the other. */
  readonly dictionary: readonly ArrowArray[];
}

/** A column over the memory of an array where layouts agree; `copy` makes it memory of its own. */
export function columnOfArrow(array: ArrowArray, copy: boolean): Column {
  const { type, length } = array;
  const valid = validOf(array);
  const dtype = dtypeOfArrow(type);
  if (typeof dtype === "string") throw new Error(`a column of ${dtype} was not refused`);
  switch (type.kind) {
    case "null":
      return emptyTexts(length);
    case "int":
    case "timestamp": {
      const make = type.kind === "int" ? wholeArray(type) : BigInt64Array;
      return makeColumn(dtype, length, { values: viewOf(array.values, make, length, copy), valid });
    }
    case "float":
      return makeColumn(dtype, length, { values: floatsOf(array, type.bits, copy), valid });
    case "bool": {
      const bits = bytesOf(array.values);
      checkRoom(8 * bits.length, array.bitOffset + length);
      return makeColumn(dtype, length, {
        values: unpackBits(bits, array.bitOffset, length),
        valid,
      });
    }
    case "date":
      return makeColumn(dtype, length, { values: daysOf(array, type.bits, copy), valid });
    case "decimal":
      return makeColumn(dtype, length, { values: unscaledOf(array, type.bits), valid });
    case "utf8":
      return textsOf(array, valid, copy);
    case "list":
    case "fixedList":
      return listOf(array, dtype, valid, copy);
    case "struct": {
      const children = array.children.map((child) => columnOfArrow(child, copy));
      return makeColumn(dtype, length, { valid, children });
    }
    case "dictionary":
      return decodedOf(array, type, dtype, valid, copy);
    case "bytes":
    case "other":
      throw new Error(`a column of ${type.kind} was not refused`);
  }
}

function validOf({ type, validity, bitOffset, length }: ArrowArray): Uint8Array | undefined {
  if (validity === undefined || type.kind === "null") return undefined;
  checkRoom(8 * validity.length, bitOffset + length);
  return allBits(validity, bitOffset, length) ? undefined : unpackBits(validity, bitOffset, length);
}

function checkRoom(got: number, wanted: number): void {
  if (got < wanted) throw badLayout(`a buffer has ${got} of the ${wanted} values that it should`);
}

type NumberArray<T> = {
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
};

const numberArrays: Readonly<Record<string, WholeArray>> = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
};

type WholeArray = NumberArray<Exclude<Values, Float32Array | Float64Array>>;

function wholeArray(type: { bits: number; signed: boolean }): WholeArray {
  return numberArrays[`${type.signed ? "" : "u"}int${type.bits}`] as WholeArray;
}

function bytesOf(view: ArrayBufferView | undefined): Uint8Array {
  if (view === undefined) return new Uint8Array(0);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The first `length` values of a buffer; a copy where it is asked for or bytes are not aligned. */
function viewOf<T extends ArrayBufferView>(
  view: ArrayBufferView | undefined,
  make: NumberArray<T>,
  length: number,
  copy: boolean,
): T {
  const bytes = bytesOf(view);
  const size = make.BYTES_PER_ELEMENT;
  checkRoom(Math.floor(bytes.length / size), length);
  if (!copy && bytes.byteOffset % size === 0) {
    return new make(bytes.buffer, bytes.byteOffset, length);
  }
  return new make(bytes.slice(0, length * size).buffer, 0, length);
}

function floatsOf(
  { values, length }: ArrowArray,
  bits: number,
  copy: boolean,
): Float32Array | Float64Array {
  if (bits === 64) return viewOf(values, Float64Array, length, copy);
  if (bits === 32) return viewOf(values, Float32Array, length, copy);
  return Float32Array.from(viewOf(values, Uint16Array, length, false), halfFloat);
}

/** A number of half precision. */
export function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const DAY_MS = 86_400_000n;

function daysOf({ values, length }: ArrowArray, bits: number, copy: boolean): Int32Array {
  if (bits === 32) return viewOf(values, Int32Array, length, copy);
  const ms = viewOf(values, BigInt64Array, length, false);
  return Int32Array.from(ms, (at) => Number((at - (((at % DAY_MS) + DAY_MS) % DAY_MS)) / DAY_MS));
}

/** The low 64 bits of decimals: with 18 digits at most, the rest only repeats the sign. */
function unscaledOf({ values, length }: ArrowArray, bits: number): BigInt64Array {
  if (bits === 32) return BigInt64Array.from(viewOf(values, Int32Array, length, false), BigInt);
  const step = bits >> 6;
  const words = viewOf(values, BigInt64Array, length * step, false);
  const low = new BigInt64Array(length);
  for (let i = 0; i < length; i++) low[i] = words[i * step] as bigint;
  return low;
}

/** A column of nulls. */
function emptyTexts(length: number): Column {
  return makeColumn(utf8, length, {
    values: new Uint8Array(0),
    offsets: new Int32Array(length + 1),
    valid: length === 0 ? undefined : new Uint8Array(length),
  });
}

/** Where rows begin, as 32 bits from 0 or more, with how many items there must be. */
function offsetsOf(array: ArrowArray, large: boolean, items: number, copy: boolean): Int32Array {
  const { length } = array;
  // Arrow lets an empty array have no offsets at all.
  if (length === 0) return new Int32Array(1);
  const offsets = large
    ? Int32Array.from(viewOf(array.offsets, BigInt64Array, length + 1, false), smallOffset)
    : viewOf(array.offsets, Int32Array, length + 1, copy);
  let last = 0;
  let ordered = true;
  for (let i = 0; i <= length; i++) {
    const next = offsets[i] as number;
    ordered &&= next >= last;
    last = next;
  }
  if (!ordered || last > items) throw badLayout("offsets are not in order or end behind the data");
  return offsets;
}

function smallOffset(offset: bigint): number {
  if (offset >= 0n && offset < 2n ** 31n) return Number(offset);
  throw badLayout(`a column has an offset of ${offset}, wanted less than 2 GB a partition`);
}

function textsOf(array: ArrowArray, valid: Uint8Array | undefined, copy: boolean): Column {
  const { type, length } = array;
  if (type.kind !== "utf8") throw new Error("not a text");
  if (type.layout === "view") return textsOfViews(array, valid);
  const bytes = bytesOf(array.values);
  const offsets = offsetsOf(array, type.layout === "large", bytes.length, copy);
  const plain = makeColumn(utf8, length, { values: copy ? bytes.slice() : bytes, offsets, valid });
  return withEmptyNulls(plain);
}

/** Null rows made empty: Arrow lets them have bytes or items. */
function withEmptyNulls(column: Column): Column {
  const { valid, length } = column;
  const offsets = column.offsets as Int32Array;
  if (valid === undefined) return column;
  let row = 0;
  while (row < length && (valid[row] === 1 || offsets[row] === offsets[row + 1])) row++;
  if (row === length) return column;
  const rows = Int32Array.from({ length }, (_, i) => (valid[i] === 1 ? i : -1));
  return takeColumn(column, rows, true);
}

function textsOfViews(array: ArrowArray, valid: Uint8Array | undefined): Column {
  const { length, variadic } = array;
  const bytes = bytesOf(array.values);
  checkRoom(Math.floor(bytes.length / 16), length);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets = new Int32Array(length + 1);
  for (let i = 0, total = 0; i < length; i++) {
    if (valid === undefined || valid[i] === 1) total += words.getInt32(16 * i, true);
    offsets[i + 1] = total;
    if (total > 0x7fff_ffff) throw badLayout("a column has more than 2 GB of text in a partition");
  }
  const values = new Uint8Array(offsets[length] as number);
  for (let i = 0; i < length; i++) {
    const start = offsets[i] as number;
    const size = (offsets[i + 1] as number) - start;
    if (size === 0) continue;
    const from = size <= 12 ? 16 * i + 4 : words.getInt32(16 * i + 12, true);
    const source = size <= 12 ? bytes : variadic[words.getInt32(16 * i + 8, true)];
    if (size < 0 || from < 0 || source === undefined || from + size > source.length) {
      throw badLayout("a text lies outside of its buffers");
    }
    values.set(source.subarray(from, from + size), start);
  }
  return makeColumn(utf8, length, { values, offsets, valid });
}

function listOf(
  array: ArrowArray,
  dtype: DType,
  valid: Uint8Array | undefined,
  copy: boolean,
): Column {
  const { type, length } = array;
  const [child] = array.children;
  if (child === undefined) throw badLayout("a list has no items");
  const items = columnOfArrow(child, copy);
  if (type.kind === "list") {
    const offsets = offsetsOf(array, type.large, items.length, copy);
    return withEmptyNulls(makeColumn(dtype, length, { offsets, valid, children: [items] }));
  }
  const size = type.kind === "fixedList" ? type.size : 0;
  checkRoom(items.length, size * length);
  const offsets = Int32Array.from({ length: length + 1 }, (_, i) => i * size);
  const shown = sliceColumn(items, 0, size * length);
  return withEmptyNulls(makeColumn(dtype, length, { offsets, valid, children: [shown] }));
}

const dictionaries = new WeakMap<ArrowArray, Column>();

/** The values of a dictionary; made once for all arrays that share it. */
function dictionaryOf(parts: readonly ArrowArray[], copy: boolean): Column {
  const [first] = parts;
  if (first === undefined) throw badLayout("a dictionary is missing");
  const last = parts.at(-1) as ArrowArray;
  const known = dictionaries.get(last);
  if (known !== undefined) return known;
  const values = concatColumns(parts.map((part) => columnOfArrow(part, copy)));
  dictionaries.set(last, values);
  return values;
}

function decodedOf(
  array: ArrowArray,
  type: ArrowType & { kind: "dictionary" },
  dtype: DType,
  valid: Uint8Array | undefined,
  copy: boolean,
): Column {
  const { length } = array;
  const hasValues = valid === undefined ? length > 0 : valid.includes(1);
  // Writers leave a dictionary out that has no entries.
  if (array.dictionary.length === 0 && !hasValues) return nullColumn(dtype, length);
  const texts = dictionaryOf(array.dictionary, copy);
  const given = viewOf(array.values, wholeArray(type), length, false);
  const codes = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    if (valid !== undefined && valid[i] === 0) continue;
    const code = Number(given[i]);
    if (!(code >= 0 && code < texts.length)) throw badLayout(`there is no text with code ${code}`);
    codes[i] = code;
  }
  if (texts.dtype !== utf8) return taken(texts, codes, valid);
  return overUnique(makeColumn(dtype, length, { values: codes, valid, dictionary: texts }));
}

/** Values of a dictionary that holds no texts, a row each. */
function taken(values: Column, codes: Int32Array, valid: Uint8Array | undefined): Column {
  const rows = valid === undefined ? codes : codes.map((code, i) => (valid[i] === 1 ? code : -1));
  return takeColumn(values, rows, true);
}

/** The same texts over a dictionary without nulls in which all differ. */
function overUnique(column: Column): Column {
  const { dtype, length, valid } = column;
  const dictionary = column.dictionary as Column;
  const unique = encodeAllTexts(dictionary);
  const once = unique.dictionary as Column;
  if (unique.valid === undefined && once.length === dictionary.length) return column;
  const codes = unique.values as Int32Array;
  const isText = unique.valid;
  const values = (column.values as Int32Array).map((code) => codes[code] ?? 0);
  if (isText === undefined) return makeColumn(dtype, length, { values, valid, dictionary: once });
  const given = column.values as Int32Array;
  const known = Uint8Array.from({ length }, (_, i) => {
    return valid?.[i] === 0 ? 0 : (isText[given[i] as number] as number);
  });
  return makeColumn(dtype, length, { values, valid: known, dictionary: once });
}
