import { declareExports } from "@millrace/closure/tasks";
import type { Block, Column } from "../column.ts";
import { makeBlock } from "../column.ts";
import { takeColumn } from "../kernels/take.ts";

/**
 * Each row of a partition with a probability. Whether a row is taken follows from the seed, the
 * number of the partition and that of the row alone.
 */
export function sampleBlock(
  block: Block,
  partition: number,
  fraction: number,
  seed: number,
): Block {
  const rows = new Int32Array(block.rows);
  const limit = fraction * 2 ** 32;
  const start = mix(mix(seed | 0) ^ partition);
  let count = 0;
  for (let row = 0; row < block.rows; row++) {
    if (mix(start + Math.imul(row, 0x9e3779b9)) >>> 0 < limit) rows[count++] = row;
  }
  if (count === block.rows) return block;
  const taken = rows.subarray(0, count);
  return makeBlock(
    count,
    block.names,
    block.columns.map((column) => takeColumn(column, taken)),
  );
}

/** The finalizer of MurmurHash3: each bit of the input moves about half of those that come out. */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** One row an item of a list; a row whose list is empty or null stays, with null. */
export function explodeBlock(block: Block, _partition: number, name: string): Block {
  const at = block.names.indexOf(name);
  const lists = block.columns[at] as Column;
  const { rows, items } = itemRows(lists);
  const columns = block.columns.map((column, i) =>
    i === at ? takeColumn(lists.children[0] as Column, items, true) : takeColumn(column, rows),
  );
  return makeBlock(rows.length, block.names, columns);
}

/** For each row to be, the row that it comes from and its item, -1 for none. */
function itemRows({ length, offsets, valid }: Column): { rows: Int32Array; items: Int32Array } {
  const ends = offsets ?? new Int32Array(1);
  const sizes = (row: number): number =>
    valid !== undefined && valid[row] === 0 ? 0 : ends[row + 1]! - ends[row]!;
  let total = 0;
  for (let row = 0; row < length; row++) total += Math.max(1, sizes(row));
  const rows = new Int32Array(total);
  const items = new Int32Array(total);
  let out = 0;
  for (let row = 0; row < length; row++) {
    const size = sizes(row);
    rows[out] = row;
    items[out] = size === 0 ? -1 : ends[row]!;
    out++;
    for (let item = 1; item < size; item++) {
      rows[out] = row;
      items[out] = ends[row]! + item;
      out++;
    }
  }
  return { rows, items };
}

declareExports(import.meta.url, { sampleBlock, explodeBlock }, { package: "@millrace/dataframe" });
