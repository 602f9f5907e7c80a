import { Cut, LayeredGraph, MaterializedLayer, ShuffleLayer } from "@millrace/graph";
import type { CutPiece } from "@millrace/graph";
import { expect, it } from "vitest";

import { thrown } from "../lib/dataframe/thrown.ts";
import { executors } from "../lib/executors.ts";

const numbers = Float64Array.of(1, 2, 3, 4, 5);

it("pieces are views of the arrays, and have what all of them have", () => {
  const names = ["a", "b"];
  const cut = new Cut(3, names, [
    { array: numbers, ends: Int32Array.of(0, 2, 2, 5) },
    { array: Uint8Array.of(7), ends: undefined },
  ]);
  const pieces = [0, 1, 2].map((j) => cut.piece(j));
  expect(pieces.map((piece) => [...(piece.array(0) as Float64Array)])).toEqual([
    [1, 2],
    [],
    [3, 4, 5],
  ]);
  expect(pieces.map((piece) => piece.array(1))).toEqual(pieces.map(() => Uint8Array.of(7)));
  expect(pieces.every((piece) => piece.rest === names)).toBe(true);
  expect(pieces[2]?.array(0).buffer).toBe(numbers.buffer);
});

it("ends that are no places of the array in their order are refused", () => {
  for (const ends of [
    [0, 1],
    [0, 1, 2, 3],
    [0, 3, 2],
    [0, 2, 6],
    [-1, 0, 1],
  ]) {
    const part = { array: numbers, ends: Int32Array.from(ends) };
    expect(() => new Cut(2, undefined, [part])).toThrow(
      expect.objectContaining({ code: "graph/invalid-argument" }),
    );
  }
  const part = { array: numbers, ends: Int32Array.of(0, 3, 2) };
  expect(thrown(() => new Cut(2, undefined, [part]))).toMatchInlineSnapshot(
    `"graph/invalid-argument | Cut: pieces do not end in their array, got an array of 3, wanted 3 places, none before the last one, up to 5."`,
  );
});

/** Numbers dealt out by their rest, in two arrays that belong together. */
function deal(block: readonly number[], n: number): Cut {
  const ends = new Int32Array(n + 1);
  const dealt: number[] = [];
  for (let j = 0; j < n; j++) {
    dealt.push(...block.filter((x) => x % n === j));
    ends[j + 1] = dealt.length;
  }
  const doubled = Int32Array.from(dealt, (x) => 2 * x);
  return new Cut(n, { unit: "m" }, [
    { array: Float64Array.from(dealt), ends },
    { array: doubled, ends },
  ]);
}

function rows(pieces: readonly CutPiece[]): unknown[] {
  return pieces.flatMap((piece) => {
    const doubled = piece.array(1);
    return Array.from(piece.array(0) as Float64Array, (x, i) => [x, doubled[i], piece.rest]);
  });
}

it.each(executors)("a shuffle by cuts deals out like one by arrays, on %s", async (executor) => {
  const blocks = [[1, 2, 3, 4], [], [5, 6, 9]];
  for (const count of [1, 3]) {
    const graph = new LayeredGraph()
      .withLayer(MaterializedLayer.blocks("data", blocks.slice(0, count)))
      .withLayer(
        new ShuffleLayer("dealt", {
          input: "data",
          count,
          npartitions: 3,
          split: { fn: deal },
          join: { fn: rows },
        }),
      );
    const got = await graph.compute(["dealt/0", "dealt/1", "dealt/2"], { executor });
    const all = blocks.slice(0, count).flat();
    expect(got).toEqual(
      [0, 1, 2].map((j) => all.filter((x) => x % 3 === j).map((x) => [x, 2 * x, { unit: "m" }])),
    );
  }
});

it.each(executors)("a cut of another number of pieces is an error, on %s", async (executor) => {
  const graph = new LayeredGraph().withLayer(MaterializedLayer.blocks("data", [[1]])).withLayer(
    new ShuffleLayer("dealt", {
      input: "data",
      count: 1,
      npartitions: 3,
      split: { fn: (block: number[]) => deal(block, 2) },
      join: { fn: rows },
    }),
  );
  await expect(graph.compute(["dealt/0"], { executor })).rejects.toMatchObject({
    code: "graph/nout",
  });
});
