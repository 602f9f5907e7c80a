import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import * as arrow from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Block } from "../../../packages/distributed/src/codec/block.ts";
import { decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { preparationFor } from "../../../packages/distributed/src/codec/preparation.ts";
import { shareBlock } from "../../../packages/distributed/src/codec/share-block.ts";
import { difference } from "./difference.ts";
import { graphs, hole, holey, tables } from "./drawn-values.ts";

const fixture = fileURLToPath(new URL("fixtures/echo.mjs", import.meta.url));
let thread: Worker;

beforeAll(() => {
  thread = new Worker(fixture);
});
afterAll(async () => {
  await thread.terminate();
});

async function throughThread(block: Block): Promise<Block> {
  const answer = once(thread, "message");
  thread.postMessage(block);
  return ((await answer) as [Block])[0];
}

test("values come back from another thread as they went, in shared memory", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(graphs, tables), async (value) => {
      const back = await throughThread(shareBlock(encodeValue(value)));
      expect(difference(value, decodeValue(back))).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

test("a large array is the same memory in every thread", async () => {
  const value = { rows: new Float64Array(50_000).fill(1.5), n: 1 };
  const sent = shareBlock(encodeValue(value));
  const back = await throughThread(sent);
  (sent.buffers[0] as Uint8Array)[7] = 0;
  expect((decodeValue(back) as typeof value).rows[0]).toBe(
    (decodeValue(sent) as typeof value).rows[0],
  );
  expect((decodeValue(back) as typeof value).rows[0]).not.toBe(1.5);
});

test("values and tables of Arrow come back from another process as they went", async () => {
  const table = arrow.tableFromArrays({ id: Int32Array.of(1, 2, 3), name: ["a", "b", "a"] });
  const cycle: Record<string, unknown> = { table, dates: [new Date(5)], sparse: holey(1, hole, 3) };
  cycle["self"] = cycle;
  const child = fork(fixture, { serialization: "advanced" });
  const answer = once(child, "message");
  const ended = once(child, "exit");
  child.send(encodeValue(cycle));
  const [block] = (await answer) as [Block];
  await ended;
  await preparationFor(block);
  const back = decodeValue(block) as typeof cycle & { table: arrow.Table };
  expect(back["self"]).toBe(back);
  expect(arrow.tableToIPC(back.table)).toEqual(arrow.tableToIPC(table));
  expect(
    difference({ ...cycle, table: 0, self: 0 }, { ...back, table: 0, self: 0 }),
  ).toBeUndefined();
});
