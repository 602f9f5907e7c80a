import { describe, expect, it } from "vitest";
import { type Csr, OrderCycle, orderTasks } from "../../../packages/graph/src/optimize/order.ts";
import { memoryPressure } from "./memory-pressure.ts";
import { csrOf } from "./order-shapes.ts";

const size = 100_000;

describe("orderTasks", () => {
  it("gives no positions to no tasks", () => {
    expect(orderTasks(csrOf([]), undefined)).toEqual(new Int32Array(0));
  });

  it("keeps the natural order among tasks that nothing tells apart", () => {
    expect([...orderTasks(csrOf([[], [], []]), undefined)]).toEqual([0, 1, 2]);
    expect([...orderTasks(csrOf([[], [], []]), Int32Array.of(2, 0, 1))]).toEqual([2, 0, 1]);
  });

  it("runs a chain to its end before it starts another", () => {
    const order = orderTasks(csrOf([[], [], [0], [1], [2], [3]]), undefined);
    expect([...order]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it("runs the dependency that needs most memory first, while little else is alive", () => {
    // 5 needs the leaf 0 and 4, which needs four leaves.
    const order = orderTasks(csrOf([[], [], [], [], [1, 2, 3], [0, 4]]), undefined);
    expect([...order]).toEqual([4, 0, 1, 2, 3, 5]);
  });

  it("finishes with shared data before it reads more", () => {
    // Inputs 0 … 3; one task for each, 4 … 7, joined by 8 and 9; and the same again as 10 … 15.
    const tree = (first: number): number[][] => [[0], [1], [2], [3], [first, first + 1]];
    const needs = [[], [], [], [], ...tree(4), [6, 7, 8], ...tree(10), [12, 13, 14]];
    const order = orderTasks(csrOf(needs), undefined);
    for (const input of [0, 1, 2, 3]) {
      expect(Math.abs(order[4 + input]! - order[10 + input]!)).toBe(1);
    }
  });

  it("breaks ties by rank, whatever the tasks are called", () => {
    // Two chains of two; rank puts the second one first.
    const graph = csrOf([[], [0], [], [2]]);
    expect([...orderTasks(graph, Int32Array.of(2, 3, 0, 1))]).toEqual([2, 3, 0, 1]);
  });

  it("puts a higher priority and all it needs before everything else", () => {
    const graph = csrOf([[], [0], [], [2], [], [4]]);
    const order = orderTasks(graph, undefined, Int32Array.of(0, 0, 0, 5, 0, 9));
    expect([...order]).toEqual([4, 5, 2, 3, 0, 1]);
  });

  it("takes a priority that is not a number for none", () => {
    const graph = csrOf([[], [], []]);
    expect([...orderTasks(graph, undefined, Float64Array.of(NaN, 1, -1))]).toEqual([1, 0, 2]);
  });

  it("leaves the graph and the ranks that it was given as they were", () => {
    const graph = csrOf([[], [0], [], [2, 1]]);
    const rank = Int32Array.of(3, 1, 0, 2);
    orderTasks(graph, rank);
    expect(graph).toEqual(csrOf([[], [0], [], [2, 1]]));
    expect(rank).toEqual(Int32Array.of(3, 1, 0, 2));
  });
});

describe("orderTasks on 100,000 tasks and more", () => {
  it("follows one chain, whichever way it is numbered", () => {
    const up = csrOf(Array.from({ length: size }, (_, task) => (task === 0 ? [] : [task - 1])));
    const down = csrOf(
      Array.from({ length: size }, (_, task) => (task === size - 1 ? [] : [task + 1])),
    );
    expect(orderTasks(up, undefined).every((place, task) => place === task)).toBe(true);
    expect(orderTasks(down, undefined).every((place, task) => place === size - 1 - task)).toBe(
      true,
    );
  });

  it("gets through tasks that everything needs and tasks that need everything", () => {
    // A hub; one task a number that needs it; of these two each for every pair; and a last one.
    const middle = Array.from({ length: size }, () => [0]);
    const pairs = Array.from({ length: size }, (_, n) => [n + 1, ((n + 1) % size) + 1]);
    const all = Array.from({ length: 2 * size }, (_, n) => n + 1);
    const graph = csrOf([[], ...middle, ...pairs, all]);
    const order = orderTasks(graph, undefined);
    expect(order[0]).toBe(0);
    expect(order[graph.size - 1]).toBe(graph.size - 1);
    expect(memoryPressure(graph, order).maxPressure).toBe(2 * size);
  });

  it("keeps three outputs of joined neighbours alive, not all of them", () => {
    const reads = Array.from({ length: size }, () => []);
    const joins = reads.map((_, n) => [n, (n + 1) % size]);
    const graph = csrOf([...reads, ...joins]);
    expect(memoryPressure(graph, orderTasks(graph, undefined)).maxPressure).toBe(3);
  });
});

describe("OrderCycle", () => {
  const graph = csrOf([[], [0, 3], [1], [2], [3]]);

  it("names the tasks of a cycle as the graph does, each needing the next", () => {
    expect(cycleOf(graph).tasks).toEqual([1, 3, 2]);
    expect(cycleOf(graph, Int32Array.of(4, 3, 2, 1, 0)).tasks).toEqual([3, 2, 1]);
    expect(cycleOf(csrOf([[0]])).tasks).toEqual([0]);
  });

  it("says how many tasks the cycle has", () => {
    expect(cycleOf(graph).message).toMatchInlineSnapshot(
      `"orderTasks: 3 tasks depend on each other in a cycle"`,
    );
  });
});

function cycleOf(graph: Csr, rank?: Int32Array): OrderCycle {
  try {
    orderTasks(graph, rank);
  } catch (error) {
    if (error instanceof OrderCycle) return error;
  }
  throw new Error("expected a cycle");
}
