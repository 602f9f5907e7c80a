import { Bag } from "@millrace/bag";
import { DataFrame, count, float64, int32, utf8 } from "@millrace/dataframe";
import type { Client } from "@millrace/distributed";
import { asCompleted } from "@millrace/distributed";
import type { Collection, ExecutorOptions } from "@millrace/graph";
import { Delayed, compute } from "@millrace/graph";
import type { Random } from "../../lib/random.ts";

/** What is computed, here and on a cluster; both must give the same. */
export interface Pipeline {
  readonly name: string;
  /** On the inline executor, which is the reference. */
  expected(): Promise<unknown>;
  onCluster(client: Client, options: ExecutorOptions): Promise<unknown>;
}

/** Draws a pipeline; the same random numbers make the same one. */
export function drawPipeline(random: Random): Pipeline {
  return random.pick(kinds)(random);
}

const kinds: readonly ((random: Random) => Pipeline)[] = [
  elements,
  groups,
  joins,
  trees,
  frames,
  futures,
  streams,
  persisted,
];

/** Takes its time, so that something can happen meanwhile; what it gives does not depend on it. */
const slowly = async (n: number, ms: number): Promise<number> => {
  if (n % 16 === 0) await new Promise((resolve) => setTimeout(resolve, ms));
  return n;
};

function same<T>(
  name: string,
  make: () => Collection<T>,
  shown: (value: T) => unknown = (value) => value,
): Pipeline {
  return {
    name,
    expected: async () => shown(await compute(make(), { executor: "inline" })),
    onCluster: async (client, options) =>
      shown(await compute(make(), { ...options, executor: client })),
  };
}

/** Workers live for some seconds here: tasks that take longer than that might never end. */
const partitionMsMax = 2_000;

function range(random: Random): Bag<number> {
  const npartitions = random.between(1, 24);
  const ms = random.between(0, 60);
  const count = random.between(1, 4_000);
  const waits = Math.ceil(count / npartitions / 16);
  return Bag.range(count, { npartitions }).map(slowly, Math.min(ms, partitionMsMax / waits));
}

function elements(random: Random): Pipeline {
  const step = random.between(2, 9);
  const make = range(random);
  return same("elements", () =>
    make
      .map((n) => ({ n, text: `v${n}` }))
      .filter(({ n }) => n % step !== 0)
      .map(({ n, text }) => [n, text.length, n % 7 === 0 ? undefined : -0]),
  );
}

function groups(random: Random): Pipeline {
  const size = random.between(2, 60);
  const npartitions = random.between(1, 12);
  const make = range(random);
  return same("groups", () =>
    make
      .groupBy((n) => n % size, { npartitions })
      .map(([key, all]) => [key, all.length, all.reduce((sum, n) => sum + n, 0)] as const)
      .groupBy(([key]) => key % 3, { npartitions: 3 }),
  );
}

function joins(random: Random): Pipeline {
  const size = random.between(3, 40);
  const [left, right] = [range(random), range(random)];
  return same("joins", () =>
    left
      .map((n) => n % size)
      .distinct()
      .join(right.map((n) => n % (size + 5)).distinct(), (n) => n),
  );
}

function trees(random: Random): Pipeline {
  const width = random.between(2, 40);
  const ms = random.between(0, 80);
  const bytes = random.pick([10, 10, 1_000, 200_000]);
  const leaf = async (n: number): Promise<Uint8Array> => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return new Uint8Array(bytes).fill(n);
  };
  const both = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((x, i) => x ^ (b[i] ?? 0));
  return same("trees", () => {
    let level = Array.from({ length: width }, (_, n) => Delayed.call(leaf, [n]));
    while (level.length > 1) {
      const next: Delayed<Uint8Array>[] = [];
      for (let n = 0; n + 1 < level.length; n += 2) {
        next.push(Delayed.call(both, [level[n]!, level[n + 1]!]) as Delayed<Uint8Array>);
      }
      if (level.length % 2 === 1) next.push(level.at(-1)!);
      level = next;
    }
    return level[0]!;
  });
}

function frames(random: Random): Pipeline {
  const rows = random.between(1, 3_000);
  const size = random.between(2, 30);
  const npartitions = random.between(1, 10);
  const least = random.between(0, 500);
  const data = Array.from({ length: rows }, (_, n) => ({
    id: n,
    key: `k${(n * 7) % size}`,
    amount: (n * 31) % 1_000,
  }));
  const schema = { id: int32, key: utf8, amount: float64 };
  const frame = DataFrame.fromRows(data, { schema, npartitions });
  const totals = frame
    .filter((c) => c.amount.gte(least))
    .groupBy("key")
    .agg((c) => ({ rows: count(), total: c.amount.sum(), most: c.amount.max() }));
  const made = random.pick([
    () => totals.sort("key"),
    () => frame.shuffle({ on: "key", npartitions: 5 }).sort("id"),
    () => frame.sort(["amount", "id"]),
  ]) as () => Collection<{ toArray(): readonly { toJSON(): unknown }[] }>;
  return same("frames", made, (table) => table.toArray().map((row) => row.toJSON()));
}

/** Futures, some of which read others, some cancelled, released at any time. */
function futures(random: Random): Pipeline {
  const numbers = Array.from({ length: random.between(2, 40) }, () => random.below(1_000));
  const ms = random.between(0, 60);
  const cancelled = random.below(numbers.length);
  const add = (a: number, b: number): number => a + b;
  const expected = numbers.map((n, i) => n + (i % 3 === 0 ? (numbers[i - 1] ?? 0) : 1));
  expected.splice(cancelled, 1);
  return {
    name: "futures",
    expected: async () => expected,
    onCluster: async (client) => {
      const first = numbers.map((n) => client.submit(slowly, [n, ms]));
      const second = first.map((future, i) =>
        client.submit(add, [future, i % 3 === 0 ? (first[i - 1] ?? 0) : 1]),
      );
      for (const future of first) future.release();
      const [given] = second.splice(cancelled, 1);
      await given?.cancel();
      for await (const _ of asCompleted(second)) continue;
      const values = await client.gather(second);
      for (const future of second) future.release();
      return values;
    },
  };
}

function streams(random: Random): Pipeline {
  const make = range(random);
  const squares = () => make.map((n) => n * n);
  return {
    name: "streams",
    expected: () => squares().compute({ executor: "inline" }),
    onCluster: async (client) => {
      const seen: number[] = [];
      for await (const n of squares().iterate({ executor: client })) seen.push(n);
      return seen;
    },
  };
}

function persisted(random: Random): Pipeline {
  const make = range(random);
  const held = make.map((n) => n + 1);
  const twice = (bag: Bag<number>) => bag.groupBy((n) => n % 5, { npartitions: 2 });
  return {
    name: "persisted",
    expected: async () => [
      await twice(held).compute({ executor: "inline" }),
      await held.sum().compute({ executor: "inline" }),
    ],
    onCluster: async (client, options) => {
      const kept = await held.persist({ ...options, executor: client });
      return [
        await twice(kept).compute({ executor: client }),
        await kept.sum().compute({ executor: client }),
      ];
    },
  };
}
