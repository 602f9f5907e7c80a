import { registerCodec } from "@millrace/closure/tasks";
import { invalidArgument } from "./errors.ts";

/** What the arrays of a {@link Cut} can be. */
export type CutArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** An array of a {@link Cut}, and which part of it each piece gets. */
export interface CutPart {
  readonly array: CutArray;
  /** Piece `j` gets elements `ends[j]` up to, without, `ends[j + 1]`; undefined: it gets all. */
  readonly ends: Int32Array | undefined;
}

/**
 * Pieces that lie in typed arrays one behind the other: what a split gives that deals rows of
 * columns out to very many pieces. Executors keep it as what it is, with a table of where the
 * pieces begin, so that one more piece costs some numbers and no object, and whoever reads a piece
 * gets views. `rest` is the same for all pieces.
 *
 * @throws GraphError `graph/invalid-argument` for ends that are not `count` + 1 ascending places
 * in their array
 * @example
 * ```ts
 * import { Cut } from "@millrace/graph";
 *
 * const ends = Int32Array.of(0, 2, 3);
 * const cut = new Cut(2, "numbers", [{ array: Float64Array.of(1, 2, 3), ends }]);
 * cut.piece(0).array(0); // => Float64Array.of(1, 2)
 * cut.piece(1).array(0); // => Float64Array.of(3)
 * cut.piece(1).rest; // => "numbers"
 * ```
 */
export class Cut {
  /** How many pieces there are. */
  readonly count: number;
  /** What all pieces have in common. */
  readonly rest: unknown;
  /** The arrays in which the pieces lie. */
  readonly parts: readonly CutPart[];

  constructor(count: number, rest: unknown, parts: readonly CutPart[]) {
    for (const part of parts) checkEnds(count, part);
    this.count = count;
    this.rest = rest;
    this.parts = parts;
  }

  /** Piece `j`, counted from 0; it costs nothing. */
  piece(j: number): CutPiece {
    return new CutPiece(this, j);
  }
}

/**
 * One piece of a {@link Cut}, which is what a join gets.
 *
 * @example
 * ```ts
 * import { Cut } from "@millrace/graph";
 *
 * const cut = new Cut(1, "all", [{ array: Int8Array.of(1, 2), ends: undefined }]);
 * cut.piece(0).array(0); // => Int8Array.of(1, 2)
 * ```
 */
export class CutPiece {
  /** The pieces of which it is one. */
  readonly cut: Cut;
  /** Which of them it is, counted from 0. */
  readonly index: number;

  constructor(cut: Cut, index: number) {
    this.cut = cut;
    this.index = index;
  }

  /** What all pieces have in common. */
  get rest(): unknown {
    return this.cut.rest;
  }

  /** What this piece has of array `n`: a view, nothing is copied. */
  array(n: number): CutArray {
    const { array, ends } = this.cut.parts[n] as CutPart;
    if (ends === undefined) return array;
    return array.subarray(ends[this.index], ends[this.index + 1]);
  }
}

function checkEnds(count: number, { array, ends }: CutPart): void {
  if (ends === undefined) return;
  let before = 0;
  let isAscending = ends.length === count + 1;
  for (const end of ends) {
    isAscending &&= end >= before;
    before = end;
  }
  if (isAscending && before <= array.length) return;
  throw invalidArgument(
    "Cut",
    "pieces do not end in their array",
    Array.from(ends.subarray(0, 8)),
    `${count + 1} places, none before the last one, up to ${array.length}`,
  );
}

/** Pieces as a split gives them: one after the other, or as a {@link Cut}. */
export type Pieces = readonly unknown[] | Cut;

/** Piece `j` of what a split gave. */
export function pieceOf(pieces: Pieces, j: number): unknown {
  return pieces instanceof Cut ? pieces.piece(j) : pieces[j];
}

/** A {@link Cut}, or with `index` one piece of it, as plain data. */
interface Packed {
  readonly count: number;
  readonly rest: unknown;
  readonly parts: readonly CutPart[];
  readonly index: number | undefined;
}

/** Lets cuts and their pieces travel inside other values; of a piece no more does than it has. */
export function registerCutCodec(): void {
  registerCodec<Cut | CutPiece, Packed>({
    name: "millrace-cut",
    module: "@millrace/graph",
    test: (value) => value instanceof Cut || value instanceof CutPiece,
    encode(value) {
      if (value instanceof Cut) {
        const { count, rest, parts } = value;
        return { count, rest, parts, index: undefined };
      }
      const parts = value.cut.parts.map(({ ends }, n): CutPart => {
        const array = value.array(n);
        return { array, ends: ends && Int32Array.of(0, array.length) };
      });
      return { count: 1, rest: value.rest, parts, index: 0 };
    },
    decode({ count, rest, parts, index }) {
      const cut = new Cut(count, rest, parts);
      return index === undefined ? cut : cut.piece(index);
    },
  });
}
