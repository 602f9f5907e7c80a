// Many connections to one scheduler, half of them workers without work, half clients:
// `node --import tsx cluster-connections-peer.ts <scheduler file> <connections>`
import { readFileSync } from "node:fs";
import { Client } from "@millrace/distributed";
import { Connection } from "../packages/distributed/dist/wire/connection.js";
import { dial } from "../packages/distributed/dist/wire/dial.js";
import { packFromWorker, unpackToWorker } from "../packages/distributed/dist/wire/worker-wire.js";
import type { WorkerEvent } from "../packages/distributed/dist/worker/worker-events.js";
import { WorkerMachine } from "../packages/distributed/dist/worker/machine.js";

type Found = { readonly url: string; readonly token: string };

const schedulerFile = process.argv[2] as string;
const { url, token } = JSON.parse(readFileSync(schedulerFile, "utf8")) as Found;
const count = Number(process.argv[3]);
const together = 20;

/** A worker as its scheduler sees it: no task asks for it, and so it needs no threads. */
async function openWorker(name: string): Promise<void> {
  const address = `tcp://${name}:1`;
  const { socket } = await dial({ url, token }, { role: "worker", name, address });
  const offer = { name, address, host: name, threads: 1 };
  const whole = { ...offer, memoryBytesMax: 2 ** 30, resources: {} };
  const machine = new WorkerMachine(whole, {}, performance.now());
  let timer: NodeJS.Timeout | undefined;
  const handle = (events: readonly WorkerEvent[]): void => {
    for (const each of machine.handle(events, performance.now())) {
      if (each.kind === "tell") connection.send(each.message);
      else if (each.kind === "wake") {
        clearTimeout(timer);
        timer = setTimeout(() => handle([{ kind: "ticked" }]), each.atMs - performance.now());
      } else throw new Error(`a worker without work is to ${each.kind}`);
    }
  };
  const connection = new Connection(socket, {
    pack: packFromWorker,
    unpack: unpackToWorker,
    heard: (messages) => {
      handle(
        messages.map((message) => {
          if (message.kind === "logs-wanted") throw new Error("nobody asks for logs");
          return { kind: "told", message };
        }),
      );
    },
    closed: (reason) => {
      throw new Error(`${name} was cut off: ${reason}`);
    },
  });
  handle([{ kind: "connected" }]);
}

const clients: Client[] = [];
for (let n = 0; n < count; n += together) {
  const numbers = Array.from({ length: Math.min(together, count - n) }, (_, i) => n + i);
  await Promise.all(
    numbers.map(async (number) => {
      if (number % 2 === 1) clients.push(await Client.connect({ schedulerFile }));
      else await openWorker(`idle-${process.pid}-${number}`);
    }),
  );
}
process.stdout.write(`${JSON.stringify({ open: count })}\n`);
process.stdin.resume();
process.stdin.once("end", () => void end());

async function end(): Promise<void> {
  const lost = clients.filter(({ isLost }) => isLost).length;
  await Promise.all(clients.map((client) => client.close()));
  process.exit(lost === 0 ? 0 : 1);
}
