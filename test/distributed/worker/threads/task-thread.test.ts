import { capture } from "@millrace/closure";
import { afterEach, describe, expect, it } from "vitest";
import type { ShippedFunction } from "../../../../packages/distributed/dist/messages/shipped.js";
import type {
  Definitions,
  Posted,
} from "../../../../packages/distributed/dist/worker/threads/task-thread.js";
import { TaskThread } from "../../../../packages/distributed/dist/worker/threads/task-thread.js";
import type { FromThread } from "../../../../packages/distributed/dist/worker/threads/thread-messages.js";
import {
  isLeftAlone,
  isAwaiting,
  isDone,
  isSkipped,
  resultColumns,
} from "../../../../packages/distributed/dist/worker/threads/thread-messages.js";
import {
  isPosted,
  isRevoked,
  ticketsMax,
} from "../../../../packages/distributed/dist/worker/threads/tickets.js";
import { runnable } from "./runnable-tasks.ts";

const threads: TaskThread[] = [];
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.end()));
});

/** A real thread that holds at most `heldBytesMax` beside the store, and what it has said. */
function started(heldBytesMax = 1_000): {
  readonly thread: TaskThread;
  /** Task and outcome of every row. */
  readonly rows: (readonly [number, number])[];
  readonly ended: Promise<number>;
  readonly until: (count: number) => Promise<void>;
} {
  const rows: (readonly [number, number])[] = [];
  let wake: (() => void) | undefined;
  let end: ((code: number) => void) | undefined;
  const ended = new Promise<number>((resolve) => (end = resolve));
  const thread = new TaskThread(
    {
      worker: "test",
      thread: 0,
      directory: "",
      awaitingMax: ticketsMax,
      leakMs: 5_000,
      awaitingBytesMax: Infinity,
    },
    { heldBytesMax, heapBytesMax: 64 * 2 ** 20 },
    {
      said: (_, message: FromThread) => {
        for (let n = 0; n < message.rows.length; n += resultColumns) {
          const [ticket, task, , outcome] = message.rows.subarray(n) as never as number[];
          if (outcome === isSkipped) thread.skipped(ticket!);
          const posted = thread.posted.get(ticket!);
          if (outcome === isAwaiting && posted !== undefined) thread.setWaiting(posted);
          else if (posted !== undefined && outcome !== isSkipped) thread.remove(posted);
          rows.push([task!, outcome!]);
        }
        wake?.();
      },
      leaks: () => undefined,
      asksForClient: () => undefined,
      ended: (_, code) => end?.(code),
    },
  );
  threads.push(thread);
  const until = async (count: number): Promise<void> => {
    while (rows.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { thread, rows, ended, until };
}

/** A program of one call. */
function code(program: number, fn: () => unknown): Definitions {
  const { hash: name, bytes } = capture(fn);
  const functions: ShippedFunction[] = [{ name, bytes }];
  const spec = { steps: [{ fn: name, args: [] }], inputCount: 0, constantCount: 0 };
  return { program: { program, spec }, functions };
}

const quick = code(1, () => 1);
const never = code(2, () => new Promise(() => undefined));
const endless = code(3, () => {
  for (;;);
});

function add(thread: TaskThread, task: number, definitions: Definitions): Posted {
  const { program } = definitions.program;
  return thread.add(runnable(task, { program }), 10, false, definitions, () => {
    throw new Error("it has no inputs");
  });
}

describe("a ticket", () => {
  it("is used again, by the next task but one turn later, and never by two at a time", async () => {
    const { thread, until } = started();
    const first = add(thread, 1, quick);
    const second = add(thread, 2, quick);
    expect([first.ticket, second.ticket]).toEqual([0, 1]);
    thread.flush();
    await until(2);
    expect(thread.posted.size).toBe(0);
    expect(add(thread, 3, quick).ticket).toBe(2);
  });

  it("is kept by a task that waits, when the others have gone once round", async () => {
    const { thread, rows, until } = started();
    const waiting = add(thread, 0, never);
    const seen = new Set<number>();
    for (let task = 1; task <= ticketsMax + 10;) {
      const from = task;
      for (; task < from + 2_000 && task <= ticketsMax + 10; task++) {
        const { ticket } = add(thread, task, quick);
        expect(ticket).not.toBe(waiting.ticket);
        seen.add(ticket);
      }
      thread.flush();
      await until(task);
    }
    expect(seen.size).toBe(ticketsMax - 1);
    expect([thread.posted.size, thread.waitingCount, thread.activeCount]).toEqual([1, 1, 0]);
    expect(rows.filter(([, outcome]) => outcome === isDone)).toHaveLength(ticketsMax + 10);
  });

  it("that was taken back is not free before the thread has left it out", async () => {
    const { thread, rows, until } = started();
    const posted = Array.from({ length: ticketsMax }, (_, task) => add(thread, task, quick));
    expect(thread.hasTicket).toBe(false);
    expect(posted.map((each) => thread.revoke(each)).every(Boolean)).toBe(true);
    expect([thread.posted.size, thread.hasTicket]).toEqual([0, false]);
    expect(thread.stateOf(posted[7]!)).toBe(isRevoked);
    thread.flush();
    await until(ticketsMax);
    expect(rows.every(([, outcome]) => outcome === isSkipped)).toBe(true);
    expect(thread.hasTicket).toBe(true);
  });
});

it("the ticket of a task that was taken back is passed over", () => {
  const { thread } = started();
  const posted = Array.from({ length: ticketsMax }, (_, task) => add(thread, task, quick));
  thread.revoke(posted[0]!);
  thread.remove(posted[1]!);
  expect(add(thread, ticketsMax, quick).ticket).toBe(1);
  expect(thread.hasTicket).toBe(false);
  thread.skipped(0);
  expect(add(thread, ticketsMax + 1, quick).ticket).toBe(0);
});

describe("a task is taken back", () => {
  it("as long as it has not begun, and what it was expected to take goes with it", async () => {
    const { thread, rows, until } = started();
    const [first, second] = [add(thread, 1, quick), add(thread, 2, quick)];
    expect(thread.expectedUs).toBe(20);
    expect(thread.revoke(first)).toBe(true);
    expect([thread.expectedUs, thread.revoke(first)]).toEqual([10, false]);
    thread.flush();
    await until(2);
    expect(rows).toEqual([
      [1, isSkipped],
      [2, isDone],
    ]);
    expect([thread.revoke(second), thread.abort(second, 1)]).toEqual([false, false]);
  });

  it("never once it runs; then it can be asked to stop, and the thread ended", async () => {
    const { thread, ended } = started();
    const posted = add(thread, 1, endless);
    thread.flush();
    while (thread.stateOf(posted) === isPosted)
      await new Promise((resolve) => setImmediate(resolve));
    expect(thread.revoke(posted)).toBe(false);
    expect([thread.abort(posted, 1), thread.abort(posted, 1)]).toEqual([true, false]);
    await thread.end();
    expect(await ended).toBe(1);
  });

  it("never while it waits; asked to stop it is given up within its time", async () => {
    const { thread, rows, until } = started();
    const posted = add(thread, 1, never);
    thread.flush();
    await until(1);
    expect([thread.revoke(posted), thread.abort(posted, 1)]).toEqual([false, true]);
    await until(2);
    expect(rows).toEqual([
      [1, isAwaiting],
      [1, isLeftAlone],
    ]);
    expect(thread.waitingCount).toBe(0);
  });
});

describe("the values of a thread", () => {
  const block = (bytes: number): { header: Uint8Array; buffers: Uint8Array[] } => ({
    header: new Uint8Array(2),
    buffers: [new Uint8Array(new SharedArrayBuffer(bytes))],
  });
  const reading = (task: number, id: number): Parameters<TaskThread["add"]>[0] =>
    runnable(task, { inputs: [{ kind: "value", name: { id, version: 1 } }] });
  const name = (id: number): { id: number; version: number } => ({ id, version: 1 });

  it("are counted once they are sent, and small ones go along with each task", () => {
    const { thread } = started();
    thread.add(reading(1, 8), 1, false, quick, () => block(100));
    thread.add(reading(2, 9), 1, false, quick, () => ({ header: new Uint8Array(9), buffers: [] }));
    expect([thread.bytesHere([name(8)]), thread.bytesHere([name(9)])]).toEqual([102, 0]);
    expect(thread.bytesHere([{ id: 8, version: 2 }])).toBe(0);
  });

  it("stay as long as a task reads them, and go when they were to", () => {
    const { thread } = started();
    const posted = thread.add(reading(1, 8), 1, false, quick, () => block(100));
    thread.drop(name(8));
    expect(thread.bytesHere([name(8)])).toBe(0);
    thread.remove(posted);
    thread.add(reading(2, 8), 1, false, quick, () => block(50));
    expect(thread.bytesHere([name(8)])).toBe(52);
  });

  it("that it made itself go when they are too many, the oldest first, and none that is read", () => {
    const { thread } = started(150);
    thread.add(reading(1, 8), 1, false, quick, () => block(98));
    for (const id of [10, 11]) thread.keeps(name(id), 100);
    expect([8, 10, 11].map((id) => thread.bytesHere([name(id)]))).toEqual([100, 0, 100]);
  });

  it("that lie in memory of the store do not make others go, nor go themselves", () => {
    const { thread } = started(150);
    for (const id of [7, 8]) {
      const posted = thread.add(reading(id, id), 1, false, quick, () => block(998));
      thread.remove(posted);
    }
    thread.keeps(name(10), 100);
    expect([7, 8, 10].map((id) => thread.bytesHere([name(id)]))).toEqual([1_000, 1_000, 100]);
  });
});
