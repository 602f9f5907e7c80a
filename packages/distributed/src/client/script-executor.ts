import type { Socket } from "node:net";
import type { Executor } from "@millrace/graph";
import type { SchedulerAddress } from "../wire/dial.ts";
import { Client } from "./client.ts";
import { dialTransport, joinParts } from "./client-parts.ts";

/**
 * A client as the executor of a program that does not know of it: it keeps the process alive while
 * it runs something, and not else, and is closed when the program has nothing left to do.
 *
 * @throws what `Client.connect` throws
 */
export async function connectScript(address: SchedulerAddress, name: string): Promise<Executor> {
  let carrier: Socket | undefined;
  let runCount = 0;
  const hold = (): void => void (runCount > 0 ? carrier?.ref() : carrier?.unref());
  const carried = (carries: Socket): void => {
    carrier = carries;
    hold();
  };
  const transport = await dialTransport(address, { name, carried });
  const client = new Client(transport, joinParts(transport));
  const begin = (): void => {
    runCount++;
    hold();
  };
  const end = (): void => {
    runCount--;
    hold();
  };
  const during = async <T>(run: () => Promise<T>): Promise<T> => {
    begin();
    try {
      return await run();
    } finally {
      end();
    }
  };
  // The scheduler is told, so that it does not wait whether this process comes back.
  process.once("beforeExit", () => void client.close());
  return {
    name: "cluster",
    run: (graph, keys, options) => during(() => client.run(graph, keys, options)),
    persist: (graph, keys, options) => during(() => client.persist(graph, keys, options)),
    async *stream(graph, keys, options) {
      begin();
      try {
        yield* client.stream(graph, keys, options);
      } finally {
        end();
      }
    },
  };
}
