/** What a column, or a part of one, consists of: Arrow's `Data`. */
export interface ArrowData {
  readonly type: { readonly typeId: number };
  readonly length: number;
  readonly offset: number;
  readonly children: readonly ArrowData[];
  readonly dictionary?: unknown;
  readonly valueOffsets?: Offsets | null;
  readonly values?: TypedArray | null;
  readonly nullBitmap?: Uint8Array | null;
  readonly typeIds?: Int8Array | null;
  readonly variadicBuffers?: readonly Uint8Array[];
  readonly _nullCount?: number;
  slice(offset: number, length: number): ArrowData;
}

type Offsets = Int32Array | BigInt64Array;
type TypedArray = Uint8Array | Int32Array | Float64Array;

const BOOL = 6;

/** Bytes or items that are not used and yet not worth cutting off. */
const SPARE = 1_024;

/**
 * A column that shows less than half of a buffer, cut to what it shows. A slice in Arrow keeps all
 * bits of validity, all bytes of texts and all items of lists, so that ten rows of a million would
 * take the bytes of a million. Offsets into what is cut are written anew; values stay as they are.
 */
export function cutToUse(data: ArrowData): ArrowData {
  return cutBits(cutItems(data));
}

function cutBits(data: ArrowData): ArrowData {
  const { offset, length, nullBitmap, values } = data;
  const start = offset >> 3;
  const end = (offset + length + 7) >> 3;
  const bits = data.type.typeId === BOOL ? values : undefined;
  const isLong = (bytes: Uint8Array | TypedArray | null | undefined): boolean =>
    bytes != null && bytes.byteLength > 2 * (end - start) + SPARE;
  if (!isLong(nullBitmap) && !isLong(bits)) return data;
  return {
    ...partsOf(data),
    offset: offset & 7,
    ...(nullBitmap == null ? {} : { nullBitmap: nullBitmap.subarray(start, end) }),
    ...(bits == null ? {} : { values: bits.subarray(start, end) }),
  };
}

function cutItems(data: ArrowData): ArrowData {
  const { valueOffsets, length, values, children } = data;
  if (valueOffsets == null || data.typeIds != null) return data;
  const first = length === 0 ? 0 : Number(valueOffsets[0]);
  const last = length === 0 ? 0 : Number(valueOffsets[length]);
  const isLong = (count: number): boolean => count > 2 * (last - first) + SPARE;
  const [child] = children;
  if (values != null && isLong(values.length)) {
    const used = values.subarray(first, last);
    return { ...partsOf(data), values: used, valueOffsets: movedBy(valueOffsets, first) };
  }
  if (child !== undefined && isLong(child.length)) {
    const used = child.slice(first, last - first);
    return { ...partsOf(data), children: [used], valueOffsets: movedBy(valueOffsets, first) };
  }
  return data;
}

function movedBy(offsets: Offsets, first: number): Offsets {
  if (first === 0) return offsets;
  return offsets instanceof Int32Array
    ? offsets.map((offset) => offset - first)
    : offsets.map((offset) => offset - BigInt(first));
}

/** The parts by name: the object itself has getters, which a copy of its fields would lose. */
function partsOf(data: ArrowData): ArrowData {
  const { type, length, offset, children, dictionary, valueOffsets, values } = data;
  const { nullBitmap, typeIds, variadicBuffers, _nullCount } = data;
  return {
    type,
    length,
    offset,
    children,
    dictionary,
    ...(valueOffsets === undefined ? {} : { valueOffsets }),
    ...(values === undefined ? {} : { values }),
    ...(nullBitmap === undefined ? {} : { nullBitmap }),
    ...(typeIds === undefined ? {} : { typeIds }),
    ...(variadicBuffers === undefined ? {} : { variadicBuffers }),
    ...(_nullCount === undefined ? {} : { _nullCount }),
    slice: (start, count) => data.slice(start, count),
  };
}
