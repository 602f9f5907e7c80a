import type { Column } from "../column.ts";
import { makeColumn } from "../column.ts";

/**
 * Columns of which no two share memory, as a projection that names one twice makes them: the
 * writer of apache-arrow takes buffers that overlap for one, and leaves bytes out.
 */
export function columnsApart(columns: readonly Column[]): readonly Column[] {
  const taken: Taken = new Map();
  return columns.map((column) => (isShared(column, taken) ? copied(column) : column));
}

/** Ranges of bytes that columns before have, by the memory that they lie in. */
type Taken = Map<ArrayBufferLike, (readonly [start: number, end: number])[]>;

function isShared({ values, offsets, children }: Column, taken: Taken): boolean {
  let shared = false;
  for (const array of [values, offsets]) {
    if (array === undefined || array.length === 0) continue;
    const [start, end] = [array.byteOffset, array.byteOffset + array.byteLength];
    const ranges = taken.get(array.buffer) ?? [];
    shared ||= ranges.some(([from, to]) => start < to && from < end);
    taken.set(array.buffer, [...ranges, [start, end]]);
  }
  for (const child of children) shared = isShared(child, taken) || shared;
  return shared;
}

function copied({ dtype, length, values, valid, offsets, dictionary, children }: Column): Column {
  return makeColumn(dtype, length, {
    values: values?.slice(),
    valid,
    offsets: offsets?.slice(),
    dictionary,
    children: children.map(copied),
  });
}
