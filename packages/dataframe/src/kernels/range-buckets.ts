import type { Column } from "../column.ts";
import { concatColumns } from "./concat.ts";
import { bucketsOfNumbers } from "./number-buckets.ts";
import type { OrderWords, SortOrder } from "./order-words.ts";
import { joinedInts, wordsOf } from "./sort.ts";

/**
 * The bucket of each row: how many bounds, which are rows of the same columns in order, do not come
 * after it.
 */
export function bucketsByRange(
  columns: readonly Column[],
  bounds: readonly Column[],
  orders: readonly SortOrder[],
): Int32Array {
  const boundCount = bounds[0]?.length ?? 0;
  const length = columns[0]?.length ?? 0;
  if (boundCount === 0 || length === 0) return new Int32Array(length);
  const [column, bound, order] = [columns[0], bounds[0], orders[0]];
  if (columns.length === 1 && column && bound && order) {
    const buckets = bucketsOfNumbers(column, bound, order);
    if (buckets !== undefined) return buckets;
  }
  // Words can be compared within one column alone.
  const joined = columns.map((column, n) => concatColumns([bounds[n] as Column, column]));
  const search: Search = {
    boundCount,
    low: new Int32Array(boundCount + length),
    high: new Int32Array(boundCount + length).fill(boundCount),
    keys: new Int32Array(boundCount + length),
  };
  let open: Int32Array = new Int32Array(length);
  for (let i = 0; i < length; i++) open[i] = boundCount + i;
  wordsOf(joined, orders).forEach((words, n) => {
    open = searchColumn(search, words, open, n === 0);
  });
  return search.high.subarray(boundCount);
}

/**
 * Bounds from `low` up to, without, `high` are equal to a row, by its number, as far as was looked;
 * the bounds are the first rows themselves. Where none is left, both are the bucket.
 */
interface Search {
  readonly boundCount: number;
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly keys: Int32Array;
}

/**
 * Looks at one column of rows; gives those that are equal to bounds in it. All bounds are in order
 * in the first word of the first column alone.
 */
function searchColumn(
  search: Search,
  words: OrderWords,
  from: Int32Array,
  isFirst: boolean,
): Int32Array {
  const { boundCount, keys } = search;
  const over: Int32Array[] = [];
  let open = from;
  for (let word = 0; word < words.count && open.length > 0; word++) {
    const rows = new Int32Array(boundCount + open.length);
    for (let i = 0; i < boundCount; i++) rows[i] = i;
    rows.set(open, boundCount);
    words.fill(word, rows, Int32Array.of(0, rows.length), keys);
    const guide = isFirst && word === 0 ? guideOf(keys, boundCount) : undefined;
    const equal = narrow(search, rows, guide);
    let overCount = 0;
    let openCount = 0;
    const ended = new Int32Array(equal.length);
    for (const row of equal) {
      if (words.isOver(row, word + 1)) ended[overCount++] = row;
      else equal[openCount++] = row;
    }
    over.push(ended.subarray(0, overCount));
    open = equal.subarray(0, openCount);
  }
  return joinedInts([...over, open]);
}

/** Narrows the bounds that rows are equal to by one word; gives the rows that are equal to some. */
function narrow(
  { boundCount, low, high, keys }: Search,
  rows: Int32Array,
  guide?: Guide,
): Int32Array {
  const equal = new Int32Array(rows.length - boundCount);
  let count = 0;
  for (let i = boundCount; i < rows.length; i++) {
    const row = rows[i] as number;
    const key = keys[i] as number;
    const end = high[row] as number;
    let first = low[row] as number;
    let last = end;
    if (guide !== undefined) {
      const part = partOf(guide, key);
      first = guide.starts[part] as number;
      last = guide.starts[part + 1] as number;
    }
    while (first < last) {
      const middle = (first + last) >>> 1;
      if ((keys[middle] as number) < key) first = middle + 1;
      else last = middle;
    }
    let behind = first;
    while (behind < end && keys[behind] === key) behind++;
    low[row] = first;
    high[row] = behind;
    if (behind > first) equal[count++] = row;
  }
  return equal.subarray(0, count);
}

/**
 * Equal parts of the range of the bounds' keys, and the first bound of each: few are left to
 * search.
 */
interface Guide {
  readonly least: number;
  readonly greatest: number;
  readonly shift: number;
  readonly starts: Int32Array;
}

const guideBits = 11;

/** Of bounds whose keys are in order, all of them. */
function guideOf(keys: Int32Array, boundCount: number): Guide {
  const least = keys[0] as number;
  const greatest = keys[boundCount - 1] as number;
  const shift = Math.max(0, 32 - Math.clz32(greatest - least) - guideBits);
  const starts = new Int32Array((1 << guideBits) + 1);
  const guide = { least, greatest, shift, starts };
  for (let bound = 0; bound < boundCount; bound++) {
    const part = partOf(guide, keys[bound] as number);
    starts[part + 1] = (starts[part + 1] as number) + 1;
  }
  for (let part = 0; part < starts.length - 1; part++) {
    starts[part + 1] = (starts[part + 1] as number) + (starts[part] as number);
  }
  return guide;
}

function partOf({ least, greatest, shift }: Guide, key: number): number {
  const within = key < least ? least : key > greatest ? greatest : key;
  return (within - least) >>> shift;
}
