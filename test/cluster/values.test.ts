import type { Client } from "@millrace/distributed";
import { wait } from "@millrace/distributed";
import { describe, expect, test } from "vitest";
import { client, cluster } from "./lib/open-cluster.ts";

async function holderCounts(futures: Parameters<Client["whoHas"]>[0]): Promise<number[]> {
  return (await client.whoHas(futures)).map(({ length }) => length);
}

describe("values that are scattered", () => {
  test("are with workers, exactly, and tasks read them there", async () => {
    const values = [{ a: -0, b: [undefined, Number.NaN] }, new Float64Array([1, 2, 3]), "text"];
    const futures = await client.scatter<unknown>(values);
    expect(futures.map(({ status }) => status)).toEqual(["finished", "finished", "finished"]);
    expect(await client.gather(futures)).toEqual(values);
    const length = client.submit(
      (numbers: unknown) => (numbers as Float64Array).length,
      [futures[1] as never],
    );
    expect(await length.result()).toBe(3);
    expect(await holderCounts(futures)).toEqual([1, 1, 1]);
  });

  test("are with every worker where that is asked for", async () => {
    expect(await holderCounts(await client.scatter([1, 2], { broadcast: true }))).toEqual([2, 2]);
  });

  test("may be many megabytes, or none", async () => {
    const bytes = new Uint8Array(20_000_000).map((_, n) => n & 255);
    const [future] = await client.scatter([bytes]);
    expect(Buffer.compare((await future?.result()) as Uint8Array, bytes)).toBe(0);
    // Where it lies says how others are spread.
    future?.release();
    expect(await client.scatter([])).toEqual([]);
  });

  test("that cannot travel are refused where they are", async () => {
    await expect(client.scatter([{ a: [() => 1] }])).rejects.toMatchObject({
      code: "distributed/not-serializable",
      path: "$.a[0]",
    });
  });
});

test("values are copied to as many workers as asked for", async () => {
  const futures = client.map((n: number) => n + 1, [1, 2]);
  await client.replicate(futures);
  expect(await holderCounts(futures)).toEqual([2, 2]);
  await expect(client.replicate(futures, 3)).rejects.toMatchObject({
    code: "distributed/not-scattered",
  });
});

test("values are spread over the workers", async () => {
  const made = client.map((n: number) => new Uint8Array(1_000_000).fill(n), [1, 2, 3, 4], {
    workers: ["worker-0"],
  });
  await wait(made);
  await client.rebalance();
  const holders = (await client.whoHas(made)).map(([holder]) => holder?.worker);
  expect(new Set(holders).size).toBe(2);
  expect((await client.gather(made)).map((bytes) => bytes[0])).toEqual([1, 2, 3, 4]);
});

describe("a cluster that is scaled", () => {
  test("down hands values over: nothing is computed again", async () => {
    const once = client.map((n: number) => `${n} ${Math.random()}`, [1, 2, 3, 4, 5, 6]);
    const before = await client.gather(once);
    await cluster.scale(1);
    expect(cluster.size).toBe(1);
    expect(await client.gather(once)).toEqual(before);
  });

  test("up has workers that get tasks", async () => {
    await cluster.scale(3);
    expect(cluster.size).toBe(3);
    const where = client.map(
      async (n: number) => {
        const { getWorker } = await import("@millrace/distributed");
        await new Promise((resolve) => setTimeout(resolve, 100 + n));
        return getWorker().name;
      },
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    expect(new Set(await client.gather(where)).size).toBeGreaterThan(1);
  });

  test("to no number at all says what is wanted", async () => {
    await expect(cluster.scale(1.5)).rejects.toThrow("a whole number of 0 or more");
  });
});
