import { Delayed } from "@millrace/graph";
import { createThreadsExecutor, getWorker } from "@millrace/distributed";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import { scratchFolder } from "../lib/scratch-folder.ts";

const executor = createThreadsExecutor({ threads: 1, memoryLimit: "256MB" });
afterAll(() => executor.close());

const folder = scratchFolder();

function run<R>(
  fn: (...args: never[]) => R,
  args: readonly unknown[] = [],
  signal?: AbortSignal,
): Promise<Awaited<R>> {
  const options = signal === undefined ? { executor } : { executor, signal };
  return Delayed.call(fn, args).compute(options);
}

/** The text that a task has written into a file, once it has. */
async function written(path: string): Promise<string> {
  while (!existsSync(path) || readFileSync(path, "utf8") === "") {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return readFileSync(path, "utf8");
}

describe("outside of a task", () => {
  it("there is no worker, which is said", () => {
    expect(() => getWorker()).toThrow(
      expect.objectContaining({
        name: "DistributedError",
        code: "distributed/not-in-task",
        message:
          "getWorker: there is no task here, wanted a call inside a task that runs on a worker. " +
          "The inline executor has no workers.",
      }),
    );
  });

  it("nor is there one in a task of the inline executor", async () => {
    const inline = Delayed.call(() => getWorker().name, []).compute({ executor: "inline" });
    await expect(inline).rejects.toMatchObject({ cause: { code: "distributed/not-in-task" } });
  });
});

describe("inside of a task", () => {
  it("the worker, the thread and the attempt are known", async () => {
    const { name, thread, attempt, ...rest } = await run(() => ({
      ...getWorker(),
      signal: getWorker().signal.aborted,
    }));
    expect([name, thread, rest]).toEqual(["local", 0, { signal: false, isCancelled: false }]);
    expect(attempt).toBeGreaterThan(0);
  });

  it("it stays known after a wait, in a timer and beside other tasks", async () => {
    const isSame = async (ms: number): Promise<boolean[]> => {
      const worker = getWorker();
      const seen: boolean[] = [];
      await new Promise((resolve) => setTimeout(resolve, ms));
      seen.push(getWorker() === worker);
      await new Promise<void>((resolve) => {
        setImmediate(() => {
          seen.push(getWorker() === worker);
          resolve();
        });
      });
      return seen;
    };
    const times = [5, 1, 9, 0, 3, 7];
    const all = await Promise.all(times.map((ms) => run(isSame, [ms])));
    expect(all).toEqual(times.map(() => [true, true]));
  });

  it("two attempts at a task have two numbers", async () => {
    const path = join(folder, "attempts");
    const flaky = async (file: string): Promise<string> => {
      const { appendFileSync, readFileSync: read } = await import("node:fs");
      appendFileSync(file, `${getWorker().attempt} `);
      const text = read(file, "utf8");
      if (text.trim().split(" ").length < 3) throw new Error("again");
      return text;
    };
    const text = await Delayed.call(flaky, [path]).compute({ executor, retries: 2 });
    expect(new Set(text.trim().split(" ")).size).toBe(3);
  });
});

describe("a task that nobody wants any more", () => {
  it("hears it by its signal while it waits", async () => {
    const [begun, ended] = [join(folder, "waits"), join(folder, "waited")];
    const stop = new AbortController();
    const waits = async (from: string, to: string): Promise<void> => {
      const fs = await import("node:fs");
      const { signal } = getWorker();
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          const { code } = signal.reason as { code: string };
          fs.writeFileSync(to, `${code} ${String(getWorker().isCancelled)}`);
          resolve();
        });
        fs.writeFileSync(from, "begun");
      });
    };
    const running = run(waits, [begun, ended], stop.signal);
    await written(begun);
    stop.abort("enough");
    await expect(running).rejects.toMatchObject({ code: "graph/cancelled", cause: "enough" });
    expect(await written(ended)).toBe("graph/cancelled true");
  });

  it("sees it in a loop that never leaves the thread", async () => {
    const path = join(folder, "loops");
    const stop = new AbortController();
    const loops = (file: string, write: typeof writeFileSync): void => {
      const worker = getWorker();
      const { signal } = worker;
      write(`${file}-begun`, worker.isCancelled ? "cancelled" : "wanted");
      while (!worker.isCancelled);
      write(file, `${signal.aborted}`);
    };
    const running = run(loops, [path, writeFileSync], stop.signal);
    expect(await written(`${path}-begun`)).toBe("wanted");
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: "graph/cancelled" });
    // The signal is of the event loop, which has not turned.
    expect(await written(path)).toBe("false");
    expect(await run(() => getWorker().isCancelled)).toBe(false);
  });

  it("finds the signal aborted that it asks for too late", async () => {
    const path = join(folder, "late");
    const stop = new AbortController();
    const loops = (file: string, write: typeof writeFileSync): void => {
      const worker = getWorker();
      write(`${file}-begun`, "begun");
      while (!worker.isCancelled);
      write(file, `${worker.signal.aborted} ${(worker.signal.reason as Error).name}`);
    };
    const running = run(loops, [path, writeFileSync], stop.signal);
    await written(`${path}-begun`);
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: "graph/cancelled" });
    expect(await written(path)).toBe("true CancelledError");
  });
});

it("a thread keeps no track of tasks that do not ask", async () => {
  await using fresh = createThreadsExecutor({ threads: 1 });
  const isTracking = (): unknown => {
    const home = globalThis as { [name: symbol]: { readonly isUsed: boolean } | undefined };
    return home[Symbol.for("millrace.taskContext")]?.isUsed;
  };
  expect(await Delayed.call(isTracking, []).compute({ executor: fresh })).toBe(false);
});

it("a task that imports what it asks by is known when it does", async () => {
  await using fresh = createThreadsExecutor({ threads: 1 });
  const leaves = async (): Promise<string> => {
    const { secede } = await import("@millrace/distributed");
    secede();
    return "left";
  };
  expect(await Delayed.call(leaves, []).compute({ executor: fresh })).toBe("left");
});
