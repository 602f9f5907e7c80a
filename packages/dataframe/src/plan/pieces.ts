import { invalidArgument } from "../errors.ts";
import type { Scalar } from "../expr/typed.ts";
import { compareBounds } from "./divisions.ts";
import type { Piece } from "./node.ts";

/** More partitions than anyone means to have; each costs memory before anything runs. */
export const npartitionsMax = 1_000_000;

/**
 * Of partitions whose rows are known the pieces that make up partitions of other row counts, of the
 * same sum. Each row is in one piece; a partition without rows has one piece without rows, which
 * tells its columns.
 */
export function piecesOfRows(
  before: readonly number[],
  after: readonly number[],
): (readonly Piece[])[] {
  let input = 0;
  let start = 0;
  return after.map((rows) => {
    const pieces: Piece[] = [];
    for (let left = rows; left > 0;) {
      const end = Math.min(before[input] as number, start + left);
      if (end > start) pieces.push([input, start, end]);
      left -= end - start;
      start = end;
      if (left > 0) [input, start] = [input + 1, 0];
    }
    return pieces.length === 0 ? [[input, start, start]] : pieces;
  });
}

/** Row counts of partitions of `partitionRows` rows, of which the last one may have fewer. */
export function rowsOfLength(
  api: string,
  before: readonly number[] | undefined,
  partitionRows: number,
): number[] {
  if (!(Number.isSafeInteger(partitionRows) && partitionRows >= 1)) {
    throw invalidArgument(api, "bad partitionRows", partitionRows, "a whole number of 1 or more");
  }
  if (before === undefined) {
    const wanted = "partitions whose rows are known: from rows, Arrow or Parquet, not yet filtered";
    const remedy = "Use npartitions, or repartitionBySize, which looks at the data.";
    throw invalidArgument(api, "partitionRows of unknown rows", partitionRows, wanted, remedy);
  }
  const sum = before.reduce((rows, more) => rows + more, 0);
  const count = Math.max(1, Math.ceil(sum / partitionRows));
  if (count > npartitionsMax) {
    const wanted = `a number that makes at most ${npartitionsMax} partitions`;
    throw invalidArgument(api, "too few partitionRows", partitionRows, wanted);
  }
  return Array.from({ length: count }, (_, i) => Math.min(partitionRows, sum - i * partitionRows));
}

/** What was measured of a partition. */
export interface Measured {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Pieces of partitions of at most `bytesMax`, taking the rows of an input as equally large: what is
 * too large is cut evenly, at most to single rows, and neighbours are packed while they fit.
 */
export function piecesOfSize(inputs: readonly Measured[], bytesMax: number): (readonly Piece[])[] {
  const plan: Piece[][] = [];
  let room = 0;
  inputs.forEach(({ rows, bytes }, input) => {
    const rowsMax = Math.max(1, Math.floor((bytesMax * rows) / bytes));
    const count = Math.ceil(rows / rowsMax);
    for (let i = 0; i < count; i++) {
      const [start, end] = [floorShare(rows, i, count), floorShare(rows, i + 1, count)];
      const share = (bytes * (end - start)) / rows;
      if (share > room || plan.length === 0) {
        plan.push([]);
        room = bytesMax;
      }
      room -= share;
      plan.at(-1)?.push([input, start, end]);
    }
  });
  return plan.length === 0 ? [[[0, 0, 0]]] : plan;
}

/** `floor(i · rows / count)`, exact also where the product has no room in a number. */
export function floorShare(rows: number, i: number, count: number): number {
  const rest = rows % count;
  return i * ((rows - rest) / count) + Math.floor((i * rest) / count);
}

/**
 * Rows of partition `input` whose index is `low` or more and below `high`; undefined: from its
 * start, up to its end.
 */
export type BoundPiece = readonly [
  input: number,
  low: Scalar | undefined,
  high: Scalar | undefined,
];

/**
 * Of partitions between known bounds the pieces that make up partitions between others. What lies
 * before all new bounds goes into the first partition, what lies behind into the last one.
 */
export function piecesOfDivisions(
  before: readonly Scalar[],
  after: readonly Scalar[],
): (readonly BoundPiece[])[] {
  const inputCount = before.length - 1;
  const outputCount = after.length - 1;
  let input = 0;
  return Array.from({ length: outputCount }, (_, output) => {
    const low = output === 0 ? undefined : (after[output] as Scalar);
    const high = output === outputCount - 1 ? undefined : (after[output + 1] as Scalar);
    const pieces: BoundPiece[] = [];
    for (; input < inputCount; input++) {
      const isLast = input === inputCount - 1;
      const [start, end] = [before[input] as Scalar, before[input + 1] as Scalar];
      if (high !== undefined && compareBounds(start, high) >= 0) break;
      // The last partition holds its last bound, and nulls.
      const isCut = high !== undefined && (isLast || compareBounds(high, end) < 0);
      const isNone = low !== undefined && !isLast && compareBounds(low, end) >= 0;
      const from = low !== undefined && compareBounds(low, start) > 0 ? low : undefined;
      if (!isNone) pieces.push([input, from, isCut ? high : undefined]);
      if (isCut) break;
    }
    return pieces.length === 0 ? [noRows(Math.min(input, inputCount - 1), low ?? high)] : pieces;
  });
}

function noRows(input: number, bound: Scalar | undefined): BoundPiece {
  return [input, bound, bound];
}
