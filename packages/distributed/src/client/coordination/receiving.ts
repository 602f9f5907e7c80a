import type { Key } from "@millrace/graph";
import type { Block } from "../../codec/block.ts";
import { preparationFor } from "../../codec/preparation.ts";
import type { Outcome } from "../../messages/coordination.ts";
import { receivingFutures } from "../futures/future-codec.ts";
import { FutureRun } from "../futures/future-run.ts";
import { Future, FutureGroup } from "../futures/future.ts";
import type { RunClient } from "../run-client.ts";

/** A value that has come; it is read when the modules that it needs are here. */
export interface Receiving {
  read(): Promise<unknown>;
}

/**
 * Takes a value that the scheduler gives, with the futures in it. Called before anything else is
 * heard: what is told of their run comes next.
 *
 * @param number - of the run whose outputs the futures are
 */
export function receive(
  client: RunClient,
  { block, futures }: Extract<Outcome, { kind: "value" | "call" }>,
  number: number | undefined,
): Receiving {
  if (futures === 0 || number === undefined) return { read: () => readBlock(block, client) };
  const keys = Array.from<Key | undefined>({ length: futures });
  const run = new FutureRun(client, keys, (listener) => client.adopt(number, futures, listener));
  const group = new FutureGroup(run, 0, futures);
  return {
    read: async () => {
      try {
        await preparationFor(block);
        return receivingFutures(
          (key, output) => {
            keys[output] = key;
            return new Future(group, output);
          },
          () => client.receive(block),
        );
      } catch (error) {
        for (let output = 0; output < futures; output++) group.release(output);
        throw error;
      }
    },
  };
}

/** The value of a block in which there are no futures. */
export async function readBlock(block: Block, client: RunClient): Promise<unknown> {
  await preparationFor(block);
  return client.receive(block);
}
