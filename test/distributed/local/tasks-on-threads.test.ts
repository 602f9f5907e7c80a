import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Delayed } from "@millrace/graph";
import { describe, expect, it } from "vitest";
import { executor, failureOf, layer, run, runLayer } from "./on-threads.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

describe("a task on a thread", () => {
  it("gives its value, exactly", async () => {
    const value = { a: [-0, NaN, undefined, 2n ** 70n], b: new Map([["k", new Set([1])]]) };
    expect(await run((x: typeof value) => x, value)).toEqual(value);
    expect(Object.is(await run((x: number) => -x, 0), -0)).toBe(true);
  });

  it("reads what its function had captured", async () => {
    const rates = { vat: 1.5 };
    expect(await run((x: number) => x * rates.vat, 4)).toBe(6);
  });

  it("takes instances of classes and functions as arguments", async () => {
    class Point {
      readonly x: number;
      constructor(x: number) {
        this.x = x;
      }
      get double(): number {
        return 2 * this.x;
      }
    }
    expect(await run((point: Point) => point.double, new Point(4))).toBe(8);
    expect(
      await run(
        (f: (x: number) => number) => f(3),
        (x: number) => x * x,
      ),
    ).toBe(9);
  });

  it("may compute something itself, in its own thread", async () => {
    const sum = await run(async () => {
      const { Bag: Inner, getDefaultExecutor } = await import("millrace");
      const total = await Inner.range(10, { npartitions: 3 }).sum().compute();
      const { threadId } = await import("node:worker_threads");
      const [id] = await Inner.from([0])
        .map(async () => (await import("node:worker_threads")).threadId)
        .compute();
      return [total, getDefaultExecutor().name, id === threadId];
    });
    expect(sum).toEqual([45, "threads", true]);
  });

  it("may ask for its worker, by an import of its own too", async () => {
    const asked = await run(async () => {
      const { getWorker } = await import("@millrace/distributed");
      return getWorker().name;
    });
    expect(asked).toBe("local");
  });

  it("sees the environment as it is now, and may talk to whoever started its thread", async () => {
    process.env["MILLRACE_TEST_LATER"] = "later";
    expect(await run(() => process.env["MILLRACE_TEST_LATER"])).toBe("later");
    delete process.env["MILLRACE_TEST_LATER"];
    const said = await run(async () => {
      const { parentPort } = await import("node:worker_threads");
      for (const message of ["hello", null, { rows: [] }]) parentPort?.postMessage(message);
      return "said";
    });
    expect(said).toBe("said");
  });

  it("runs beside others, on both threads", async () => {
    const threads = await runLayer(
      async () => (await import("node:worker_threads")).threadId,
      200,
      executor,
    );
    expect(new Set(threads).size).toBe(2);
  });

  it("that waits lets others begin: a thousand of them do not wait for each other", async () => {
    const started = performance.now();
    const values = await runLayer(
      async (i) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return i;
      },
      500,
      executor,
    );
    expect(values).toEqual(Array.from({ length: 500 }, (_, i) => i));
    // Two at a time would take 25 s.
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

describe("a task that fails", () => {
  it("rejects the run with what it threw as the cause", async () => {
    const error = await failureOf(
      run(() => {
        throw new RangeError("no such row", { cause: "the file is short" });
      }),
    );
    expect(error).toMatchObject({
      name: "TaskError",
      code: "graph/task-failed",
      attempts: 1,
      cause: { name: "RangeError", message: "no such row", cause: "the file is short" },
    });
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  it("may throw anything, or reject", async () => {
    const thrown = [null, undefined, "text", 7, Symbol.for("s")];
    for (const value of thrown) {
      const error = await failureOf(
        run((x: unknown) => {
          throw x;
        }, value),
      );
      expect([error.code, error.cause]).toEqual(["graph/task-failed", value]);
    }
    const error = await failureOf(run(() => Promise.reject(new TypeError("late"))));
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it("is tried again as often as the run says", async () => {
    const folder = scratchFolder();
    const flaky = async (path: string): Promise<number> => {
      const { readdirSync, writeFileSync: write } = await import("node:fs");
      const count = readdirSync(path).length;
      write(`${path}/${count}`, "");
      if (count < 2) throw new Error(`attempt ${count + 1}`);
      return count;
    };
    expect(await Delayed.call(flaky, [folder]).compute({ executor, retries: 2 })).toBe(2);
    writeFileSync(join(folder, "more"), "");
    const never = Delayed.call(() => {
      throw new Error("never");
    }, []);
    const error = await failureOf(never.compute({ executor, retries: 2 }));
    expect(error).toMatchObject({ attempts: 3, message: expect.stringContaining("3 attempts") });
  });

  it("names the path to what cannot leave its thread", async () => {
    const error = await failureOf(run(() => ({ rows: [1, { fn: () => 2 }] })));
    expect(error).toMatchObject({
      name: "SerializationError",
      code: "distributed/not-serializable",
      path: "$.rows[1].fn",
    });
  });

  it("ends no other: one of many that throws, and the thread goes on", async () => {
    const { graph, keys } = layer((i) => {
      if (i === 7) throw new Error("seven");
      return i;
    }, 20);
    const others = keys.filter((key) => key !== "calls/7");
    await expect(graph.compute(keys, { executor })).rejects.toThrow("seven");
    expect(await graph.compute(others, { executor })).toHaveLength(19);
  });

  it("is refused before it runs when its function cannot travel", async () => {
    let count = 0;
    const error = await failureOf(run(() => ++count));
    expect(error.code).toBe("closure/assigned-capture");
  });
});
