import { randomUUID } from "node:crypto";
import type { MessagePort } from "node:worker_threads";
import type { Block } from "../../codec/block.ts";
import type { DistributedError } from "../../errors.ts";
import { isRefusal } from "../../errors.ts";
import type { Tls } from "../../wire/tls.ts";
import type { Log } from "../../log.ts";
import type { ShortValue } from "../../messages/short-value.ts";
import { shortValuesMax } from "../../messages/short-value.ts";
import type { PredecessorTold } from "../../messages/worker-deaths.ts";
import type { LogsWanted } from "../../messages/worker-logs.ts";
import type { ToWorkerMessage, WorkerMessage } from "../../messages/worker-messages.ts";
import { RecentLog } from "../../recent-log.ts";
import { Connection } from "../../wire/connection.ts";
import { DataClient } from "../../wire/data/data-client.ts";
import { CorruptDataError } from "../../wire/data/data-error.ts";
import { DataServer } from "../../wire/data/data-server.ts";
import { SteadyClock } from "../../steady-clock.ts";
import { reach } from "../../wire/dial.ts";
import type { WorkerNews } from "../../wire/worker-wire.ts";
import { packFromWorker, unpackToWorker } from "../../wire/worker-wire.ts";
import { hostIdentity } from "../store/process-identity.ts";
import type { Want, WorkerInstruction } from "../worker-events.ts";
import type { Contact, WorkerTiming } from "./worker-timing.ts";
import { awaitingTasksDefault, shareMemory } from "./worker-host-settings.ts";
import { relayClient } from "./relay-client.ts";
import { WorkerHost } from "./worker-host.ts";

/** How a worker is started. */
export interface RemoteWorkerOptions {
  /** `ws://…` or `wss://…` */
  readonly scheduler: string;
  readonly token?: string;
  readonly tls?: Tls;
  readonly name: string;
  readonly threads: number;
  readonly memoryBytesMax: number;
  readonly localDirectory: string;
  readonly resources: Readonly<Record<string, number>>;
  /** The interface on which peers and clients find it. */
  readonly host: string;
  /** How long it looks for a scheduler that is not there, or is no more, before it ends. */
  readonly deathTimeoutMs: number;
  /** How long tasks may run on when it retires; default 20 s. */
  readonly retireMs?: number;
  /** Where peers and clients find its values, if that is not where it serves them. */
  readonly contact?: Contact;
  readonly timing?: Partial<WorkerTiming>;
  /** Where it has a nanny: how the worker before it ended that the scheduler knew, if any did. */
  readonly predecessor?: Predecessor;
  /** Called when its first task is about to run. */
  readonly began?: () => void;
  readonly log: Log;
}

/** How the worker before ended, if there was one. */
export type Predecessor = Pick<PredecessorTold, "words">;

/** Why a worker has ended. */
export type WorkerEnd =
  | { readonly kind: "closed" }
  /** It has handed over what it had; `lost` values nobody could take. */
  | { readonly kind: "retired"; readonly lost: number }
  /** The scheduler will never have it: another version, or no right to come in. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The scheduler will not have this process any more, but another one in its place. */
  | { readonly kind: "distrusted"; readonly reason: string }
  | { readonly kind: "scheduler-lost"; readonly reason: string };

/** How often it says how its process is. */
const vitalsMs = 5_000;
/** How long tasks may run on when a worker retires. */
const retireMs = 20_000;

interface WorkerParts {
  readonly host: WorkerHost;
  readonly server: DataServer;
  readonly peers: DataClient;
  readonly clock: SteadyClock;
}

type SchedulerConnection = Connection<WorkerMessage | WorkerNews, ToWorkerMessage | LogsWanted>;
type KeptOptions = RemoteWorkerOptions & { readonly log: RecentLog };
type Question = Extract<WorkerInstruction, { kind: "fetch" }>;

/**
 * A worker that a scheduler is connected to: sockets around the worker itself. It looks for its
 * scheduler until it finds it, and again when the connection breaks; with the connection goes all
 * that it had, since the scheduler counts that as lost.
 */
export class RemoteWorker implements AsyncDisposable {
  /** Fulfilled when it has ended, whatever for; it never rejects. */
  readonly ended: Promise<WorkerEnd>;
  readonly #options: KeptOptions;
  readonly #host: WorkerHost;
  readonly #server: DataServer;
  readonly #peers: DataClient;
  readonly #clock: SteadyClock;
  readonly #isClosing = new AbortController();
  /** By which its scheduler knows it again. */
  readonly #instance = randomUUID();
  #connection: SchedulerConnection | undefined;
  #vitals: NodeJS.Timeout | undefined;
  #resolveEnd: ((end: WorkerEnd) => void) | undefined;
  #end: WorkerEnd | undefined;
  #closing: Promise<void> | undefined;
  #isRetiring = false;
  #hasToldPredecessor = false;
  /** Fulfilled when the scheduler has said something: it has heard the offer. */
  readonly #known: Promise<void>;
  #resolveKnown: () => void = () => undefined;
  #retireTimer: NodeJS.Timeout | undefined;

  /**
   * A worker that its scheduler knows.
   *
   * @throws VersionMismatchError, DistributedError `distributed/refused`,
   *   `distributed/name-conflict`, `distributed/unreachable` where no scheduler is found in time,
   *   and what `BlockStore.open` throws
   */
  static async start(options: RemoteWorkerOptions): Promise<RemoteWorker> {
    const { token, tls, name, threads, memoryBytesMax, resources, contact } = options;
    const log = new RecentLog(options.log);
    const machine = hostIdentity();
    const clock = new SteadyClock();
    // oxlint-disable-next-line prefer-const -- peers may ask for something before it is there
    let worker: RemoteWorker | undefined;
    const server = await DataServer.listen({
      host: options.host,
      token,
      tls,
      blockOf: async (value) => worker?.blockOf(value),
      take: async (value, block) => worker?.take(value, block),
      ...(contact !== undefined && contactOptions(contact)),
    });
    const { transferMs: progressMs, ...timing } = options.timing ?? {};
    const limits = progressMs === undefined ? {} : { progressMs };
    const peers = new DataClient({ token, tls, host: machine, limits });
    const offer = {
      name,
      address: server.address,
      host: machine,
      threads,
      memoryBytesMax,
      resources,
    };
    const settings = {
      memoryBytesMax,
      localDirectory: options.localDirectory,
      awaitingTasksMax: awaitingTasksDefault,
      ...shareMemory(memoryBytesMax, threads),
      warn: (message: string) => log.warn(message),
      clock,
    };
    const link = {
      tell: (message: WorkerMessage) => worker?.tell(message),
      fetch: (question: Question) => void worker?.fetch(question),
      reconnect: (reason: string) => worker?.reconnect(reason),
      retired: (lost: number) => worker?.retired(lost),
      began: () => options.began?.(),
      openClient: (port: MessagePort, thread: number) => worker?.openClient(port, thread),
    };
    const host = await WorkerHost.open(settings, offer, link, timing).catch(async (error) => {
      clock.stop();
      await server.close();
      throw error;
    });
    worker = new RemoteWorker({ ...options, log }, { host, server, peers, clock });
    try {
      await worker.#connect();
      await Promise.race([worker.#known, worker.ended]);
    } catch (error) {
      await worker.close();
      throw error;
    }
    return worker;
  }

  private constructor(options: KeptOptions, { host, server, peers, clock }: WorkerParts) {
    this.#options = options;
    this.#host = host;
    this.#server = server;
    this.#peers = peers;
    this.#clock = clock;
    this.ended = new Promise((resolve) => (this.#resolveEnd = resolve));
    this.#known = new Promise((resolve) => (this.#resolveKnown = resolve));
  }

  /** Looks for the scheduler until it has found it, may look no longer, or is closed. */
  async #connect(): Promise<void> {
    const { scheduler: url, token, tls, name, deathTimeoutMs, log } = this.#options;
    const { address } = this.#server;
    const hello = { role: "worker", name, instance: this.#instance, address } as const;
    const { socket } = await reach({ url, token, tls }, hello, deathTimeoutMs, {
      signal: this.#isClosing.signal,
      retried: (reason) => log.warn("no scheduler yet", { url, reason }),
    });
    // It may have been closed just when it was let in.
    if (this.#end === undefined) this.#connected(socket);
    else socket.terminate();
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      const { message: reason, code } = error as DistributedError;
      const isRefused = isRefusal(error);
      const isDistrusted = isRefused && code === "distributed/distrusted";
      const kind = isDistrusted ? "distrusted" : isRefused ? "refused" : "scheduler-lost";
      this.#end ??= { kind, reason };
      void this.close();
    }
  }

  #connected(socket: ConstructorParameters<typeof Connection>[0]): void {
    const connection: SchedulerConnection = new Connection(socket, {
      pack: packFromWorker,
      unpack: unpackToWorker,
      heard: (messages) => {
        if (connection !== this.#connection) return;
        this.#resolveKnown();
        this.#host.handle(
          messages.flatMap((message) => {
            if (message.kind !== "logs-wanted") return [{ kind: "told", message }];
            this.#tellLogs(message);
            return [];
          }),
        );
      },
      closed: (reason) => {
        if (connection === this.#connection) this.#disconnected(reason);
      },
    });
    this.#connection = connection;
    this.#options.log.info("connected", { url: this.#options.scheduler });
    this.#host.handle([{ kind: "connected" }]);
    this.#tellPredecessor();
    // What is answered to this says that the offer before it was heard.
    connection.send({ kind: "heartbeat", sentMs: this.#clock.nowMs() });
    this.#tellVitals();
    this.#vitals ??= setInterval(() => this.#tellVitals(), vitalsMs).unref();
  }

  #disconnected(reason: string): void {
    this.#connection = undefined;
    if (this.#end !== undefined) return;
    this.#options.log.warn("disconnected", { reason });
    this.#host.handle([{ kind: "disconnected", reason }]);
    void this.#reconnect();
  }

  /** What the worker says goes to the scheduler that it is connected to. */
  tell(message: WorkerMessage): void {
    const isFull = message.kind !== "report" || message.announced.length === 0;
    this.#connection?.send(isFull ? message : this.#withValues(message));
  }

  /** A report with the values that it announces, as far as they are in memory. */
  #withValues(report: Extract<WorkerMessage, { kind: "report" }>): WorkerMessage {
    const { announced } = report;
    const values: ShortValue[] = [];
    for (let n = 0; n < announced.length && values.length < shortValuesMax; n += 2) {
      const [task, version] = [announced[n] as number, announced[n + 1] as number];
      const block = this.#host.store.get(task, version);
      if (block?.buffers.length === 0) values.push({ task, version, bytes: block.header });
    }
    return { ...report, values };
  }

  /** Where a connection has broken, what the scheduler knew before is this very process. */
  #tellPredecessor(): void {
    const { predecessor } = this.#options;
    if (predecessor === undefined) return;
    const words = this.#hasToldPredecessor ? undefined : predecessor.words;
    this.#hasToldPredecessor = true;
    this.#connection?.send({ kind: "predecessor-told", words });
  }

  #tellVitals(): void {
    const { memory, disk } = this.#host.store.stats();
    const { user, system } = process.cpuUsage();
    this.#connection?.send({
      kind: "vitals-told",
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
      memoryBytes: memory.bytes,
      diskBytes: disk.bytes,
    });
  }

  #tellLogs({ question, linesMax }: LogsWanted): void {
    const lines = this.#options.log.lines(linesMax);
    this.#connection?.send({ kind: "logs-told", question, lines });
  }

  /** The worker does not trust its connection any more, and has forgotten what belonged to it. */
  reconnect(reason: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.cut(reason);
    if (this.#end === undefined) void this.#reconnect();
  }

  /** A task asks for a client: it gets one that this process connects, and no token. */
  openClient(port: MessagePort, thread: number): void {
    const { scheduler: url, token, tls, name } = this.#options;
    void relayClient(port, { url, token, tls }, `${name} thread ${thread}`, this.#peers);
  }

  /** A peer or a client asks for a value. */
  async blockOf(value: { readonly id: number; readonly version: number }): Promise<Block> {
    return this.#host.blockOf(value);
  }

  /** A client brings a value, by the name that the scheduler gave it. */
  take({ id, version }: { readonly id: number; readonly version: number }, block: Block): void {
    this.#host.store.put(id, version, block);
    this.#host.handle([{ kind: "received", values: [{ id, version }] }]);
  }

  async fetch({ question, peer, wants }: Question): Promise<void> {
    const { store } = this.#host;
    const asked = wants.map(({ name, piece }) => ({ ...name, piece }));
    try {
      const blocks = await this.#peers.fetch(peer, asked);
      const got: Want[] = [];
      const missing: Want[] = [];
      wants.forEach((want, n) => {
        const block = blocks[n];
        if (block !== undefined) store.put(want.as.id, want.as.version, block);
        (block === undefined ? missing : got).push(want);
      });
      this.#host.handle([{ kind: "fetched", question, got, missing }]);
    } catch (error) {
      if (this.#end !== undefined) return;
      this.#options.log.warn("no answer", { peer: peer.address, reason: (error as Error).message });
      const isCorrupt = error instanceof CorruptDataError && error.isOfPeer;
      this.#host.handle([{ kind: "fetch-failed", question, isCorrupt }]);
    }
  }

  /**
   * Hands over what it has, and ends: tasks that run may end for a while, values go to other
   * workers. Said again, or when the time is up, it does not wait for tasks.
   */
  async retire(): Promise<void> {
    this.#host.handle([{ kind: "retire", hurry: this.#isRetiring }]);
    if (!this.#isRetiring) {
      this.#isRetiring = true;
      this.#retireTimer = setTimeout(() => void this.retire(), this.#options.retireMs ?? retireMs);
    }
    await this.ended;
  }

  /** The scheduler wants nothing of it any more. */
  retired(lost: number): void {
    this.#options.log.info("retired", { lost });
    this.#end ??= { kind: "retired", lost };
    void this.close();
  }

  /** Ends it: its tasks and values are lost. */
  async close(): Promise<void> {
    this.#end ??= { kind: "closed" };
    this.#closing ??= this.#close(this.#end);
    return this.#closing;
  }

  async #close(end: WorkerEnd): Promise<void> {
    clearTimeout(this.#retireTimer);
    clearInterval(this.#vitals);
    this.#isClosing.abort();
    this.#clock.stop();
    this.#connection?.close("the worker was closed");
    await Promise.all([this.#server.close(), this.#peers.close(), this.#host.close()]);
    this.#resolveEnd?.(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function contactOptions({ host, port, servedPort }: Contact) {
  return { advertisedHost: host, advertisedPort: port, port: servedPort };
}
