import type { Block, Column, Values } from "../column.ts";
import { makeArray, makeBlock, makeColumn, makeValues } from "../column.ts";
import { perArrayType } from "./per-array-type.ts";
import { takeColumn } from "./take.ts";
import { textBytes } from "./text-bytes.ts";

/**
 * The rows of a partition at other places, all different: row i at `places[i]`. It reads memory in
 * order, which beats taking rows where few places are written to in turns.
 */
export function dealBlock(block: Block, places: Int32Array): Block {
  if (places.every((place, row) => place === row)) return block;
  const columns = block.columns.map((column) => dealColumn(column, places));
  return makeBlock(block.rows, block.names, columns);
}

function dealColumn(column: Column, places: Int32Array): Column {
  const { dtype, length, values, offsets, dictionary, children } = column;
  if (dtype.kind === "list") return takeColumn(column, inverseOf(places));
  const valid = column.valid && dealValues(column.valid, places, makeArray(Uint8Array, length));
  if (dtype.kind === "struct") {
    const parts = children.map((child) => dealColumn(child, places));
    return makeColumn(dtype, length, { valid, children: parts });
  }
  if (offsets !== undefined) {
    const texts = dealTexts(values as Uint8Array, offsets, places);
    return makeColumn(dtype, length, { ...texts, valid });
  }
  const dealt = dealValues(values as Values, places, makeValues(dtype, length));
  return makeColumn(dtype, length, { values: dealt, valid, dictionary });
}

const scatter = perArrayType(
  (values: Float64Array, places: Int32Array, out: Float64Array): void => {
    for (let i = 0; i < places.length; i++) out[places[i] as number] = values[i] as number;
  },
);

function dealValues<V extends Values>(values: V, places: Int32Array, out: V): V {
  scatter(values)(values as Float64Array, places, out as Float64Array);
  return out;
}

function dealTexts(
  bytes: Uint8Array,
  offsets: Int32Array,
  places: Int32Array,
): { values: Uint8Array; offsets: Int32Array } {
  const ends = makeArray(Int32Array, places.length + 1);
  for (let row = 0; row < places.length; row++) {
    const length = (offsets[row + 1] as number) - (offsets[row] as number);
    ends[(places[row] as number) + 1] = length;
  }
  for (let place = 0; place < places.length; place++) {
    ends[place + 1] = (ends[place + 1] as number) + (ends[place] as number);
  }
  const values = textBytes(ends[places.length] as number);
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const to = new DataView(values.buffer, values.byteOffset, values.length);
  for (let row = 0; row < places.length; row++) {
    let at = offsets[row] as number;
    const end = offsets[row + 1] as number;
    let out = ends[places[row] as number] as number;
    for (; at + 4 <= end; at += 4, out += 4) to.setInt32(out, from.getInt32(at));
    for (; at < end; at++) values[out++] = bytes[at] as number;
  }
  return { values, offsets: ends };
}

function inverseOf(places: Int32Array): Int32Array {
  const rows = new Int32Array(places.length);
  for (let row = 0; row < places.length; row++) rows[places[row] as number] = row;
  return rows;
}
