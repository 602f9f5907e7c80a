import type { Column } from "../column.ts";
import type { SortOrder } from "./order-words.ts";
import { sortedRows } from "./sort.ts";

/** Rows looked at in a partition: parts cut by them are off by about a sixteenth. */
const sampleLength = 256;

/**
 * Some rows of a partition: one of each of equally long ranges, chosen by the number of the
 * partition and that of the range alone.
 */
export function sampledRows(length: number, partition: number): Int32Array {
  const count = Math.min(length, sampleLength);
  const rows = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const within = (mixed(partition * sampleLength + i) >>> 0) / 2 ** 32;
    rows[i] = Math.min(length - 1, Math.floor(((i + within) * length) / count));
  }
  return rows;
}

/** Spreads the bits of a number over all of them. */
function mixed(n: number): number {
  let h = Math.imul(n ^ (n >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}

/**
 * The rows of a sample that part it into `count` parts of about the same weight, `count` - 1 of
 * them in order: of a value that makes up several parts, several.
 */
export function quantileRows(
  columns: readonly Column[],
  orders: readonly SortOrder[],
  weights: Float64Array,
  count: number,
): Int32Array {
  const order = sortedRows(columns, orders);
  if (order.length === 0) return new Int32Array(0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const bounds = new Int32Array(count - 1);
  let at = 0;
  let before = 0;
  for (let i = 0; i < bounds.length; i++) {
    const wanted = (total / count) * (i + 1);
    while (at + 1 < order.length && before < wanted) before += weights[order[at++] as number] ?? 0;
    bounds[i] = order[at] as number;
  }
  return bounds;
}
