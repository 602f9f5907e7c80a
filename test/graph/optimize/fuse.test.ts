import { TaskGraph, fuse, ref, task } from "@millrace/graph";
import { describe, expect, it } from "vitest";

const count = (...args: unknown[]): number => args.flat().length;
type Entries = [string, unknown][];

/** Each of `length` states reads the one before, and what `more` says. */
function states(length: number, more: (i: number) => readonly unknown[] = () => []): Entries {
  return Array.from({ length }, (_, i): [string, unknown] => [
    `x${i}`,
    task(count, [...(i === 0 ? [] : [ref(`x${i - 1}`)]), ...more(i)]),
  ]);
}
const refs = (entries: Entries): unknown[] => entries.map(([key]) => ref(key));

describe("fuse with room for everything", () => {
  const length = 40_000;
  const shapes: Record<string, () => Entries> = {
    "a task that reads all states of a loop": () => {
      const all = states(length);
      return [...all, ["end", task(count, refs(all))]];
    },
    "a task that reads all states of a loop with side inputs": () => {
      const sides = Array.from({ length }, (_, i): [string, unknown] => [
        `s${i}`,
        task(count, [i]),
      ]);
      const all = states(length, (i) => [ref(`s${i}`)]);
      return [...sides, ...all, ["end", task(count, [refs(all)])]];
    },
    "states that look back to the first and to the middle": () => {
      const all = states(length, (i) => (i === 0 ? [] : [ref("x0"), ref(`x${i >> 1}`)]));
      return [...all, ["end", ref(`x${length - 1}`)]];
    },
    "states that each read something of their own which stays": () => {
      const kept = Array.from({ length }, (_, i): [string, unknown] => [`k${i}`, task(count, [i])]);
      const all = states(length, (i) => [ref(`k${i}`)]);
      const others = Array.from({ length }, (_, i): [string, unknown] => [`o${i}`, ref(`k${i}`)]);
      return [...kept, ...all, ["end", ref(`x${length - 1}`)], ...others];
    },
  };

  it.each(Object.keys(shapes))("makes one task of %s", (name) => {
    const graph = TaskGraph.from((shapes[name] as () => Entries)());
    const fused = fuse(graph, ["end"], { maxWidth: Infinity });
    expect(fused.keys().filter((key) => /^(x|end)/.test(key))).toEqual(["end"]);
    expect(fuse(fused, ["end"], { maxWidth: Infinity })).toBe(fused);
  });
});

it("what a task had no room for is taken later, in other company", () => {
  // For `t`, `w` beside three others is too much; the group of `end` has `c`, which hides two.
  const graph = TaskGraph.from({
    y: task(count, [1]),
    z: task(count, [2]),
    c: task(count, [ref("y"), ref("z")]),
    t: task(count, [ref("w"), ref("c"), ref("y"), ref("z")]),
    w: task(count, [3]),
    end: task(count, [ref("t"), ref("c")]),
  });
  expect(fuse(graph, ["end"], { maxWidth: 1 }).keys()).toEqual(["y", "z", "c", "w", "end"]);
  expect(fuse(graph, ["end"], { maxWidth: 2 }).keys()).toEqual(["end"]);
});

it("a leaf that an alias or a container hides counts once it is fed", () => {
  const graph = TaskGraph.from({
    a: task(count, [1]),
    box: [ref("a"), ref("a")],
    b: task(count, [ref("a"), ref("box")]),
    c: task(count, [ref("b")]),
    d: task(count, [ref("c")]),
  });
  expect(fuse(graph, ["d"]).keys()).toEqual(["d"]);
});
