import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { registerCodec } from "@millrace/closure";
import { expect, it } from "vitest";
import type { Block } from "../../../../packages/distributed/src/codec/block.ts";
import { decodeFailure } from "../../../../packages/distributed/src/codec/failure/decode-failure.ts";
import {
  decodeFrom,
  decodeValue,
} from "../../../../packages/distributed/src/codec/decode-value.ts";
import { sliceBlock } from "../../../../packages/distributed/src/codec/pieces.ts";
import {
  hasThrown,
  isAborted,
  isAwaiting,
  isDone,
  isNotSerializable,
  isSkipped,
  resultColumns,
} from "../../../../packages/distributed/src/worker/threads/thread-messages.ts";
import type { FromThread } from "../../../../packages/distributed/src/worker/threads/thread-messages.ts";
import { ThreadResults } from "../../../../packages/distributed/src/worker/threads/thread-results.ts";

interface Said {
  readonly task: number;
  readonly outcome: number;
  readonly us: number;
  /** Undefined where the result stands in the payload. */
  readonly block: Block | undefined;
  readonly value: unknown;
}

/** What a thread says, as its pool hears it: through a port. */
function heard(say: (results: ThreadResults) => void): Said[][] {
  const { port1, port2 } = new MessageChannel();
  const results = new ThreadResults(port1);
  say(results);
  results.flush();
  const messages: Said[][] = [];
  for (let got = receiveMessageOnPort(port2); got; got = receiveMessageOnPort(port2)) {
    messages.push(rowsOf(got.message as FromThread));
  }
  port1.close();
  return messages;
}

function rowsOf({ rows, payload, blocks }: FromThread): Said[] {
  return Array.from({ length: rows.length / resultColumns }, (_, n) => {
    const [, task, , outcome, us, start, end] = rows.subarray(n * resultColumns) as never as [
      ...(readonly [number, number, number, number, number, number, number]),
    ];
    const block = end < 0 ? blocks[start] : undefined;
    const hasFailed = outcome === hasThrown || outcome === isNotSerializable;
    const value =
      outcome !== isDone && !hasFailed
        ? undefined
        : block === undefined
          ? decodeFrom(payload, start, end)
          : hasFailed
            ? decodeFailure(block)
            : decodeValue(block);
    return { task, outcome, us, block, value };
  });
}

function of(task: number): { ticket: number; task: number; attempt: number } {
  return { ticket: task, task, attempt: 1 };
}

it("small values cross together in one message, each as it was", () => {
  const values = [1, "two", { three: 3n }, undefined, [-0]];
  const messages = heard((results) => {
    for (const [task, value] of values.entries()) {
      expect(results.done(of(task), value, false, task)).toBeUndefined();
    }
  });
  expect(messages).toHaveLength(1);
  expect(messages[0]?.map(({ value }) => value)).toEqual(values);
  expect(messages[0]?.map(({ us }) => us)).toEqual([0, 1, 2, 3, 4]);
  expect(messages[0]?.every(({ block }) => block === undefined)).toBe(true);
});

it("larger values have shared memory of their own, which is not copied", () => {
  const text = "é".repeat(10_000);
  const numbers = new Float64Array(1_000);
  let kept: (Block | undefined)[] = [];
  const [said] = heard((results) => {
    kept = [results.done(of(0), text, false, 1), results.done(of(1), numbers, false, 1)];
  });
  expect(said?.map(({ value }) => value)).toEqual([text, numbers]);
  for (const { block } of said ?? []) {
    const parts = [block!.header, ...block!.buffers];
    expect(parts.every(({ buffer }) => buffer instanceof SharedArrayBuffer)).toBe(true);
  }
  // Both sides see one memory: what is written there is here.
  kept[1]!.buffers[0]!.fill(1);
  expect(said?.[1]?.block?.buffers[0]?.[0]).toBe(1);
});

it("a value in pieces can be read piece by piece; what is no array cannot, and is whole", () => {
  const [said] = heard((results) => {
    results.done(of(0), [["a"], ["b"]], true, 1);
    results.done(of(1), "whole", true, 1);
  });
  expect(decodeValue(sliceBlock(said![0]!.block!, 1))).toEqual(["b"]);
  expect(said?.[1]?.value).toBe("whole");
});

it("a value that cannot travel is a failure, and those beside it are not touched", () => {
  const [said] = heard((results) => {
    results.done(of(0), "before", false, 1);
    expect(results.done(of(1), { a: ["x", () => 1] }, false, 1)).toBeUndefined();
    results.done(of(2), "after", false, 1);
  });
  expect(said?.map(({ outcome }) => outcome)).toEqual([isDone, isNotSerializable, isDone]);
  expect(said?.[0]?.value).toBe("before");
  expect(said?.[1]?.value).toMatchObject({ code: "distributed/not-serializable", path: "$.a[1]" });
  expect(said?.[2]?.value).toBe("after");
});

it("a value whose codec throws cannot travel, and says why", () => {
  class Row {}
  registerCodec({
    name: "thread-results.Row",
    test: (value) => value instanceof Row,
    encode: () => {
      throw new RangeError("closed");
    },
    decode: () => new Row(),
  });
  const [said] = heard((results) => results.done(of(0), new Row(), false, 1));
  expect(said?.[0]).toMatchObject({
    outcome: isNotSerializable,
    value: { path: "$", cause: { name: "RangeError", message: "closed" } },
  });
});

it("what was thrown comes as an error of its class, and as anything else", () => {
  const [said] = heard((results) => {
    results.failed(of(0), new RangeError("no such row"), undefined, 12);
    results.failed(of(1), null, undefined, 0);
  });
  expect(said?.[0]).toMatchObject({ outcome: hasThrown, us: 12 });
  expect(said?.[0]?.value).toBeInstanceOf(RangeError);
  expect(said?.[1]?.value).toBeNull();
});

it("a task that waits, stops or was taken back is told by its row alone", () => {
  const [said] = heard((results) => {
    results.awaiting(of(4));
    results.aborted(of(5));
    results.skipped(of(6));
  });
  expect(said?.map(({ task, outcome }) => [task, outcome])).toEqual([
    [4, isAwaiting],
    [5, isAborted],
    [6, isSkipped],
  ]);
});

it("nothing is sent of nothing, and much is sent before all of it is there", () => {
  expect(heard(() => undefined)).toEqual([]);
  const messages = heard((results) => {
    for (let task = 0; task < 200; task++) results.done(of(task), "x".repeat(3_000), false, 1);
  });
  expect(messages.length).toBeGreaterThan(1);
  expect(messages.flat().map(({ task }) => task)).toEqual(Array.from({ length: 200 }, (_, n) => n));
});
