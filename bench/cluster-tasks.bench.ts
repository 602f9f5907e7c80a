import { setTimeout as pause } from "node:timers/promises";
import { Client, LocalCluster, wait } from "@millrace/distributed";
import type { Bench, BenchRow } from "./bench.ts";
import { median, rowOf } from "./measure.ts";
import { askPeer } from "./peer-process.ts";

/** `tasks` do nothing, so many times a turn; `calls` are made one by one. */
type Parameters = {
  readonly tasks: number;
  /** Dask takes a minute for a hundred thousand, and has one such turn a round. */
  readonly times: number;
  readonly calls: number;
  readonly warmups: number;
  readonly rounds: number;
};

const same = (n: number): number => n;
const workers = 2;
const settleMs = 500;

/**
 * Both sides get the same tasks and take turns in every round, after rounds that compile the code
 * and are not counted; ratios are to Dask where that is there, else to nothing.
 */
export const bench: Bench<Parameters> = {
  name: "cluster-tasks",
  question: "What do a task that does nothing and one call cost on a cluster of two processes?",
  parameters: {
    small: { tasks: 1_000, times: 1, calls: 5, warmups: 0, rounds: 1 },
    full: { tasks: 100_000, times: 3, calls: 200, warmups: 2, rounds: 3 },
  },
  async run({ tasks, times: timesEach, calls, warmups, rounds }) {
    const startedMs = performance.now();
    await using cluster = await LocalCluster.start({ workers });
    await using client = await Client.connect(cluster);
    await client.submit(same, [0]).result();
    const firstMs = performance.now() - startedMs;
    await using peer = await askPeer("MILLRACE_DASK_PYTHON", "dask-cluster.py");
    const times = { map: [], call: [], peerMap: [], peerCall: [] } as Record<string, number[]>;
    let check = 0;
    for (let round = 0; round < warmups + rounds; round++) {
      if (round === warmups) for (const each of Object.values(times)) each.length = 0;
      for (let time = 0; time < timesEach; time++) {
        // Either side lets go of its tasks after its turn, in its own time.
        await pause(settleMs);
        const first = (round * timesEach + time) * tasks;
        check += await measureMap(client, first, tasks, times["map"] as number[]);
      }
      times["call"]?.push(await measureCalls(client, calls));
      if (peer === undefined) continue;
      await pause(settleMs);
      // Nothing of it gets faster by being run again.
      const peerTasks = round < warmups ? tasks / 10 : tasks;
      const mapped = await peer.ask(`map ${peerTasks} ${round}`);
      times["peerMap"]?.push((1_000_000 * (mapped["seconds"] as number)) / peerTasks);
      const called = await peer.ask(`latency ${calls} ${round}`);
      times["peerCall"]?.push(1_000 * (called["seconds"] as number));
    }
    const rows = [
      rowsOf("map and wait, microseconds a task", times["map"], times["peerMap"]),
      rowsOf("submit and result, milliseconds", times["call"], times["peerCall"]),
      rowsOf(
        "start to the first result, milliseconds",
        [firstMs],
        peer && [1_000 * (peer.ready["seconds"] as number)],
      ),
    ];
    return { rows: rows.flat(), answer: String(check) };
  },
};

async function measureMap(
  client: Client,
  first: number,
  tasks: number,
  times: number[],
): Promise<number> {
  const items = Array.from({ length: tasks }, (_, n) => first + n);
  const startMs = performance.now();
  const futures = client.map(same, items);
  await wait(futures);
  times.push((1_000 * (performance.now() - startMs)) / tasks);
  const values = await client.gather(futures);
  for (const future of futures) future.release();
  return values.reduce((sum, value) => sum + value, 0);
}

async function measureCalls(client: Client, calls: number): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const startMs = performance.now();
    using future = client.submit(same, [call]);
    await future.result();
    times.push(performance.now() - startMs);
  }
  return median(times);
}

/** Figures of both sides as rows; the ratio is how many times as long the peer takes. */
function rowsOf(what: string, own: number[] = [], peer: number[] = []): BenchRow[] {
  const base = median(peer.length === 0 ? own : peer);
  const row = (name: string, times: number[]): BenchRow => rowOf(`${what}: ${name}`, times, base);
  return [...(peer.length === 0 ? [] : [row("Dask", peer)]), row("Millrace", own)];
}
