import { BagError, Bag } from "@millrace/bag";
import { DataFrame, DataFrameError, int32, readCsv, readParquet } from "@millrace/dataframe";
import type { ExecutorName } from "@millrace/graph";
import {
  CycleError,
  Delayed,
  GraphError,
  TaskError,
  TaskGraph,
  compute,
  persist,
  ref,
  streamGraph,
  task,
} from "@millrace/graph";
import { StorageError, openRead } from "@millrace/storage";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import { executors } from "../../lib/executors.ts";

const folder = mkdtempSync(join(tmpdir(), "errors-"));
afterAll(() => rmSync(folder, { recursive: true }));

type Told = Error & { readonly code: string; readonly key?: string };

async function failureOf(promise: Promise<unknown>): Promise<Told> {
  return promise.then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error as Told,
  );
}

const texts = DataFrame.fromRows([{ a: "1" }, { a: "x" }], { npartitions: 2 });
const numbers = texts.withColumns((c) => ({ a: c.a.cast(int32) }));
const sum = Bag.from([1, "x" as never], { npartitions: 2 }).sum();

describe.each(executors)("on %s", (executor) => {
  it("an error of data is of the class of its collection, with its fields", async () => {
    const cast = await failureOf(numbers.compute({ executor }));
    expect(cast).toBeInstanceOf(DataFrameError);
    expect([cast.constructor, cast.name, cast.code]).toEqual([
      DataFrameError,
      "DataFrameError",
      "dataframe/bad-cast",
    ]);
    expect(cast.key).toBeTypeOf("string");
    const added = await failureOf(sum.compute({ executor }));
    expect(added).toBeInstanceOf(BagError);
    expect([added.code, added instanceof DataFrameError]).toEqual(["bag/not-numeric", false]);
  });

  it("a bad row and a damaged file are DataFrameErrors", async () => {
    const path = join(folder, `${executor}.csv`);
    writeFileSync(path, 'a,b\n1,2\n"3,4\n');
    const row = await failureOf(
      readCsv(path, { schema: { a: int32, b: int32 } }).compute({ executor }),
    );
    expect([row instanceof DataFrameError, row.code]).toEqual([true, "dataframe/bad-row"]);
    const [file = ""] = await texts
      .repartition({ npartitions: 1 })
      .toParquet(join(folder, `${executor}-*.parquet`), { executor });
    const frame = readParquet(file);
    writeFileSync(file, "PAR1 of another kind");
    const damaged = await failureOf(frame.compute({ executor }));
    expect([damaged instanceof DataFrameError, damaged.code]).toEqual([true, "dataframe/bad-file"]);
  });

  it("a file that cannot be written is a StorageError", async () => {
    writeFileSync(join(folder, "no-folder"), "");
    const error = await failureOf(
      numbers.head(1).toCsv(join(folder, "no-folder/*.csv"), { executor }),
    );
    expect(error).toBeInstanceOf(StorageError);
    expect(error.code).toMatch(/^storage\//);
  });

  it("what a task throws of our classes is of them in the causes too", async () => {
    const reads = Delayed.call(
      async (path: string) => {
        for await (const chunk of openRead(path)) return chunk.length;
        return 0;
      },
      [join(folder, "nothing")],
    );
    const error = await failureOf(reads.compute({ executor }));
    expect([error instanceof TaskError, error instanceof GraphError]).toEqual([true, true]);
    expect(error.cause).toBeInstanceOf(StorageError);
    const circle = Delayed.call(() => {
      const one = task((x: unknown) => x, [ref("a")]);
      try {
        TaskGraph.from({ a: one }).toposort();
      } catch (thrown) {
        throw new AggregateError([thrown], "several");
      }
    }, []);
    const { cause } = await failureOf(circle.compute({ executor }));
    const [first] = (cause as AggregateError).errors as unknown[];
    expect([cause instanceof AggregateError, first instanceof CycleError]).toEqual([true, true]);
    expect((first as CycleError).cycle).toEqual(["a", "a"]);
  });
});

/** The frames of a stack that lie in this file, by the name of the function. */
function callersIn(error: Error): string[] {
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => line.includes("errors-on-threads.test.ts"))
    .map((line) => /at (?:async )?(\S+)/.exec(line)?.[1] ?? "");
}

/** One error a way to ask, each in a function that has the name of the way. */
const ways: Record<string, (executor: ExecutorName) => Promise<unknown>> = {
  async computeFrame(executor) {
    await numbers.compute({ executor });
  },
  async computeBag(executor) {
    await sum.compute({ executor });
  },
  async computeSeveral(executor) {
    await compute([sum, numbers], { executor });
  },
  async persistFrame(executor) {
    await persist(numbers, { executor });
  },
  async writeFrame(executor) {
    await numbers.toCsv(join(folder, "never-*.csv"), { executor });
  },
  async readBatches(executor) {
    for await (const batch of numbers.batches({ executor })) expect(batch).toBeDefined();
  },
  async readValues(executor) {
    const graph = TaskGraph.from({ a: task(() => Promise.reject(new Error("x")), []) });
    for await (const { value } of streamGraph(graph, ["a"], { executor })) expect(value).toBe(1);
  },
  async computeKeys(executor) {
    await TaskGraph.from({ a: task(() => Promise.reject(new Error("x")), []) }).compute("a", {
      executor,
    });
  },
  // The promise goes out as it is: nothing of this function waits for it.
  returnPromise: (executor) => numbers.compute({ executor }),
  async thenCatch(executor) {
    const later = numbers.compute({ executor });
    await new Promise((resolve, reject) => void later.then(resolve, reject));
  },
  async afterWaiting(executor) {
    await new Promise((resolve) => setImmediate(resolve));
    await numbers.compute({ executor });
  },
  async abortEarly(executor) {
    await numbers.compute({ executor, signal: AbortSignal.abort() });
  },
};

describe.each(executors)("the stack of an error on %s", (executor) => {
  it.each(Object.keys(ways))("leads to who asked, once: %s", async (way) => {
    const error = await failureOf((ways[way] as (typeof ways)[string])(executor));
    expect(callersIn(error).filter((name) => name.endsWith(way))).toHaveLength(1);
  });

  it("stays as it was where a callback of the program threw it", async () => {
    const own = new RangeError("mine");
    const { stack } = own;
    const onProgress = (): void => {
      throw own;
    };
    expect(await failureOf(sum.compute({ executor, onProgress }))).toBe(own);
    expect(own.stack).toBe(stack);
  });

  it("is left out where the program wants no stacks", async () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      const error = await failureOf(sum.compute({ executor }));
      expect(callersIn(error)).toEqual([]);
      expect(Error.stackTraceLimit).toBe(0);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
});
