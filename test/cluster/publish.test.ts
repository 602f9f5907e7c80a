import { Bag } from "@millrace/bag";
import { DataFrame } from "@millrace/dataframe";
import { Client } from "@millrace/distributed";
import { Delayed } from "@millrace/graph";
import { expect, test } from "vitest";
import { client, cluster } from "./lib/open-cluster.ts";

test("a bag that was published outlives its client, and is computed once", async () => {
  const other = await Client.connect(cluster);
  const bag = Bag.range(6, { npartitions: 3 }).map((n) => ({ n, chance: Math.random() }));
  await other.publish("bag", bag);
  await other.close();
  const [first, second] = [
    await client.published<typeof bag>("bag"),
    await client.published<typeof bag>("bag"),
  ];
  const values = await first.compute({ executor: client });
  expect(values.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await second.compute({ executor: client })).toEqual(values);
  expect(
    await second
      .map(({ n }) => n)
      .sum()
      .compute({ executor: client }),
  ).toBe(15);
});

test("frames and single values keep what is known of them", async () => {
  const rows = [1, 2, 3, 4].map((n) => ({ n, word: `w${n % 2}` }));
  const frame = DataFrame.fromRows(rows, { npartitions: 2 });
  await client.publish("frame", frame);
  await client.publish(
    "value",
    Delayed.call((n: number) => n * 2, [21]),
  );
  await using other = await Client.connect(cluster);
  const there = await other.published<typeof frame>("frame");
  expect([there.columns, there.npartitions]).toEqual([["n", "word"], 2]);
  const big = there.filter((r) => r.n.gt(1));
  expect(await big.toRows({ executor: other })).toEqual(rows.slice(1));
  const value = await other.published<Delayed<number>>("value");
  expect(await value.compute({ executor: other })).toBe(42);
});

test("names are listed, kept apart, and free again", async () => {
  await client.publish("once", Bag.from([1]));
  const again = client.publish("once", Bag.from([2]));
  await expect(again).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: Client.publish: something is published under this name, got "once", wanted a new name. Unpublish it first, or set overwrite.]`,
  );
  await client.publish("once", Bag.from([3]), { overwrite: true });
  const kept = await client.published<Bag<number>>("once");
  expect(await client.listPublished()).toContain("once");
  expect(await client.unpublish("once")).toBe(true);
  expect(await client.unpublish("once")).toBe(false);
  await expect(client.published("once")).rejects.toMatchObject({
    code: "distributed/not-published",
  });
  expect(await kept.compute({ executor: client })).toEqual([3]);
});

test("what fails is not published", async () => {
  const bad = Bag.from([1]).map(() => {
    throw new RangeError("no");
  });
  await expect(client.publish("bad", bad)).rejects.toThrow("RangeError: no");
  expect(await client.listPublished()).not.toContain("bad");
  await expect(client.publish("text", "text" as never)).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DistributedError: Client.publish: this cannot be published, got "text", wanted a Bag, a DataFrame or a Delayed. Give single values to a variable.]`,
  );
});

test("what is lost with its workers is made again, though nobody is there who has asked", async () => {
  const other = await Client.connect(cluster);
  await other.publish(
    "lost",
    Bag.range(4, { npartitions: 2 }).map((n) => n * n),
  );
  await other.close();
  await cluster.scale(0);
  await cluster.scale(1);
  const squares = await client.published<Bag<number>>("lost");
  expect(await squares.compute({ executor: client })).toEqual([0, 1, 4, 9]);
});
