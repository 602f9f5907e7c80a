import { setTimeout as pause } from "node:timers/promises";
import { Client, LocalCluster, wait } from "@millrace/distributed";
import type { Bench, BenchRow } from "./bench.ts";
import { median, rowOf } from "./measure.ts";
import { askPeer } from "./peer-process.ts";

/** Each value has so many bytes. */
type Parameters = {
  readonly bytes: number;
  /** Rounds of small values, which compile the code; then one of large ones. */
  readonly warmups: number;
  readonly rounds: number;
};

const workers = 2;
const settleMs = 300;
const smallShare = 10_000;
const ways = ["scatter", "worker to worker", "gather"] as const;
type Times = Record<(typeof ways)[number], number[]>;

const filled = (value: number, bytes: number): Uint8Array => new Uint8Array(bytes).fill(value);
const lengthOf = (bytes: Uint8Array): number => bytes.length;

/**
 * A value goes from the client to a worker, from one worker to a task on the other, and to the
 * client. Sides take turns; ratios are to Dask where that is there, which hashes nothing.
 */
export const bench: Bench<Parameters> = {
  name: "cluster-transfer",
  question: "How long does a large value take to a worker, between workers, and to the client?",
  parameters: {
    small: { bytes: 100_000, warmups: 0, rounds: 1 },
    full: { bytes: 100_000_000, warmups: 200, rounds: 9 },
  },
  async run({ bytes, warmups, rounds }) {
    await using cluster = await LocalCluster.start({ workers });
    await using client = await Client.connect(cluster);
    await using peer = await askPeer("MILLRACE_DASK_PYTHON", "dask-cluster.py");
    const names = cluster.workers.map(({ name }) => name);
    const own = noTimes();
    const others = noTimes();
    let check = 0;
    const turn = async (count: number, round: number, times: readonly [Times, Times]) => {
      const value = round % 251;
      check += await move(client, names, { value, bytes: count }, times[0]);
      if (peer === undefined) return;
      const told = await peer.ask(`bytes ${count} ${round}`);
      if (told["check"] !== value) throw new Error(`Dask gave ${String(told["check"])}`);
      for (const way of ways) times[1][way].push(1_000 * (told[way] as number));
    };
    for (let round = 0; round < warmups; round++) {
      await turn(bytes / smallShare, round, [noTimes(), noTimes()]);
    }
    for (let round = -1; round < rounds; round++) {
      await pause(settleMs);
      await turn(bytes, warmups + round + 1, round < 0 ? [noTimes(), noTimes()] : [own, others]);
    }
    const rows = ways.flatMap((way) => rowsOf(way, own[way], others[way]));
    return { rows, answer: String(check) };
  },
};

function noTimes(): Times {
  return { scatter: [], "worker to worker": [], gather: [] };
}

/** One value each way; gives what was read of them. */
async function move(
  client: Client,
  [one = "", other = ""]: readonly string[],
  { value, bytes }: { readonly value: number; readonly bytes: number },
  times: Times,
): Promise<number> {
  const sent = filled(value, bytes);
  let startMs = performance.now();
  const there = await client.scatter([sent]);
  times.scatter.push(performance.now() - startMs);
  for (const each of there) each.release();

  using made = client.submit(filled, [value, bytes], { workers: [one] });
  await wait([made]);
  startMs = performance.now();
  using length = client.submit(lengthOf, [made], { workers: [other] });
  const read = await length.result();
  times["worker to worker"].push(performance.now() - startMs);

  using kept = client.submit(filled, [value + 1, bytes], { workers: [one] });
  await wait([kept]);
  startMs = performance.now();
  const back = await kept.result();
  times.gather.push(performance.now() - startMs);
  return read + back.length + (back.at(-1) as number);
}

function rowsOf(way: string, own: readonly number[], peer: readonly number[]): BenchRow[] {
  const base = median(peer.length === 0 ? own : peer);
  const row = (side: string, times: readonly number[]): BenchRow =>
    rowOf(`${way}: ${side}`, times, base);
  return [...(peer.length === 0 ? [] : [row("Dask", peer)]), row("Millrace", own)];
}
