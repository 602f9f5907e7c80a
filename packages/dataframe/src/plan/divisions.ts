import { invalidArgument } from "../errors.ts";
import type { Scalar } from "../expr/typed.ts";

/** Checks bounds of partitions: two or more, none null, none before the one that it follows. */
export function checkDivisions(api: string, divisions: readonly Scalar[]): void {
  const got = divisions.map(String).join(", ");
  if (divisions.length < 2) {
    throw invalidArgument(api, "too few divisions", got, "a first and a last bound, or more");
  }
  divisions.forEach((bound, i) => {
    if (bound === null) throw invalidArgument(api, "null as a division", got, "no nulls");
    if (i > 0 && compareBounds(divisions[i - 1] as Scalar, bound) > 0) {
      throw invalidArgument(api, "divisions out of order", got, "bounds that ascend");
    }
  });
}

/** Whether two lists of bounds are the same. */
export function sameDivisions(
  a: readonly Scalar[] | undefined,
  b: readonly Scalar[] | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((bound, i) => compareBounds(bound, b[i] as Scalar) === 0);
}

/** The order of two values of one column, neither of them null: NaN last, texts by code points. */
export function compareBounds(a: Scalar, b: Scalar): number {
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (a === b || a === null || b === null) return 0;
  if (a !== a || b !== b) return Number(a !== a) - Number(b !== b);
  return a < b ? -1 : 1;
}

/** Surrogates stand below U+E000 … U+FFFF in UTF-16, and above them in code points. */
function compareTexts(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
