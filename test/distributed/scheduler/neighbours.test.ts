import { transpose } from "@millrace/graph";
import { expect, it } from "vitest";

import { neighboursTogether } from "../../../packages/distributed/dist/scheduler/neighbours.js";

/** The order of roots, of which each reader reads some. */
function orderOf(roots: readonly number[], readers: readonly (readonly number[])[]): number[] {
  const size = roots.length + readers.length;
  const rows = [...roots.map(() => []), ...readers];
  const offsets = new Int32Array(size + 1);
  for (const [t, row] of rows.entries()) offsets[t + 1] = offsets[t]! + row.length;
  const inputs = { size, offsets, targets: Int32Array.from(rows.flat()) };
  const asRead = transpose(inputs, undefined);
  return [...neighboursTogether(Int32Array.from(roots), inputs, asRead)];
}

it("roots of a ring that is walked from both sides are put in the order of the ring", () => {
  // As they stand around the ring: 0 1 3 5 4 2.
  const ring = [0, 1, 3, 5, 4, 2];
  const readers = ring.map((_, n) => [ring.at(n - 1)!, ring[n]!, ring[(n + 1) % 6]!]);
  expect(orderOf([0, 1, 2, 3, 4, 5], readers)).toEqual(ring);
});

it("pairs, and roots that nothing or one wide task reads, stay in the order given", () => {
  const pairs = [
    [0, 1],
    [2, 3],
    [4, 5],
  ];
  expect(orderOf([0, 1, 2, 3, 4, 5], pairs)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(orderOf([0, 1, 2], [])).toEqual([0, 1, 2]);
  const roots = Array.from({ length: 20 }, (_, n) => n);
  expect(orderOf(roots, [roots])).toEqual(roots);
});
