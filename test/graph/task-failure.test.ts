import type { TaskError } from "@millrace/graph";
import { GraphError, TaskGraph, createInlineExecutor, ref, task, taskFault } from "@millrace/graph";
import { expect, it } from "vitest";

const pass = (x: unknown): unknown => x;

async function failure(fail: () => unknown): Promise<TaskError> {
  const graph = TaskGraph.from({
    load: task(function load() {
      return fail();
    }, []),
    pair: [ref("load"), 1],
    parse: task(pass, [ref("pair")]),
    end: task(pass, [ref("parse")]),
  });
  return (await graph.compute("end").catch((error: unknown) => error)) as TaskError;
}

it("a fused task that fails says which of its calls did", async () => {
  const boom = new RangeError("no such row");
  for (const fail of [
    () => {
      throw boom;
    },
    () => Promise.reject(boom),
  ]) {
    const error = await failure(fail);
    expect(error.message).toMatchInlineSnapshot(
      `"task "end" failed in load (call 1 of 3): RangeError: no such row"`,
    );
    expect([error.key, error.step, error.cause]).toEqual([
      "end",
      { name: "load", number: 1, count: 3 },
      boom,
    ]);
  }
});

it("a task of one call says nothing about it, and an anonymous call has no name", async () => {
  const single = await TaskGraph.from({ a: task(() => Promise.reject(new Error("x")), []) })
    .compute("a")
    .catch((error: unknown) => error as TaskError);
  expect((single as TaskError).step).toBeUndefined();
  const graph = TaskGraph.from({
    a: task(pass, [1]),
    b: task(
      (() => () => {
        throw new Error("x");
      })(),
      [ref("a")],
    ),
  });
  await expect(graph.compute("b")).rejects.toThrow(
    'task "b" failed in (anonymous) (call 2 of 2): Error: x',
  );
});

it("an error of a task has the line of who asked in its stack", async () => {
  const fails = [
    () => {
      throw new Error("x");
    },
    async () => Promise.reject(new Error("x")),
    () => new Promise((_, reject) => setImmediate(() => reject(new Error("x")))),
  ];
  for (const fail of fails) {
    const graph = TaskGraph.from({ a: task(fail, []) });
    const executor = createInlineExecutor();
    const whoAsked = async (): Promise<unknown> => {
      try {
        return await graph.compute("a", { executor });
      } catch (error) {
        return (error as Error).stack;
      }
    };
    expect(await whoAsked()).toContain("whoAsked");
  }
});

it("a fault that Millrace found while it worked stays what it is", async () => {
  const fault = taskFault(new GraphError("graph/nout", "not two"));
  const error = await failure(() => {
    throw fault;
  });
  expect(error).toBe(fault);
  expect(error.key).toBe("end");
  expect((await failure(() => Promise.reject(fault))).cause).toBe(fault);
});
