import { capture } from "@millrace/closure";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Block } from "../../../../packages/distributed/dist/codec/block.js";
import { decodeValue } from "../../../../packages/distributed/dist/codec/decode-value.js";
import { encodeValue } from "../../../../packages/distributed/dist/codec/encode-value.js";
import { BlockStore } from "../../../../packages/distributed/dist/worker/store/block-store.js";
import { ThreadPool } from "../../../../packages/distributed/dist/worker/threads/thread-pool.js";
import { ticketsMax } from "../../../../packages/distributed/dist/worker/threads/tickets.js";
import type { WorkerEvent } from "../../../../packages/distributed/dist/worker/worker-events.js";
import { runnable } from "./runnable-tasks.ts";
import { scratchFolder } from "../../../lib/scratch-folder.ts";

let folder: string;
let store: BlockStore;
let pool: ThreadPool;
let events: WorkerEvent[];
let warnings: string[];
let wake: (() => void) | undefined;

beforeEach(async () => {
  folder = scratchFolder();
  store = await BlockStore.open({
    memoryBytes: 100_000,
    localDirectory: folder,
    rssBytes: () => 0,
  });
  events = [];
  warnings = [];
  pool = new ThreadPool({
    worker: "test",
    threads: 1,
    awaitingMax: 2 * ticketsMax,
    awaitingBytesMax: Infinity,
    heldBytesMax: 1_000_000,
    heapBytesMax: 64 * 2 ** 20,
    store,
    emit: (told) => {
      events.push(...told);
      wake?.();
    },
    openClient: () => undefined,
    leakMs: 200,
    warn: (message) => {
      warnings.push(message);
      wake?.();
    },
  });
  define(1, () => new Promise(() => undefined), 0);
  define(2, (text: string) => text.length, 1);
});

afterEach(async () => {
  await pool.close();
  await store.close();
});

/** A program of one call. */
function define(program: number, fn: (...args: never[]) => unknown, inputCount: number): void {
  const { hash: name, bytes } = capture(fn);
  const args = Array.from(
    { length: inputCount },
    (_, input) => ({ kind: "input", input }) as const,
  );
  const spec = { steps: [{ fn: name, args }], inputCount, constantCount: 0 };
  pool.define([{ program, spec }], [{ name, bytes }]);
}

async function until(has: () => boolean): Promise<void> {
  while (!has()) await new Promise<void>((resolve) => (wake = resolve));
}

/** Tasks of all events of a kind that has rows of `columns`. */
function told(kind: "ran" | "awaiting" | "aborted" | "withdrawn", columns: number): number[] {
  return events.flatMap((event) =>
    event.kind === kind ? event.rows.filter((_, n) => n % columns === 0) : [],
  );
}

/** Puts values until the first of them, number 1, is on disk. */
async function spillFirst(): Promise<void> {
  for (let id = 1; store.where(1, 1) !== "disk"; id++) {
    if (id < 10) store.put(id, 1, encodeValue(`${id}`.repeat(20_000), { shared: true }));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const reading = runnable(20_000, {
  program: 2,
  inputs: [{ kind: "value", name: { id: 1, version: 1 } }],
});

it("an input on disk is loaded before its task is given to a thread", async () => {
  await spillFirst();
  pool.run(reading);
  pool.flush();
  await until(() => told("ran", 4).length > 0);
  expect(store.get(20_000, 1)).toEqual(encodeValue(20_000));
});

it("a task that leaves while its inputs are loaded is told of then", async () => {
  await spillFirst();
  pool.run(reading);
  pool.flush();
  pool.withdraw(reading.task, reading.attempt);
  expect(told("withdrawn", 2)).toEqual([]);
  await until(() => told("withdrawn", 2).length > 0);
  expect(told("withdrawn", 2)).toEqual([reading.task]);
});

it("a task whose inputs were loaded waits where its thread has no ticket left", async () => {
  await spillFirst();
  for (let task = 100; task < 100 + ticketsMax - 1; task++) pool.run(runnable(task));
  pool.flush();
  await until(() => told("awaiting", 2).length === ticketsMax - 1);
  // The last ticket is taken while the input is on its way.
  pool.run(reading);
  pool.run(runnable(10_000));
  pool.flush();
  await until(() => told("awaiting", 2).length === ticketsMax);
  await store.load(1, 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told("ran", 4)).toEqual([]);
  pool.abort(100, 1);
  await until(() => told("ran", 4).length > 0);
  expect(told("ran", 4)).toEqual([reading.task]);
});

it("tasks of higher priority, and none that were withdrawn, go to a thread that is free", async () => {
  define(3, () => Promise.resolve(1), 0);
  pool.run(runnable(1, { program: 3, priority: 0 }));
  pool.run(runnable(2, { program: 3, priority: 2 }));
  pool.run(runnable(3, { program: 3, priority: 2 }));
  pool.withdraw(3, 1);
  pool.withdraw(2, 9);
  pool.flush();
  await until(() => told("ran", 4).length === 2);
  expect([told("ran", 4), told("withdrawn", 2)]).toEqual([[2, 1], [3]]);
});

it("a thread in which a task leaves a timer is replaced, and its values are still there", async () => {
  const leave = (): number[] => {
    (globalThis as { isOld?: boolean }).isOld = true;
    setInterval(() => undefined, 1_000);
    return Array.from({ length: 10_000 }, (_, n) => n);
  };
  const look = (list: readonly number[]): string =>
    `${(globalThis as { isOld?: boolean }).isOld} ${list.length}`;
  define(3, leave, 0);
  define(4, look, 1);
  pool.run(runnable(1, { program: 3 }));
  pool.flush();
  await until(() => warnings.length > 0);
  expect(warnings).toEqual([
    "task thread 0 is replaced: Timeout left open, first seen after task 1 (leave). " +
      "Close it, or unref what may stay.",
  ]);
  pool.run(runnable(2, { program: 4, inputs: [{ kind: "value", name: { id: 1, version: 1 } }] }));
  pool.flush();
  await until(() => told("ran", 4).includes(2));
  expect(decodeValue(store.get(2, 1) as Block)).toBe("undefined 10000");
  expect(warnings).toHaveLength(1);
});

it("what ends in time, is unrefed, or belongs to a task that waits is no leak", async () => {
  const tidy = (): number => {
    setTimeout(() => undefined, 50);
    setInterval(() => undefined, 1_000).unref();
    (globalThis as { isOld?: boolean }).isOld = true;
    return 1;
  };
  const wait = (): Promise<boolean | undefined> =>
    new Promise((resolve) =>
      setTimeout(() => resolve((globalThis as { isOld?: boolean }).isOld), 500),
    );
  define(3, tidy, 0);
  define(4, wait, 0);
  for (const [task, program] of [
    [1, 3],
    [2, 4],
  ] as const) {
    pool.run(runnable(task, { program }));
    pool.flush();
    await until(() => told("ran", 4).includes(task));
  }
  expect(decodeValue(store.get(2, 1) as Block)).toBe(true);
  expect(warnings).toEqual([]);
});

it.each([
  [
    "Array.prototype.map",
    () => {
      Array.prototype.map = (() => ["evil"]) as never;
    },
  ],
  [
    "Array.prototype.Symbol(Symbol.iterator)",
    () => {
      Array.prototype[Symbol.iterator] = function* () {
        yield 666;
      } as never;
    },
  ],
  [
    "JSON.stringify",
    () => {
      JSON.stringify = () => "evil";
    },
  ],
])("%s is put back after a task that replaces it, and the thread goes", async (name, replace) => {
  const look = (): string =>
    JSON.stringify([[1, 2].map((n) => n + 1), ...new Set([[3]].flatMap((n) => n))]);
  const fail = (): never => {
    throw new RangeError("as ever");
  };
  define(3, replace, 0);
  define(4, look, 0);
  define(5, fail, 0);
  for (const [task, program] of [
    [1, 3],
    [2, 5],
    [3, 4],
  ] as const) {
    pool.run(runnable(task, { program }));
  }
  pool.flush();
  await until(() => told("ran", 4).includes(3) && warnings.length > 0);
  pool.run(runnable(4, { program: 4 }));
  pool.flush();
  await until(() => told("ran", 4).includes(4));
  expect(decodeValue(store.get(4, 1) as Block)).toBe("[[2,3],3]");
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`task thread 0 is replaced: ${name} changed, first seen after`);
});
