import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, it } from "vitest";
import { TaskQueue } from "../../../../packages/distributed/src/worker/threads/task-queue.ts";
import { runnable } from "./runnable-tasks.ts";

function drain(queue: TaskQueue): number[] {
  const tasks: number[] = [];
  for (let task = queue.take(); task !== undefined; task = queue.take()) tasks.push(task.task);
  return tasks;
}

it("tasks of higher priority come first, and equals as they came", () => {
  const queue = new TaskQueue();
  for (const [task, priority] of [0, 5, 0, -1, 5].entries())
    queue.push(runnable(task, { priority }));
  expect(queue.peek()?.task).toBe(1);
  expect(drain(queue)).toEqual([1, 4, 0, 2, 3]);
  expect(queue.peek()).toBeUndefined();
});

it("a task that is put back is the next of its priority", () => {
  const queue = new TaskQueue();
  for (let task = 0; task < 4; task++) queue.push(runnable(task));
  const first = queue.take()!;
  queue.take();
  queue.unshift(first);
  queue.push(runnable(9, { priority: 1 }));
  expect(drain(queue)).toEqual([9, 0, 2, 3]);
});

it("a task is taken out only as the attempt that is meant, and only once", () => {
  const queue = new TaskQueue();
  for (let task = 0; task < 3; task++) queue.push(runnable(task, { attempt: 7 }));
  queue.take();
  expect(queue.remove(0, 7)).toBe(false);
  expect(queue.remove(1, 6)).toBe(false);
  expect([queue.remove(1, 7), queue.remove(1, 7)]).toEqual([true, false]);
  expect(queue.remove(2, 7)).toBe(true);
  expect(queue.peek()).toBeUndefined();
});

it("whatever is done, the order is that of a sorted list", () => {
  const deed = fc.oneof(
    fc.record({ kind: fc.constant("push"), priority: fc.integer({ min: -2, max: 2 }) } as const),
    fc.record({ kind: fc.constant("take") } as const),
    fc.record({ kind: fc.constant("again") } as const),
    fc.record({ kind: fc.constant("remove"), at: fc.nat(200) } as const),
  );
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 200, size: "max" }), (deeds) => {
      const queue = new TaskQueue();
      let plain: { task: number; priority: number }[] = [];
      let last: number | undefined;
      for (const [task, each] of deeds.entries()) {
        if (each.kind === "push") {
          queue.push(runnable(task, { priority: each.priority }));
          plain.push({ task, priority: each.priority });
        } else if (each.kind === "remove") {
          const there = plain.some((other) => other.task === each.at);
          expect(queue.remove(each.at, 1)).toBe(there);
          plain = plain.filter((other) => other.task !== each.at);
        } else {
          const taken = queue.take();
          expect(taken?.task).toBe(plain[0]?.task);
          last = plain.shift()?.priority;
          if (each.kind === "again" && taken !== undefined) {
            queue.unshift(taken);
            plain.unshift({ task: taken.task, priority: last! });
          }
        }
        // A stable sort: equals stay as they came.
        plain.sort((a, b) => b.priority - a.priority);
        expect(queue.peek()?.task).toBe(plain[0]?.task);
      }
      expect(drain(queue)).toEqual(plain.map(({ task }) => task));
    }),
  );
});

it("a queue that is never empty lets go of the tasks that were taken out", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const queue = new TaskQueue();
  const taken: WeakRef<object>[] = [];
  for (let task = 0; task < 10; task++) queue.push(runnable(task, { constants: [{}] }));
  for (let task = 10; task < 10_000; task++) {
    taken.push(new WeakRef(queue.take() as object));
    queue.push(runnable(task, { constants: [{}] }));
  }
  // A WeakRef holds what it shows until the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const alive = taken.filter((ref) => ref.deref() !== undefined).length;
  expect(alive).toBeLessThan(100);
  expect(drain(queue)).toHaveLength(10);
});
