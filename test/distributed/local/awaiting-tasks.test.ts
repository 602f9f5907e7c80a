import { createThreadsExecutor } from "@millrace/distributed";
import { BlockwiseLayer, LayeredGraph } from "@millrace/graph";
import { afterAll, expect, it } from "vitest";

// Tasks that wait have an eighth of it. The process of the tests is counted too, and takes more of
// it with each version of Node: with little, no task would begin beside another for that reason.
const executor = createThreadsExecutor({ threads: 1, memoryLimit: "1GB" });
afterAll(() => executor.close());

/** How many of 16 tasks waited at the same time, at most, each with an array of so many bytes. */
async function atOnce(bytes: number): Promise<number> {
  const work = async (): Promise<number> => {
    const { setImmediate: turn } = await import("node:timers/promises");
    const counts = globalThis as unknown as { now?: number; most?: number };
    const array = new Uint8Array(bytes).fill(1);
    // A large one takes some time; how much depends on the machine.
    for (const end = performance.now() + (bytes > 1 ? 20 : 0); performance.now() < end;);
    counts.now = (counts.now ?? 0) + 1;
    counts.most = Math.max(counts.most ?? 0, counts.now);
    // Others have time enough to begin; small ones wait for them.
    for (let i = 0; bytes === 1 ? counts.most < 12 : i < 500; i++) await turn();
    counts.now -= 1;
    // Read at the end, so that it is there until then.
    return array[0] === 1 ? counts.most : -1;
  };
  const layer = new BlockwiseLayer(`of-${bytes}`, {
    count: 16,
    inputs: [],
    steps: [{ fn: work, args: [] }],
  });
  const keys = Array.from({ length: 16 }, (_, i) => `of-${bytes}/${i}`);
  const most = await new LayeredGraph().withLayer(layer).compute(keys, { executor });
  return Math.max(...(most as number[]));
}

it("tasks that hold much memory while they wait are begun one by one, others together", async () => {
  expect(await atOnce(136 * 2 ** 20)).toBe(1);
  expect(await atOnce(1)).toBe(12);
});
