import type { CutArray, CutPart, CutPiece } from "@millrace/graph/tasks";
import { Cut } from "@millrace/graph/tasks";
import type { Block, Column, Values } from "../column.ts";
import { makeArray, makeBlock, makeColumn, makeValues } from "../column.ts";
import type { DType } from "../dtype.ts";
import { concatBlocks, concatColumns } from "./concat.ts";
import type { Dealt } from "./partition.ts";
import { perArrayType } from "./per-array-type.ts";

/** What a piece says beside its arrays: a row of shapes for each block. */
type Shape = readonly BlockShape[];

interface BlockShape {
  readonly names: readonly string[];
  readonly columns: readonly ColumnShape[];
}

/** Which arrays a column has, in the order of {@link Column}. */
interface ColumnShape {
  readonly dtype: DType;
  readonly valid: boolean;
  readonly values: boolean;
  readonly offsets: boolean;
  readonly dictionary: ColumnShape | undefined;
  readonly children: readonly ColumnShape[];
}

/**
 * Blocks in `count` pieces, each of which has rows of all blocks. Values are not copied, but
 * offsets are: those of a piece begin at 0.
 */
export function cutBlocks(dealt: readonly Dealt[], count: number): Cut {
  const parts: CutPart[] = [];
  const shape = dealt.map(({ block: { names, columns }, ends }): BlockShape => {
    const rows = Int32Array.from({ length: count }, (_, j) => rowsOf(ends, j));
    parts.push({ array: rows, ends: Int32Array.from({ length: count + 1 }, (_, j) => j) });
    return { names, columns: columns.map((column) => cutColumn(column, ends, parts)) };
  });
  return new Cut(count, shape, parts);
}

/** The blocks of a piece, as {@link cutBlocks} got them. */
export function blocksOf(piece: CutPiece): Block[] {
  const reader = new PieceReader(piece, 0);
  return (piece.rest as Shape).map(({ names, columns }) => {
    const [rows = 0] = reader.next() as Int32Array;
    return makeBlock(
      rows,
      names,
      columns.map((shape) => reader.column(shape, rows)),
    );
  });
}

/** The rows of pieces of one block each, one piece after the other. */
export function joinPieces(pieces: readonly CutPiece[]): Block {
  const [first] = pieces;
  if (first === undefined) throw new Error("no pieces to join");
  const key = keyOf(first);
  if (pieces.some((piece) => keyOf(piece) !== key)) return concatBlocks(pieces.flatMap(blocksOf));
  const [{ names, columns }] = first.rest as [BlockShape];
  let rows = 0;
  for (const piece of pieces) rows += rowsOfPiece(piece);
  let at = 1;
  const joined = columns.map((shape) => {
    const column = joinColumn(pieces, shape, at, rows);
    at += partCount(shape);
    return column;
  });
  return makeBlock(rows, names, joined);
}

/** Number `at` of the arrays is the first of the column. */
function joinColumn(
  pieces: readonly CutPiece[],
  shape: ColumnShape,
  at: number,
  rows: number,
): Column {
  const { dtype, valid, values, offsets, dictionary } = shape;
  if (!values || offsets || dictionary !== undefined) {
    const columns = pieces.map((piece) => {
      return new PieceReader(piece, at).column(shape, rowsOfPiece(piece));
    });
    return concatColumns(columns);
  }
  return makeColumn(dtype, rows, {
    valid: valid ? joinArrays(pieces, at, makeArray(Uint8Array, rows)) : undefined,
    values: joinArrays(pieces, at + (valid ? 1 : 0), makeValues(dtype, rows)),
  });
}

/** Views cost more than the elements of short pieces. */
const loopedMax = 64;

const copyElements = perArrayType(
  (array: Float64Array, start: number, end: number, out: Float64Array, at: number): void => {
    for (let i = start, to = at; i < end; i++, to++) out[to] = array[i] as number;
  },
);

function joinArrays<V extends Values>(pieces: readonly CutPiece[], part: number, out: V): V {
  const to = out as Float64Array;
  const copy = copyElements(out);
  let at = 0;
  for (const { cut, index } of pieces) {
    const { array, ends } = cut.parts[part] as CutPart;
    const start = ends?.[index] ?? 0;
    const end = ends?.[index + 1] ?? array.length;
    const from = array as Float64Array;
    if (end - start > loopedMax) to.set(from.subarray(start, end), at);
    else copy(from, start, end, to, at);
    at += end - start;
  }
  return out;
}

function rowsOfPiece({ cut, index }: CutPiece): number {
  const { array, ends } = cut.parts[0] as CutPart;
  return array[ends?.[index] ?? 0] as number;
}

const keys = new WeakMap<object, string>();

/** Pieces of one key have arrays of the same kinds. It is made once a cut. */
function keyOf({ cut }: CutPiece): string {
  const shape = cut.rest as Shape;
  let key = keys.get(shape);
  if (key === undefined) keys.set(shape, (key = JSON.stringify(shape)));
  return key;
}

function partCount({ valid, values, offsets, dictionary, children }: ColumnShape): number {
  const own = Number(valid) + Number(values) + Number(offsets);
  const inner = dictionary === undefined ? children : [dictionary, ...children];
  return inner.reduce((sum, shape) => sum + partCount(shape), own);
}

function rowsOf(ends: Int32Array, j: number): number {
  return (ends[j + 1] as number) - (ends[j] as number);
}

function cutColumn(column: Column, ends: Int32Array, parts: CutPart[]): ColumnShape {
  const { dtype, valid, values, offsets, dictionary, children } = column;
  if (valid !== undefined) parts.push({ array: valid, ends });
  if (offsets === undefined) {
    if (values !== undefined) parts.push({ array: values, ends });
    return {
      ...shapeOf(column),
      dictionary: dictionary && wholeColumn(dictionary, parts),
      children: children.map((child) => cutColumn(child, ends, parts)),
    };
  }
  const inner = ends.map((end) => offsets[end] as number);
  if (values !== undefined) parts.push({ array: values, ends: inner });
  const start = ends[0] as number;
  parts.push({ array: fromZero(offsets, ends), ends: ends.map((end, j) => end - start + j) });
  const [items] = children;
  const isList = dtype.kind === "list" && items !== undefined;
  return { ...shapeOf(column), children: isList ? [cutColumn(items, inner, parts)] : [] };
}

/** Offsets of pieces one behind the other, each with those of its own rows from 0 up. */
function fromZero(offsets: Int32Array, ends: Int32Array): Int32Array {
  const count = ends.length - 1;
  const rows = (ends[count] as number) - (ends[0] as number);
  const own = makeArray(Int32Array, rows + count);
  let at = 0;
  for (let j = 0; j < count; j++) {
    const [start, end] = [ends[j] as number, ends[j + 1] as number];
    const first = offsets[start] as number;
    for (let row = start; row <= end; row++) own[at++] = (offsets[row] as number) - first;
  }
  return own;
}

function wholeColumn(dictionary: Column, parts: CutPart[]): ColumnShape {
  for (const array of [dictionary.values, dictionary.offsets]) {
    if (array !== undefined) parts.push({ array, ends: undefined });
  }
  return shapeOf(dictionary);
}

function shapeOf({ dtype, valid, values, offsets }: Column): ColumnShape {
  return {
    dtype,
    valid: valid !== undefined,
    values: values !== undefined,
    offsets: offsets !== undefined,
    dictionary: undefined,
    children: [],
  };
}

const dictionaries = new WeakMap<Int32Array, Column>();

/** Takes the arrays of a piece one after the other. */
class PieceReader {
  readonly #piece: CutPiece;
  #at: number;

  constructor(piece: CutPiece, at: number) {
    this.#piece = piece;
    this.#at = at;
  }

  next(): CutArray {
    return this.#piece.array(this.#at++);
  }

  column(shape: ColumnShape, rows: number): Column {
    const valid = shape.valid ? (this.next() as Uint8Array) : undefined;
    const values = shape.values ? this.next() : undefined;
    const offsets = shape.offsets ? (this.next() as Int32Array) : undefined;
    const dictionary = shape.dictionary && this.#dictionary(shape.dictionary);
    const inner = offsets === undefined ? rows : (offsets[rows] as number);
    const children = shape.children.map((child) => this.column(child, inner));
    return makeColumn(shape.dtype, rows, { valid, values, offsets, dictionary, children });
  }

  /** Plain texts, which are there as a whole; the pieces of a cut have one object for them. */
  #dictionary(shape: ColumnShape): Column {
    const values = shape.values ? this.next() : undefined;
    const offsets = this.next() as Int32Array;
    let dictionary = dictionaries.get(offsets);
    if (dictionary === undefined) {
      dictionary = makeColumn(shape.dtype, offsets.length - 1, { values, offsets });
      dictionaries.set(offsets, dictionary);
    }
    return dictionary;
  }
}
