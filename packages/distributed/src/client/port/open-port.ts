import type { MessagePort } from "node:worker_threads";
import { DistributedError } from "../../errors.ts";
import type { DataClient } from "../../wire/data/data-client.ts";
import type { ClientTransport } from "../client-options.ts";
import type { FromPort, PortAnswer, ToPort } from "./port-messages.ts";
import { PortSocket } from "./port-socket.ts";

interface Asking {
  resolve(answer: PortAnswer): void;
  reject(error: Error): void;
}

/**
 * What a client needs, through a port to the thread that has the connection. Resolves when that is
 * connected.
 *
 * @throws DistributedError `distributed/no-client`
 */
export function openPort(
  port: MessagePort,
): Promise<Pick<ClientTransport, "name" | "socket" | "data">> {
  const say = (message: FromPort, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  const socket = new PortSocket(say);
  const asking = new Map<number, Asking>();
  let questionCount = 0;
  const ask = (messageOf: (question: number) => FromPort): Promise<PortAnswer> =>
    new Promise((resolve, reject) => {
      const question = questionCount++;
      asking.set(question, { resolve, reject });
      say(messageOf(question));
    });
  const data: ClientTransport["data"] = {
    fetch: (peer, wants) =>
      ask((question) => ({ kind: "fetch", question, peer, wants })) as ReturnType<
        DataClient["fetch"]
      >,
    push: (peer, blocks) =>
      ask((question) => ({ kind: "push", question, peer, blocks })) as ReturnType<
        DataClient["push"]
      >,
    close: async () => undefined,
  };
  const over = (code: number, reason: string): void => {
    socket.closed(code, reason);
    for (const asked of asking.values()) asked.reject(new Error(reason));
    asking.clear();
    port.close();
  };
  return new Promise((resolve, reject) => {
    const connected = (name: string): void => resolve({ name, socket, data });
    port.on("message", (message: ToPort) => {
      switch (message.kind) {
        case "connected":
          connected(message.name);
          return;
        case "failed":
          reject(noClient(message.reason));
          port.close();
          return;
        case "frame":
          socket.heard(message.bytes, message.isBinary);
          return;
        case "closed":
          over(message.code, message.reason);
          return;
        case "passed-on":
          socket.passedOn(message.bytes);
          return;
        case "answer":
          asking.get(message.question)?.resolve(message.answer);
          asking.delete(message.question);
          return;
        case "no-answer":
          asking.get(message.question)?.reject(new Error(message.reason));
          asking.delete(message.question);
          return;
      }
    });
    // Tasks keep their thread; a client alone does not.
    port.unref();
  });
}

function noClient(reason: string): Error {
  return new DistributedError(
    "distributed/no-client",
    `getClient: the worker has no client for its tasks, got "${reason}", wanted a connection to its ` +
      "scheduler.",
  );
}
