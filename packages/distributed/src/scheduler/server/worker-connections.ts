import type { WebSocket } from "ws";
import type { Log } from "../../log.ts";
import type { LogsWanted } from "../../messages/worker-logs.ts";
import type {
  ToWorkerMessage,
  WorkerMessage,
  WorkerOffer,
} from "../../messages/worker-messages.ts";
import type { VitalsTold } from "../../messages/worker-vitals.ts";
import { packageVersion } from "../../package-version.ts";
import { Connection } from "../../wire/connection.ts";
import { parseAddress } from "../../wire/data/data-address.ts";
import type { Hello, Welcome } from "../../wire/greeting.ts";
import { answer } from "../../wire/greeting.ts";
import type { WorkerNews } from "../../wire/worker-wire.ts";
import { packToWorker, unpackFromWorker } from "../../wire/worker-wire.ts";
import { Claims } from "./claims.ts";
import { Obituaries } from "./obituaries.ts";
import { WorkerLogs } from "./worker-logs.ts";

/** What becomes of workers. */
export interface WorkerConnectionsOptions {
  readonly log: Log;
  /** The number of the next connection; undefined where no more are wanted. */
  readonly nextEpoch: () => number | undefined;
  readonly joined: (epoch: number, offer: WorkerOffer) => void;
  readonly said: (epoch: number, message: WorkerMessage) => void;
  readonly left: (epoch: number, reason: string) => void;
}

interface Worker {
  readonly connection: Connection<ToWorkerMessage | LogsWanted, WorkerMessage | WorkerNews>;
  readonly instance: string | undefined;
  vitals: VitalsTold | undefined;
}

/** Processes that are not believed any more; the one that was sent away first is forgotten. */
const distrustedMax = 1_024;

/** The workers of a scheduler: who they are, each once, and their connections. */
export class WorkerConnections {
  readonly obituaries: Obituaries = new Obituaries();
  readonly #options: WorkerConnectionsOptions;
  readonly #workers = new Map<number, Worker>();
  readonly #names = new Claims();
  readonly #addresses = new Claims();
  readonly #logs = new WorkerLogs();
  /** Why each of these processes was sent away. */
  readonly #distrusted = new Map<string, string>();

  constructor(options: WorkerConnectionsOptions) {
    this.#options = options;
  }

  /** Greets a worker; rejects where it may not come in, and tells it why. */
  async admit(socket: WebSocket, hello: Hello): Promise<void> {
    const { name, instance, address = "" } = hello;
    const distrust = this.#distrusted.get(instance ?? "");
    if (distrust !== undefined) refuse(socket, { kind: "distrusted", reason: distrust });
    if (!(await this.#names.take(name, hello, socket))) {
      refuse(socket, { kind: "taken", reason: name });
    }
    for (const place of placesOf(socket, address)) {
      const isFree = await this.#addresses.take(place, hello, socket);
      if (!isFree) refuse(socket, { kind: "address-taken", reason: address });
    }
    const epoch = this.#options.nextEpoch();
    if (epoch === undefined) return;
    answer(socket, { kind: "welcome", epoch, version: packageVersion });
    this.#connect(epoch, socket, hello);
  }

  #connect(epoch: number, socket: WebSocket, { name, address, instance }: Hello): void {
    const { log, joined, said, left } = this.#options;
    let isKnown = false;
    const connection: Worker["connection"] = new Connection(socket, {
      pack: packToWorker,
      unpack: unpackFromWorker,
      heard: (messages) => {
        for (const message of messages) {
          if (message.kind === "logs-told") this.#logs.told(epoch, message);
          else if (message.kind === "vitals-told") worker.vitals = message;
          else if (message.kind === "predecessor-told") this.obituaries.told(epoch, message);
          else if (message.kind !== "offer") {
            if (isKnown) said(epoch, message);
            else connection.cut("a worker that has not said what it offers");
          } else if (isKnown) connection.cut("a worker that offers itself twice");
          else if (message.offer.name !== name || message.offer.address !== address) {
            connection.cut("a worker that offers itself under another name or address");
          } else {
            isKnown = true;
            this.obituaries.joined(epoch, name);
            log.info("worker joined", { name, epoch });
            joined(epoch, message.offer);
          }
        }
      },
      closed: (reason) => {
        this.#workers.delete(epoch);
        this.#logs.left(epoch);
        this.obituaries.left(epoch);
        if (isKnown) log.info("worker left", { epoch, reason });
        left(epoch, reason);
      },
    });
    const worker: Worker = { connection, instance, vitals: undefined };
    this.#workers.set(epoch, worker);
  }

  send(epoch: number, message: ToWorkerMessage): void {
    this.#workers.get(epoch)?.connection.send(message);
  }

  vitalsOf(epoch: number): VitalsTold | undefined {
    return this.#workers.get(epoch)?.vitals;
  }

  /** @throws LogsError where the worker does not answer in time, or goes */
  logsOf(epoch: number, limit: number): Promise<readonly string[]> {
    return this.#logs.ask(epoch, limit, (message) =>
      this.#workers.get(epoch)?.connection.send(message),
    );
  }

  /** Sends a worker away; one that is distrusted does not come back as the same process. */
  cut(epoch: number, reason: string, isDistrusted: boolean): void {
    const worker = this.#workers.get(epoch);
    if (isDistrusted && worker?.instance !== undefined) {
      this.#distrusted.set(worker.instance, reason);
      const [oldest] = this.#distrusted.keys() as Iterable<string>;
      if (this.#distrusted.size > distrustedMax) this.#distrusted.delete(oldest as string);
    }
    worker?.connection.cut(reason);
  }

  /** Ends all of them. */
  close(reason: string): void {
    this.obituaries.close();
    for (const { connection } of this.#workers.values()) connection.close(reason);
  }
}

function refuse(socket: WebSocket, welcome: Exclude<Welcome, { kind: "welcome" }>): never {
  answer(socket, welcome);
  throw new Error(`a worker may not come in: ${welcome.kind}, ${welcome.reason}`);
}

/** Where a worker says that it is found; each is that of one worker. */
function placesOf(socket: WebSocket, address: string): readonly string[] {
  try {
    const { host, port, socketPath } = parseAddress("worker", address);
    const place = `${host.toLowerCase()} ${port}`;
    return socketPath === undefined ? [place] : [place, socketPath];
  } catch (error) {
    const reason = (error as Error).message;
    return refuse(socket, { kind: "refused", reason });
  }
}
