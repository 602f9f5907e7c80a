import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Csr, OrderCycle, orderTasks } from "../../../packages/graph/src/optimize/order.ts";
import { csrOf } from "./order-shapes.ts";

interface Drawn {
  /** Dependencies of each task, in the order in which they were written down. */
  readonly needs: readonly (readonly number[])[];
  readonly priority: readonly number[];
  /** A relabelling: task t of `needs` is called names[t]. */
  readonly names: readonly number[];
}

const drawn: fc.Arbitrary<Drawn> = fc
  .array(
    fc.tuple(fc.array(fc.nat(), { maxLength: 5, size: "max" }), fc.integer({ min: -1, max: 2 })),
    {
      maxLength: 60,
      size: "max",
    },
  )
  .chain((tasks) =>
    fc.record({
      needs: fc.constant(
        tasks.map(([picks], task) => (task === 0 ? [] : [...new Set(picks.map((p) => p % task))])),
      ),
      priority: fc.constant(tasks.map(([, priority]) => priority)),
      names: fc.shuffledSubarray(
        tasks.map((_, task) => task),
        { minLength: tasks.length, maxLength: tasks.length },
      ),
    }),
  );

/** The drawn graph under its names, with each list of dependencies turned round. */
function renamed({ needs, names }: Drawn): Csr {
  const lists = needs.map((): number[] => []);
  needs.forEach((list, task) => {
    lists[names[task]!] = list.map((target) => names[target]!).reverse();
  });
  return csrOf(lists);
}

/** The priority that a task works for: the highest among itself and all that needs it. */
function urgency({ needs, priority }: Drawn): number[] {
  const result = [...priority];
  for (let task = needs.length - 1; task >= 0; task--) {
    for (const target of needs[task]!) result[target] = Math.max(result[target]!, result[task]!);
  }
  return result;
}

const inverse = (names: readonly number[]): Int32Array => {
  const result = new Int32Array(names.length);
  names.forEach((name, task) => (result[name] = task));
  return result;
};

describe("orderTasks on any graph", () => {
  it("gives each position once, dependencies first", () => {
    fc.assert(
      fc.property(drawn, fc.boolean(), (graph, ranked) => {
        const rank = ranked ? Int32Array.from(graph.names) : undefined;
        const order = orderTasks(csrOf(graph.needs), rank, Int32Array.from(graph.priority));
        expect([...order].sort((a, b) => a - b)).toEqual(graph.needs.map((_, task) => task));
        graph.needs.forEach((list, task) => {
          for (const target of list) expect(order[target]!).toBeLessThan(order[task]!);
        });
      }),
    );
  });

  it("does not depend on how tasks are numbered or edges are listed, only on rank", () => {
    fc.assert(
      fc.property(drawn, fc.boolean(), (graph, urgent) => {
        const priority = Float64Array.from(graph.priority);
        const plain = orderTasks(csrOf(graph.needs), undefined, urgent ? priority : undefined);
        const moved = priority.slice();
        graph.names.forEach((name, task) => (moved[name] = priority[task]!));
        const rank = inverse(graph.names);
        const other = orderTasks(renamed(graph), rank, urgent ? moved : undefined);
        expect(graph.names.map((name) => other[name]!)).toEqual([...plain]);
      }),
    );
  });

  it("runs all that a higher priority needs before all that only lower ones need", () => {
    fc.assert(
      fc.property(drawn, (graph) => {
        const order = orderTasks(csrOf(graph.needs), undefined, Int32Array.from(graph.priority));
        const wanted = urgency(graph);
        const ran = wanted.map((_, task) => task).sort((a, b) => order[a]! - order[b]!);
        const levels = ran.map((task) => wanted[task]!);
        expect(levels).toEqual([...levels].sort((a, b) => b - a));
      }),
    );
  });

  it("names tasks that do depend on each other in a circle when there is one", () => {
    fc.assert(
      fc.property(drawn, fc.nat(), fc.nat(), (graph, from, to) => {
        fc.pre(graph.needs.length > 0);
        const needs = graph.needs.map((list) => [...list]);
        const extra = [from % needs.length, to % needs.length].sort((a, b) => a - b);
        const list = needs[extra[0]!]!;
        if (!list.includes(extra[1]!)) list.push(extra[1]!);
        const tasks = cycleOf(csrOf(needs), Int32Array.from(graph.names));
        expect(tasks !== undefined).toBe(reaches(graph.needs, extra[1]!, extra[0]!));
        if (tasks === undefined) return;
        tasks.forEach((task, n) => {
          expect(needs[task]).toContain(tasks[(n + 1) % tasks.length]);
        });
        expect(new Set(tasks).size).toBe(tasks.length);
      }),
    );
  });
});

/** Whether one task is, or somehow needs, another. */
function reaches(needs: readonly (readonly number[])[], from: number, to: number): boolean {
  const seen = new Set([from]);
  for (const task of seen) for (const target of needs[task]!) seen.add(target);
  return seen.has(to);
}

function cycleOf(graph: Csr, rank: Int32Array): readonly number[] | undefined {
  try {
    orderTasks(graph, rank);
    return undefined;
  } catch (error) {
    if (error instanceof OrderCycle) return error.tasks;
    throw error;
  }
}
