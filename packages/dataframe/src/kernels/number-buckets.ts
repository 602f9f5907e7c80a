import type { Column } from "../column.ts";
import { halvesOf } from "../column.ts";
import { isText, isWide } from "../dtype-traits.ts";
import type { SortOrder } from "./order-words.ts";
import { perArrayType } from "./per-array-type.ts";

/**
 * The bucket of each row as `bucketsByRange` gives it, for one column of numbers that doubles hold
 * exactly: they are compared as what they are, and a table of equal steps between the least and
 * the greatest bound leaves few bounds to look at. Undefined for other columns.
 */
export function bucketsOfNumbers(
  column: Column,
  bounds: Column,
  { descending, nulls }: SortOrder,
): Int32Array | undefined {
  const values = doublesOf(column);
  const boundValues = values && doublesOf(bounds);
  if (boundValues === undefined) return undefined;
  const ladder = ladderOf(boundValues, bounds, descending);
  const { valid, length } = column;
  const buckets = new Int32Array(length);
  findBuckets(values as Float64Array)(
    values as Float64Array,
    descending ? -1 : 1,
    ladder.steps,
    ladder.starts,
    Float64Array.of(ladder.least, ladder.scale, ladder.before, ladder.ofNaN),
    buckets,
  );
  const nullCount = bounds.length - ladder.count;
  if (nulls === "first" && nullCount > 0) {
    for (let i = 0; i < length; i++) buckets[i] = (buckets[i] as number) + nullCount;
  }
  if (valid !== undefined) {
    const ofNull = nulls === "first" ? nullCount : bounds.length;
    for (let i = 0; i < length; i++) if (valid[i] === 0) buckets[i] = ofNull;
  }
  return buckets;
}

type Doubles = Exclude<Column["values"], BigInt64Array | BigUint64Array | undefined>;

/** Values that doubles hold exactly; whole numbers of 64 bits as doubles where they do. */
function doublesOf({ dtype, length, values }: Column): Doubles | undefined {
  if (isText(dtype) || values === undefined) return undefined;
  if (!isWide(dtype)) return values as Doubles;
  if (dtype.kind === "uint64") return undefined;
  const halves = halvesOf(values);
  const doubles = new Float64Array(length);
  let beyond = 0;
  for (let i = 0; i < length; i++) {
    const high = halves[2 * i + 1] as number;
    beyond |= (high + 0x20_0000) >>> 22;
    doubles[i] = high * 2 ** 32 + ((halves[2 * i] as number) >>> 0);
  }
  return beyond === 0 ? doubles : undefined;
}

/** Bounds that are numbers, in ascending order: those of a descending one by their negatives. */
interface Ladder {
  readonly steps: Float64Array;
  /** The first bound of each cell; cells are equal parts of the range of the bounds. */
  readonly starts: Int32Array;
  readonly least: number;
  /** From a distance from the least bound to the number of a cell. */
  readonly scale: number;
  /** Bounds that come before all numbers: of NaN, in a descending order. */
  readonly before: number;
  /** The bucket of NaN. */
  readonly ofNaN: number;
  /** How many bounds are not null. */
  readonly count: number;
}

const cellCount = 2 ** 12;

function ladderOf(values: Doubles, { length, valid }: Column, descending: boolean): Ladder {
  const numbers: number[] = [];
  let count = 0;
  for (let i = 0; i < length; i++) {
    if (valid !== undefined && valid[i] === 0) continue;
    count++;
    const value = values[i] as number;
    if (value === value) numbers.push(descending ? -value : value);
  }
  const steps = Float64Array.from(numbers);
  const least = steps[0] ?? 0;
  const range = (steps.at(-1) ?? 0) - least;
  // Where the range is nothing, or has no end, all bounds are in one cell.
  const scale = range > 0 && (cellCount - 1) / range < Infinity ? (cellCount - 1) / range : 0;
  const starts = new Int32Array(cellCount + 1);
  for (const step of steps) {
    const cell = cellOf(step, least, scale) + 1;
    starts[cell] = (starts[cell] as number) + 1;
  }
  for (let cell = 0; cell < cellCount; cell++) {
    starts[cell + 1] = (starts[cell + 1] as number) + (starts[cell] as number);
  }
  const before = descending ? count - steps.length : 0;
  const ofNaN = descending ? before : count;
  return { steps, starts, least, scale, before, ofNaN, count };
}

/** Never less for a greater number, which is all that the search relies on. */
function cellOf(value: number, least: number, scale: number): number {
  return scale === 0 ? 0 : Math.min(cellCount - 1, Math.floor((value - least) * scale));
}

const findBuckets = perArrayType(
  (
    values: Float64Array,
    sign: number,
    steps: Float64Array,
    starts: Int32Array,
    [least = 0, scale = 0, before = 0, ofNaN = 0]: Float64Array,
    buckets: Int32Array,
  ): void => {
    const last = starts.length - 2;
    for (let i = 0; i < buckets.length; i++) {
      const value = sign * (values[i] as number);
      if (value !== value) {
        buckets[i] = ofNaN;
        continue;
      }
      let low = 0;
      if (value >= least) {
        const cell = scale === 0 ? 0 : Math.min(last, Math.floor((value - least) * scale));
        low = starts[cell] as number;
        let high = starts[cell + 1] as number;
        // Of many bounds in a cell half are left out at each look.
        while (high - low > 8) {
          const middle = (low + high) >>> 1;
          if ((steps[middle] as number) <= value) low = middle + 1;
          else high = middle;
        }
        while (low < high && (steps[low] as number) <= value) low++;
      }
      buckets[i] = before + low;
    }
  },
);
