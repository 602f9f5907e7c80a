import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { tlsOptions } from "../../deploy/security/tls.ts";
import type { ClientMessage, ToClientMessage } from "../../messages/client-messages.ts";
import type {
  ToWorkerMessage,
  WorkerMessage,
  WorkerOffer,
} from "../../messages/worker-messages.ts";
import { packageVersion } from "../../package-version.ts";
import { packToClient, unpackFromClient } from "../../wire/client-wire.ts";
import { Connection } from "../../wire/connection.ts";
import { answer, hear } from "../../wire/greeting.ts";
import type { Hello } from "../../wire/greeting.ts";
import { packToWorker, unpackFromWorker } from "../../wire/worker-wire.ts";
import { expandGraph } from "../expand.ts";
import { SchedulerMachine } from "../machine.ts";
import type { SchedulerEvent, SchedulerInstruction } from "../scheduler-events.ts";
import { Admission } from "./admission.ts";
import type { SchedulerStatus } from "./answer-request.ts";
import { answerRequest } from "./answer-request.ts";
import type { SchedulerServerOptions, ServerLimits } from "./scheduler-server-options.ts";
import { serverLimits } from "./scheduler-server-options.ts";
import { Strangers } from "./strangers.ts";
import { SteadyClock } from "../../steady-clock.ts";

type Server = ReturnType<typeof createServer>;
type WorkerConnection = Connection<ToWorkerMessage, WorkerMessage>;
type ClientConnection = Connection<ToClientMessage, ClientMessage>;

/**
 * A scheduler that others reach over a network: sockets, clock and timers around the machine that
 * decides everything. What all peers say in one turn of the loop is one step of the machine.
 */
export class SchedulerServer implements AsyncDisposable {
  /** Where workers and clients find it: `ws://127.0.0.1:8786`. */
  readonly url: string;
  readonly port: number;
  /** Fulfilled when it has ended, with the reason. */
  readonly ended: Promise<string>;
  readonly #options: SchedulerServerOptions;
  readonly #admission: Admission;
  readonly #machine: SchedulerMachine;
  readonly #clock = new SteadyClock();
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #strangers: Strangers;
  readonly #limits: ServerLimits;
  readonly #workers = new Map<number, WorkerConnection>();
  readonly #clients = new Map<number, ClientConnection>();
  /** What the workers are that have said it. */
  readonly #offers = new Map<number, WorkerOffer>();
  readonly #startedMs: number = performance.now();
  #epochs = 0;
  #events: SchedulerEvent[] = [];
  #turn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #end: ((reason: string) => void) | undefined;
  #closing: Promise<void> | undefined;

  /** A scheduler that listens. Rejects where its address is not free. */
  static async start(options: SchedulerServerOptions): Promise<SchedulerServer> {
    const { tls, limits } = options;
    const { requestMs } = { ...serverLimits, ...limits };
    const timeouts = {
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      handshakeTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1_000, requestMs / 2),
    };
    const http =
      tls === undefined
        ? createServer(timeouts)
        : createSecureServer({ ...timeouts, ...tlsOptions(tls) });
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(options.port, options.host, () => {
        http.off("error", reject);
        resolve();
      });
    });
    return new SchedulerServer(options, http);
  }

  private constructor(options: SchedulerServerOptions, http: Server) {
    this.#options = options;
    this.#http = http;
    this.port = (http.address() as AddressInfo).port;
    const host = options.host.includes(":") ? `[${options.host}]` : options.host;
    this.url = `${options.tls === undefined ? "ws" : "wss"}://${host}:${this.port}`;
    this.#admission = new Admission(options);
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#machine = new SchedulerMachine(options.settings ?? {}, this.#clock.nowMs());
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: 2 ** 21,
      // Connections answer themselves, as far as they are read.
      autoPong: false,
    });
    this.#limits = { ...serverLimits, ...options.limits };
    this.#strangers = new Strangers(this.#limits.strangersMax);
    http.on("connection", (socket: Socket) => this.#strangers.came(socket));
    http.on("error", (error) => options.log.error("http", { error: error.message }));
    http.on("request", (request, response) =>
      answerRequest(request, response, this.#admission, () => this.status()),
    );
    http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#watchIdleness();
  }

  /** What there is just now. */
  status(): SchedulerStatus {
    return {
      version: packageVersion,
      url: this.url,
      pid: process.pid,
      upSeconds: Math.round((performance.now() - this.#startedMs) / 1000),
      clientCount: this.#clients.size,
      workers: Array.from(this.#offers.values(), (offer) => ({
        name: offer.name,
        address: offer.address,
        threads: offer.threads,
        memoryBytesMax: offer.memoryBytesMax,
        resources: offer.resources,
      })),
    };
  }

  /** Nobody waits for anything where there is no client. */
  #watchIdleness(): void {
    clearTimeout(this.#idle);
    const { idleTimeoutMs } = this.#options;
    const isIdle = this.#clients.size === 0 && this.#closing === undefined;
    if (idleTimeoutMs === undefined || !isIdle) return;
    this.#idle = setTimeout(
      () => void this.close(`there was no client for ${idleTimeoutMs / 1000} s`),
      // Timers hold 31 bits.
      Math.min(idleTimeoutMs, 2 ** 31 - 1),
    );
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined);
    const refusal = this.#admission.refusalOf(request);
    if (refusal !== undefined) {
      this.#options.log.warn("refused", { from: request.socket.remoteAddress, ...refusal });
      refuse(socket, refusal.status, refusal.reason);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      // One that nobody listens for would end the process.
      ws.on("error", () => undefined);
      void this.#meet(ws, request.socket);
    });
  }

  async #meet(socket: WebSocket, stranger: Socket): Promise<void> {
    try {
      const hello = await hear(socket, packageVersion);
      this.#strangers.met(stranger);
      const epoch = ++this.#epochs;
      answer(socket, { kind: "welcome", epoch, version: packageVersion });
      if (hello.role === "worker") this.#admitWorker(epoch, socket);
      else this.#admitClient(epoch, socket, hello);
    } catch (error) {
      const reason = (error as Error).message;
      this.#options.log.warn("refused", { reason });
      socket.close(1_008, reason.slice(0, 100));
      setTimeout(() => socket.terminate(), 1_000).unref();
    }
  }

  #admitWorker(epoch: number, socket: WebSocket): void {
    const { log } = this.#options;
    let isKnown = false;
    const connection: WorkerConnection = new Connection(socket, {
      pack: packToWorker,
      unpack: unpackFromWorker,
      heard: (messages) => {
        for (const message of messages) {
          if (message.kind !== "offer") {
            if (isKnown) this.#happened({ kind: "worker-said", epoch, message });
            else connection.cut("a worker that has not said what it offers");
          } else if (isKnown) connection.cut("a worker that offers itself twice");
          else {
            isKnown = true;
            this.#offers.set(epoch, message.offer);
            log.info("worker joined", { name: message.offer.name, epoch });
            this.#happened({ kind: "worker-connected", epoch, offer: message.offer });
          }
        }
      },
      closed: (reason) => {
        this.#workers.delete(epoch);
        this.#offers.delete(epoch);
        if (isKnown) log.info("worker left", { epoch, reason });
        this.#happened({ kind: "disconnected", epoch, reason });
      },
    });
    this.#workers.set(epoch, connection);
  }

  #admitClient(epoch: number, socket: WebSocket, { name }: Hello): void {
    const connection: ClientConnection = new Connection(socket, {
      pack: packToClient,
      unpack: unpackFromClient,
      heard: (messages) => {
        for (const message of messages) this.#happened({ kind: "client-said", epoch, message });
      },
      closed: (reason) => {
        this.#clients.delete(epoch);
        this.#watchIdleness();
        this.#happened({ kind: "disconnected", epoch, reason });
      },
    });
    this.#clients.set(epoch, connection);
    this.#watchIdleness();
    this.#happened({ kind: "client-connected", epoch, name });
  }

  /** Events of one turn of the loop are taken together. */
  #happened(event: SchedulerEvent): void {
    this.#events.push(event);
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#handle();
    });
  }

  #handle(): void {
    if (this.#closing !== undefined) return;
    const events = this.#events;
    this.#events = [];
    let instructions: readonly SchedulerInstruction[];
    try {
      instructions = this.#machine.handle(events, this.#clock.nowMs());
    } catch (error) {
      this.#broke(error);
      return;
    }
    for (const each of instructions) this.#carryOut(each);
  }

  /**
   * What the machine knows is not right any more, so nothing that it says may be believed: the
   * scheduler ends, and tells everybody why.
   */
  #broke(error: unknown): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#options.log.error("scheduler broken", { error: message, stack });
    void this.close(`the scheduler is broken: ${message}`);
  }

  #carryOut(instruction: SchedulerInstruction): void {
    switch (instruction.kind) {
      case "tell-worker":
        this.#workers.get(instruction.epoch)?.send(instruction.message);
        return;
      case "tell-client":
        this.#clients.get(instruction.epoch)?.send(instruction.message);
        return;
      case "disconnect":
        this.#noteFault(instruction);
        this.#workers.get(instruction.epoch)?.cut(instruction.reason);
        this.#clients.get(instruction.epoch)?.cut(instruction.reason);
        return;
      case "expand":
        this.#expand(instruction);
        return;
      case "wake":
        clearTimeout(this.#timer);
        this.#timer = setTimeout(
          () => this.#happened({ kind: "ticked" }),
          this.#clock.until(instruction.atMs),
        );
        return;
    }
  }

  /** A mistake of ours that a message has shown; its peer alone is sent away. */
  #noteFault({ epoch, fault }: Extract<SchedulerInstruction, { kind: "disconnect" }>): void {
    if (fault === undefined) return;
    const { message, stack } = fault;
    this.#options.log.error("message not understood", { epoch, error: message, stack });
  }

  #expand({
    epoch,
    run,
    graph,
    keys,
    settings,
  }: Extract<SchedulerInstruction, { kind: "expand" }>): void {
    try {
      const expanded = expandGraph(graph, keys, settings, this.#limits);
      this.#happened({ kind: "expanded", epoch, run, graph: expanded });
    } catch (error) {
      this.#happened({ kind: "not-expanded", epoch, run, error });
    }
  }

  /** Ends it: all connections are closed, runs that have not ended are lost. */
  async close(reason: string = "the scheduler was closed"): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: string): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#idle);
    clearImmediate(this.#turn);
    this.#clock.stop();
    for (const connection of [...this.#workers.values(), ...this.#clients.values()]) {
      connection.close(reason);
    }
    this.#sockets.close();
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
    this.#end?.(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function refuse(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
