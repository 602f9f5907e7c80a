import type { FilterLoop, Program, Variants } from "./program.ts";
import { rewindSink } from "./sink.ts";
import type { Bound } from "./slots.ts";

/** Rows that are worked on together: their columns stay in the cache of the processor. */
export const MORSEL_ROWS = 4_096;

/** Finds the rows of a morsel that pass; gives the place after the last of them. */
export function selectMorsel(
  program: Program,
  bound: Bound,
  from: number,
  to: number,
  base: number,
  rows: Int32Array,
  n: number,
): number {
  const { fast, exact } = program.filter as Variants<FilterLoop>;
  const end = fast === undefined ? -1 : fast(bound, from, to, base, rows, n);
  return end < 0 && exact !== undefined ? exact(bound, from, to, base, rows, n) : end;
}

/**
 * Works the outputs of rows out. Where a number of 64 bits is no safe one, the whole morsel is done
 * again with bigints: results are exact, and such morsels are few.
 */
export function fillMorsel(
  program: Program,
  bound: Bound,
  from: number,
  to: number,
  base: number,
  rows: Int32Array,
): void {
  for (const { fast, exact, sinks } of program.loops) {
    const end = fast === undefined ? -1 : fast(bound, from, to, base, rows);
    if (end >= 0 || exact === undefined) continue;
    for (const sink of sinks) rewindSink(sink, bound, from);
    exact(bound, from, to, base, rows);
  }
}
