import type { Scalar } from "../expr/typed.ts";
import type { Layout, RepartitionTarget } from "./node.ts";

/** What is known of the same rows in the same order in other partitions. */
export function recutLayout(input: Layout, target: RepartitionTarget): Layout {
  switch (target.by) {
    case "npartitions": {
      const { npartitions } = target;
      if (input.rows !== undefined) return cutByRows(input, balancedRows(input.rows, npartitions));
      if (npartitions > input.npartitions) return cutAt(input, npartitions, undefined);
      const starts = joinedStarts(input.npartitions, npartitions);
      return cutAt(input, npartitions, starts);
    }
    case "divisions": {
      const { divisions } = target;
      const togetherBy = input.index === undefined ? undefined : [input.index];
      const npartitions = divisions.length - 1;
      return { ...input, npartitions, rows: undefined, divisions, togetherBy };
    }
    case "rows":
      return cutByRows(input, target.rows);
    case "pieces": {
      const { pieces } = target;
      const rows = pieces.map((of) => of.reduce((sum, [, start, end]) => sum + end - start, 0));
      const starts = pieces.map(([first]) => (first?.[1] === 0 ? first[0] : undefined));
      return { ...cutAt(input, pieces.length, starts), rows };
    }
  }
}

/** Rows of `npartitions` partitions that differ by one at most. */
export function balancedRows(rows: readonly number[], npartitions: number): readonly number[] {
  const sum = rows.reduce((before, more) => before + more, 0);
  const bound = (i: number): number => Number((BigInt(i) * BigInt(sum)) / BigInt(npartitions));
  return Array.from({ length: npartitions }, (_, i) => bound(i + 1) - bound(i));
}

/** The first partition of each group of whole ones that are joined when rows are not known. */
function joinedStarts(before: number, after: number): readonly number[] {
  return Array.from({ length: after }, (_, i) => Math.floor((i * before) / after));
}

function cutByRows(input: Layout, rows: readonly number[]): Layout {
  const firstAt = new Map<number, number>();
  let row = 0;
  input.rows?.forEach((more, i) => {
    if (!firstAt.has(row)) firstAt.set(row, i);
    row += more;
  });
  let at = 0;
  const starts = rows.map((more, i) => {
    const start = i === 0 ? 0 : firstAt.get(at);
    at += more;
    return start;
  });
  return { ...cutAt(input, rows.length, starts), rows };
}

/**
 * A cut before whole partitions `starts`; where one is unknown, a cut goes through a partition, so
 * that its bound is not known and rows that were together may not be.
 */
function cutAt(
  input: Layout,
  npartitions: number,
  starts: readonly (number | undefined)[] | undefined,
): Layout {
  const whole = starts?.every((start) => start !== undefined) === true ? starts : undefined;
  const { divisions } = input;
  return {
    ...input,
    npartitions,
    rows: undefined,
    divisions:
      divisions && whole && ([...whole.map((i) => divisions[i]), divisions.at(-1)] as Scalar[]),
    togetherBy: whole === undefined ? undefined : input.togetherBy,
  };
}
