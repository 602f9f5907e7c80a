import type { Block, Column } from "../../column.ts";
import { makeArray, makeBlock, makeColumn } from "../../column.ts";
import { int32 } from "../../dtype.ts";
import { dealBlock } from "../deal.ts";
import type { Dealt } from "../partition.ts";
import { bucketsByHash, placesOf } from "../partition.ts";
import type { GroupSpec } from "./aggregate-spec.ts";
import { ordinalName, rowOrdinalName } from "./ordinals.ts";
import type { PackedKeys } from "./packed-keys.ts";
import { mixInto, packedName } from "./packed-keys.ts";
import { packRows } from "./packing.ts";

/**
 * Rows of a part that nobody has grouped yet, which go behind its partial result: as they are, but
 * where each would have been met as a group of its own is known without a column for it.
 */
export function rowsToGroup(rows: number, keys: readonly Column[], args: readonly Column[]): Block {
  const names = [...keys.keys()].map((k) => `key:${k}`);
  names.push(...[...args.keys()].map((k) => `argument:${k}`));
  return makeBlock(rows, names, [...keys, ...args]);
}

/**
 * A part, which is a partial result and rows of {@link rowsToGroup}, dealt out to the first `used`
 * of `n` buckets by its keys, each in the order it had. Keys that can be packed become one column.
 */
export function splitPartials(
  part: readonly Block[],
  { keys }: GroupSpec,
  n: number,
  used: number = n,
  packed?: PackedKeys,
): Dealt[] {
  let next = 0;
  return part.map((block) => {
    const rest = block.columns.slice(keys.length);
    const isGrouped = block.names[keys.length] === ordinalName;
    const split: Split = {
      keys: block.columns.slice(0, keys.length),
      keyNames: block.names.slice(0, keys.length),
      firstOrdinal: isGrouped ? undefined : next,
      rest: makeBlock(block.rows, block.names.slice(keys.length), rest),
    };
    next = isGrouped ? ordinalBehind(rest[0] as Column) : next + block.rows;
    if (used === 1 || keys.length === 0) return dealToOne(split, n);
    return packed === undefined ? dealByHash(split, n, used) : dealPacked(split, n, used, packed);
  });
}

/** A block of a part: keys, and what goes with them. */
interface Split {
  readonly keys: readonly Column[];
  readonly keyNames: readonly string[];
  /** Where row 0 would have been met as a group; undefined: `rest` has a column for it. */
  readonly firstOrdinal: number | undefined;
  readonly rest: Block;
}

function ordinalBehind({ length, values }: Column): number {
  return length === 0 ? 0 : ((values as Float64Array)[length - 1] as number) + 1;
}

function dealToOne(split: Split, n: number): Dealt {
  const { rows } = split.rest;
  const places =
    split.firstOrdinal === undefined ? undefined : Int32Array.from({ length: rows }, (_, i) => i);
  const ends = Int32Array.from({ length: n + 1 }, (_, j) => (j === 0 ? 0 : rows));
  return { block: joined(split, split.keyNames, split.keys, split.rest, places), ends };
}

function dealByHash(split: Split, n: number, used: number): Dealt {
  const { keys, keyNames, rest } = split;
  const places = bucketsByHash(keys, used);
  const ends = placesOf(places, n);
  const names = [...keyNames, ...rest.names];
  const { columns } = dealBlock(makeBlock(rest.rows, names, [...keys, ...rest.columns]), places);
  const dealt = makeBlock(rest.rows, rest.names, columns.slice(keys.length));
  return { block: joined(split, keyNames, columns.slice(0, keys.length), dealt, places), ends };
}

/** Rows of a bucket have numbers that lie together: a table finds their groups without a hash. */
function dealPacked(split: Split, n: number, used: number, packed: PackedKeys): Dealt {
  const { rows } = split.rest;
  const [codes, places] = scratch(rows);
  packRows(packed.packing, split.keys, undefined, rows, codes);
  mixInto(codes, packed, used, places);
  const ends = placesOf(places, n);
  const values = makeArray(Int32Array, rows);
  for (let row = 0; row < rows; row++) values[places[row] as number] = codes[row] as number;
  const key = makeColumn(int32, rows, { values });
  const dealt = dealBlock(split.rest, places);
  return { block: joined(split, [packedName(packed)], [key], dealt, places), ends };
}

/** Blocks of up to so many rows are dealt by means of memory that is there. */
const KEPT_ROWS = 2 ** 20;

let kept: readonly [Int32Array, Int32Array] = [new Int32Array(0), new Int32Array(0)];

/** Two arrays for a block, which the next one writes over: new ones cost as much as their use. */
function scratch(rows: number): readonly [Int32Array, Int32Array] {
  let [codes, places] = kept;
  if (codes.length < rows) {
    [codes, places] = [new Int32Array(rows), new Int32Array(rows)];
    if (rows <= KEPT_ROWS) kept = [codes, places];
  }
  return [codes.subarray(0, rows), places.subarray(0, rows)];
}

/** Keys and the rest, with a column of ordinals between them where there is none. */
function joined(
  { firstOrdinal }: Split,
  keyNames: readonly string[],
  keys: readonly Column[],
  rest: Block,
  places: Int32Array | undefined,
): Block {
  const { rows, names, columns } = rest;
  if (firstOrdinal === undefined || places === undefined) {
    return makeBlock(rows, [...keyNames, ...names], [...keys, ...columns]);
  }
  const values = makeArray(Int32Array, rows);
  for (let row = 0; row < rows; row++) values[places[row] as number] = row;
  const ordinals = makeColumn(int32, rows, { values });
  return makeBlock(
    rows,
    [...keyNames, rowOrdinalName(firstOrdinal), ...names],
    [...keys, ordinals, ...columns],
  );
}
