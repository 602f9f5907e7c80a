import { Client, LocalCluster } from "@millrace/distributed";
import type { Bench } from "./bench.ts";
import { compareCases } from "./measure.ts";

type Parameters = {
  readonly calls: number;
  readonly repeats: number;
};

class Counter {
  n = 0;

  add(by: number): number {
    return (this.n += by);
  }
}

export const bench: Bench<Parameters> = {
  name: "actor-calls",
  question: "What does a call of an actor cost, next to a task that does nothing?",
  parameters: {
    small: { calls: 20, repeats: 1 },
    full: { calls: 2_000, repeats: 5 },
  },
  async run({ calls, repeats }) {
    await using cluster = await LocalCluster.start({ workers: 2 });
    await using client = await Client.connect(cluster);
    await using counter = await client.actor(Counter);
    const numbers = Array.from({ length: calls }, (_, n) => n);
    const inc = (n: number): number => n + 1;
    const rows = await compareCases(
      {
        "tasks one by one": async () => {
          for (const n of numbers) await client.submit(inc, [n]).result();
        },
        "calls one by one": async () => {
          for (let n = 0; n < calls; n++) await counter.add(1);
        },
        "tasks all at once": async () => client.gather(numbers.map((n) => client.submit(inc, [n]))),
        "calls all at once": async () => Promise.all(numbers.map(() => counter.add(1))),
      },
      { repeats },
    );
    const each = rows.map((row) => ({
      ...row,
      usACall: ((row.medianMs * 1_000) / calls).toFixed(0),
    }));
    return { rows: each, answer: `${await counter.n} calls were counted` };
  },
};
