import type { Future } from "@millrace/distributed";
import { Client, wait } from "@millrace/distributed";
import { Delayed, LayeredGraph } from "@millrace/graph";
import { describe, expect, test } from "vitest";
import { client, cluster } from "./lib/open-cluster.ts";

async function holderCounts(futures: Iterable<Future<unknown>>): Promise<number[]> {
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

  test("come back as arrays with memory of their own, each its own part of a value", async () => {
    const sent = {
      numbers: new Float64Array(40_000).map((_, n) => n / 3),
      small: new Uint8Array([1, 2, 3]),
      bytes: new Uint8Array(70_001).map((_, n) => n % 251),
      view: new Int16Array(4_000).subarray(7, 3_500),
    };
    const [future] = (await client.scatter([sent])) as [Future<typeof sent>];
    const [one, other] = await Promise.all([future.result(), future.result()]);
    expect(one).toEqual(sent);
    for (const { buffer } of Object.values(one)) expect(buffer).toBeInstanceOf(ArrayBuffer);
    for (const each of [one.numbers, one.bytes]) {
      expect([each.byteOffset, each.buffer.byteLength]).toEqual([0, each.byteLength]);
    }
    one.numbers.fill(-1);
    one.view.fill(5);
    expect(other).toEqual(sent);
    expect(await future.result()).toEqual(sent);
    future.release();
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

test("a client is told where all values are that it holds, by their keys", async () => {
  await using own = await Client.connect(cluster);
  expect(await own.whoHas()).toEqual(new Map());
  const made = own.map((n: number) => n + 1, [1, 2], { key: "made", workers: ["worker-1"] });
  const [scattered] = await own.scatter(["text"]);
  await own.queue<Future<number>>("holders").put(made[1] as Future<number>);
  const adopted = await own.queue<Future<number>>("holders").get();
  const persisted = await Delayed.call(() => 5, [], { name: "five" }).persist({
    executor: own,
  });
  const failed = own.submit(() => {
    throw new Error("bad");
  }, []);
  const pending = own.submit(() => 1, [], { key: "pending", workers: ["nobody"] });
  await wait([...made, failed]);

  const [holders] = await own.whoHas([made[0] as Future<number>]);
  const all = await own.whoHas();
  expect(new Set(all.keys())).toEqual(
    new Set(["made/0", "made/1", "pending", scattered?.key, "five"]),
  );
  expect(all.get("made/0")).toEqual(holders);
  expect(all.get("made/1")).toEqual(holders);
  expect(all.get("pending")).toEqual([]);
  expect(all.get(scattered?.key ?? "")).toHaveLength(1);
  expect(all.get("five")).toHaveLength(1);

  for (const future of [...made, pending]) future.release();
  expect([...(await own.whoHas()).keys()]).toContain("made/1");
  adopted.release();
  expect(await persisted.compute()).toBe(5);
  expect(new Set((await own.whoHas()).keys())).toEqual(new Set([scattered?.key, "five"]));
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

// Row 18 of the failures that must not harm.
describe("what one call brings here", () => {
  const many = (n: number): Uint8Array => new Uint8Array(n);

  test("is refused with its size where it is too much, and nothing is fetched", async () => {
    const futures = client.map(many, [400_000, 400_000, 400_000]);
    await wait(futures);
    const bytesMax = 2 ** 20;
    for (const errors of ["throw", "skip"] as const) {
      await expect(client.gather(futures, { bytesMax, errors })).rejects.toMatchObject({
        code: "distributed/too-many-bytes",
        message: expect.stringMatching(
          /^Client\.gather: too much for one call, got values of 1\.1 MiB or more, wanted 1 MiB /,
        ) as string,
      });
    }
    expect(await client.gather(futures, { bytesMax: 2 ** 21 })).toHaveLength(3);
    const one = futures[0] as (typeof futures)[number];
    await expect(one.result({ bytesMax: 100_000 })).rejects.toMatchObject({
      message: expect.stringContaining("Future.result: too much for one call") as string,
    });
    expect(await one.result()).toHaveLength(400_000);
  });

  test("counts while tasks end, too, and what fails does not hide it", async () => {
    const bad = client.submit(() => {
      throw new Error("bad");
    }, []);
    const futures = [bad, ...client.map(many, [600_000, 600_000])];
    const gathered = client.gather<unknown>(futures, { bytesMax: 2 ** 20, errors: "skip" });
    await expect(gathered).rejects.toMatchObject({ code: "distributed/too-many-bytes" });
  });

  test("has the limit of its client where a collection is computed, and none in a stream", async () => {
    await using small = await Client.connect(cluster, { bytesMax: 2 ** 20 });
    const calls = [1, 2].map((n) => Delayed.call(many, [600_000 + n]));
    const graph = calls.reduce((sum, each) => sum.merge(each.graph), new LayeredGraph());
    const keys = calls.flatMap((each) => each.outputKeys);
    const both = calls.map((each) => each.compute({ executor: small }));
    expect(await Promise.all(both)).toHaveLength(2);
    await expect(graph.compute(keys, { executor: small })).rejects.toMatchObject({
      code: "distributed/too-many-bytes",
      message: expect.stringMatching(/^compute: .*'bytesMax'.*'stream'/) as string,
    });
    const sizes: number[] = [];
    for await (const { value } of small.stream(graph, keys, {})) {
      sizes.push((value as Uint8Array).length);
    }
    expect(sizes).toEqual([600_001, 600_002]);
  });

  test("must be told by a number", async () => {
    await expect(
      Client.connect(cluster, { bytesMax: "1GiB" as never }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DistributedError: Client.connect: bad bytesMax, got "1GiB", wanted a number of bytes, or Infinity. Correct the option.]`,
    );
    await expect(client.gather([], { bytesMax: -1 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DistributedError: Client.gather: bad bytesMax, got -1, wanted a number of bytes, or Infinity. Correct the option.]`,
    );
  });
});

test("values of many short calls at a time are all brought", async () => {
  const textOf = (length: number): string => "x".repeat(length);
  const lengths = Array.from({ length: 2_000 }, (_, n) => n % 1_100);
  const texts = await client.gather(lengths.map((length) => client.submit(textOf, [length])));
  expect(texts.map((text) => text.length)).toEqual(lengths);
});
