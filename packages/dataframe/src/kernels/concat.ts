import type { Block, Column } from "../column.ts";
import { makeArray, makeBlock, makeColumn, makeValues, sliceColumn } from "../column.ts";
import { dtypeText, isText, sameDType } from "../dtype-traits.ts";
import { dataFault } from "../errors.ts";
import { concatTexts } from "./concat-texts.ts";

/** The rows of partitions one after the other, each copied once; of one that has rows, itself. */
export function concatBlocks(blocks: readonly Block[]): Block {
  const [first] = blocks;
  if (first === undefined) throw new Error("no partitions to concat");
  for (const block of blocks) checkAlike(first, block);
  const filled = blocks.filter(({ rows }) => rows > 0);
  if (filled.length < 2) return filled[0] ?? first;
  const rows = filled.reduce((sum, block) => sum + block.rows, 0);
  const columns = first.columns.map((_, n) =>
    concatColumns(filled.map((block) => block.columns[n] as Column)),
  );
  return makeBlock(rows, first.names, columns);
}

function checkAlike(a: Block, b: Block): void {
  const fits =
    a.names.length === b.names.length &&
    a.names.every((name, n) => name === b.names[n]) &&
    a.columns.every((column, n) => sameDType(column.dtype, (b.columns[n] as Column).dtype));
  if (fits) return;
  throw dataFault(
    "dataframe/schema-mismatch",
    `concat: partitions differ in their columns, got ${columnsText(b)}, wanted ${columnsText(a)}. ` +
      "Select the same columns in the same order and cast them to the same dtypes.",
  );
}

function columnsText({ names, columns }: Block): string {
  const texts = names.map((name, n) => `${name}: ${dtypeText((columns[n] as Column).dtype)}`);
  return `{ ${texts.join(", ")} }`;
}

/** The rows of columns of one dtype one after the other; of one that has rows, itself. */
export function concatColumns(columns: readonly Column[]): Column {
  const [first] = columns;
  if (first === undefined) throw new Error("no columns to concat");
  const parts = columns.filter((column) => column.length > 0);
  if (parts.length < 2) return parts[0] ?? first;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const valid = concatValid(parts, length);
  const { dtype } = first;
  if (isText(dtype)) return concatTexts(dtype, parts, length, valid);
  if (dtype.kind === "list") return concatLists(parts, length, valid);
  if (dtype.kind === "struct") {
    const children = first.children.map((_, n) =>
      concatColumns(parts.map((part) => part.children[n] as Column)),
    );
    return makeColumn(dtype, length, { valid, children });
  }
  const values = makeValues(dtype, length) as Float64Array;
  let at = 0;
  for (const part of parts) {
    values.set(part.values as Float64Array, at);
    at += part.length;
  }
  return makeColumn(dtype, length, { values, valid });
}

function concatValid(parts: readonly Column[], length: number): Uint8Array | undefined {
  if (parts.every(({ valid }) => valid === undefined)) return undefined;
  const all = makeArray(Uint8Array, length);
  let at = 0;
  for (const { length: rows, valid } of parts) {
    if (valid === undefined) all.fill(1, at, at + rows);
    else all.set(valid, at);
    at += rows;
  }
  return all;
}

function concatLists(
  parts: readonly Column[],
  length: number,
  valid: Uint8Array | undefined,
): Column {
  const ends = makeArray(Int32Array, length + 1);
  let at = 0;
  const items = parts.map((part) => {
    const offsets = part.offsets as Int32Array;
    const [start = 0, end = 0] = [offsets[0], offsets[part.length]];
    const shift = (ends[at] as number) - start;
    for (let i = 1; i <= part.length; i++) ends[at + i] = (offsets[i] as number) + shift;
    at += part.length;
    return sliceColumn(part.children[0] as Column, start, end);
  });
  const { dtype } = parts[0] as Column;
  return makeColumn(dtype, length, { valid, offsets: ends, children: [concatColumns(items)] });
}
