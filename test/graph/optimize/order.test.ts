import { describe, expect, it } from "vitest";
import { type Csr, OrderCycle, orderTasks } from "../../../packages/graph/src/optimize/order.ts";

function csr(dependencies: readonly (readonly number[])[]): Csr {
  const offsets = new Int32Array(dependencies.length + 1);
  dependencies.forEach((list, task) => (offsets[task + 1] = offsets[task]! + list.length));
  return { size: dependencies.length, offsets, targets: Int32Array.from(dependencies.flat()) };
}

describe("orderTasks", () => {
  it("gives no positions to no tasks", () => {
    expect(orderTasks(csr([]), undefined)).toEqual(new Int32Array(0));
  });

  it("keeps the natural order among tasks that nothing tells apart", () => {
    expect([...orderTasks(csr([[], [], []]), undefined)]).toEqual([0, 1, 2]);
    expect([...orderTasks(csr([[], [], []]), Int32Array.of(2, 0, 1))]).toEqual([2, 0, 1]);
  });

  it("orders a chain of 100,000 tasks in either direction", () => {
    const size = 100_000;
    const up = csr(Array.from({ length: size }, (_, task) => (task === 0 ? [] : [task - 1])));
    const down = csr(
      Array.from({ length: size }, (_, task) => (task === size - 1 ? [] : [task + 1])),
    );
    const natural = Int32Array.from({ length: size }, (_, task) => task);
    expect(orderTasks(up, undefined)).toEqual(natural);
    expect(orderTasks(down, undefined)).toEqual(natural.reverse());
  });

  it("runs a chain to its end before it starts another", () => {
    const order = orderTasks(csr([[], [0], [1], [], [3], [4]]), undefined);
    expect([...order]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("puts a higher priority and all it needs before everything else", () => {
    const graph = csr([[], [0], [], [2], [], [4]]);
    expect([...orderTasks(graph, undefined, Int32Array.of(0, 0, 0, 5, 0, 9))]).toEqual([
      4, 5, 2, 3, 0, 1,
    ]);
  });

  it("names the tasks of a cycle in the labels of the graph it was given", () => {
    const graph = csr([[], [0, 3], [1], [2], [3]]);
    const failure = cycleOf(graph);
    expect(failure.tasks).toEqual([1, 3, 2]);
    expect(cycleOf(csr([[0]])).tasks).toEqual([0]);
    expect(cycleOf(graph, Int32Array.of(4, 3, 2, 1, 0)).tasks).toEqual([3, 2, 1]);
    expect(failure.message).toMatchInlineSnapshot(
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
