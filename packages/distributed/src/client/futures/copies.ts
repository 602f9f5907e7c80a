import type { Key } from "@millrace/graph";
import { checkCount } from "@millrace/graph";
import { DistributedError, invalidArgument } from "../../errors.ts";
import type { Answer, Question } from "../../messages/questions.ts";
import { optionRefusal } from "../../option-refusal.ts";
import type { RunClient } from "../run-client.ts";
import { futuresOf } from "./check-futures.ts";
import type { Future } from "./future.ts";

/** A worker that has a value. */
export interface Holder {
  /** The number by which the scheduler knows it. */
  readonly worker: number;
  /** Where it serves values. */
  readonly address: string;
}

type AnswerOf<K extends Answer["kind"]> = Extract<Answer, { kind: K }>;

async function ask<K extends Answer["kind"]>(
  api: string,
  client: RunClient,
  question: Question,
  kind: K,
): Promise<AnswerOf<K>> {
  const answer = await client.ask(question);
  if (answer.kind === kind) return answer as AnswerOf<K>;
  const reason = answer.kind === "refused" ? answer.reason : answer.kind;
  throw invalidArgument(api, "the scheduler refuses", reason, "an answer", "Look at the futures.");
}

/** The workers that have each value that a client holds; none where it is not computed. */
export async function whoHasAll(client: RunClient): Promise<ReadonlyMap<Key, readonly Holder[]>> {
  const found = new Map<Key, Holder[]>();
  const asked = Array.from(client.listeners, async ([run, listener]) => {
    const keys = listener.heldKeys();
    for (const key of keys.values()) if (!found.has(key)) found.set(key, []);
    if (keys.size === 0) return;
    const answer = await client.ask({ kind: "who-has", run, outputs: [...keys.keys()] });
    // One that the scheduler does not know yet, or no more, has nothing anywhere.
    if (answer.kind !== "holders") return;
    for (const [output, holders] of holdersIn(answer)) {
      const known = found.get(keys.get(output) as Key) as Holder[];
      const isNew = ({ worker }: Holder): boolean => known.every((each) => each.worker !== worker);
      known.push(...holders.filter(isNew));
    }
  });
  await Promise.all(asked);
  return found;
}

/** What an answer says of each output. */
function* holdersIn({
  rows,
  peers,
}: AnswerOf<"holders">): Iterable<readonly [output: number, holders: readonly Holder[]]> {
  const addresses = new Map(peers.map(({ worker, address }) => [worker, address]));
  for (let n = 0; n < rows.length;) {
    const [output, , count] = rows.slice(n, n + 3) as [number, number, number];
    n += 3 + count;
    const holders = rows.slice(n - count, n);
    const held = Array.from(holders, (worker) => ({
      worker,
      address: addresses.get(worker) ?? "",
    }));
    yield [output, held];
  }
}

/** The workers that have the values of futures, in their order; none where it is not computed. */
export async function whoHas(
  futures: Iterable<Future<unknown>>,
): Promise<readonly (readonly Holder[])[]> {
  return Promise.all(
    Array.from(futuresOf("Client.whoHas", futures), async (future) => {
      future.held.check();
      const { run, output } = future;
      const outputs = [output];
      const question = { kind: "who-has", run: run.held.number, outputs } as const;
      const answer = await ask("Client.whoHas", run.client, question, "holders");
      return [...holdersIn(answer)].flatMap(([, holders]) => holders);
    }),
  );
}

/** Has `copies` workers keep the values of futures. */
export async function replicate(
  futures: Iterable<Future<unknown>>,
  copies: number | undefined,
): Promise<void> {
  if (copies !== undefined) checkCount("Client.replicate", "copies", copies, 1, optionRefusal);
  await Promise.all(
    Array.from(futuresOf("Client.replicate", futures), async (future) => {
      await future.settled();
      const { run, output } = future;
      const outputs = [output];
      const question = { kind: "replicate", run: run.held.number, outputs, copies } as const;
      const { short } = await ask("Client.replicate", run.client, question, "replicated");
      if (short.length === 0) return;
      throw new DistributedError(
        "distributed/not-scattered",
        `Client.replicate: a value could not be copied as often, got ${copies ?? "all"} copies, ` +
          "wanted no more than there are workers with room. Start more workers.",
      );
    }),
  );
}

/** Spreads all values over the workers, each as full as the others. */
export async function rebalance(client: RunClient): Promise<void> {
  await ask("Client.rebalance", client, { kind: "rebalance" }, "rebalanced");
}
