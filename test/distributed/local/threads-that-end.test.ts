import { describe, expect, it } from "vitest";
import { executor, failureOf, layer, run } from "./on-threads.ts";

describe("a thread that ends", () => {
  it("by process.exit is replaced, and only its task fails", async () => {
    const error = await failureOf(run(() => process.exit(7)));
    expect(error).toMatchObject({ code: "graph/task-failed" });
    expect(error.message).toContain("process.exit(7)");
    expect(await run(() => "alive")).toBe("alive");
  });

  it("by process.exit after a wait, or by an error that nobody caught", async () => {
    const exits = failureOf(
      run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        process.exit(3);
      }),
    );
    expect((await exits).message).toContain("process.exit(3)");
    const uncaught = failureOf(
      run(async () => {
        setTimeout(() => {
          throw new Error("in a timer");
        }, 1);
        await new Promise((resolve) => setTimeout(resolve, 10_000));
      }),
    );
    expect((await uncaught).message).toContain("in a timer");
  });

  it("out of memory fails its task, after one more try alone", async () => {
    const error = await failureOf(
      run(() => {
        // One array that grows would end the process: V8 gives no thread that much at once.
        let all: unknown;
        for (;;) all = { all };
      }),
    );
    expect(error.message).toContain("memory");
    expect(await run(() => "alive")).toBe("alive");
  }, 60_000);

  it("before the result of its task was heard fails that task, after one more try", async () => {
    const error = await failureOf(
      run(async () => {
        const { parentPort } = await import("node:worker_threads");
        parentPort?.close();
        return 1;
      }),
    );
    expect(error.code).toBe("graph/task-failed");
    expect(await run(() => "alive")).toBe("alive");
  });

  it("takes nobody with it: tasks that had not begun, or only waited, run elsewhere", async () => {
    const { graph, keys } = layer(async (i) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (i === 5) process.exit(1);
      return i;
    }, 40);
    const others = keys.filter((key) => key !== "calls/5");
    const both = await Promise.allSettled([
      graph.compute(others, { executor }),
      graph.compute(["calls/5"], { executor }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});
