import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { inBrackets } from "../../deploy/security/is-loopback.ts";
import { tlsOptions } from "../../deploy/security/tls.ts";
import type { CoordinateMessage } from "../../messages/coordination.ts";
import type { LogsWanted } from "../../messages/worker-logs.ts";
import type { VitalsTold } from "../../messages/worker-vitals.ts";
import type { ToWorkerMessage, WorkerMessage } from "../../messages/worker-messages.ts";
import { HttpApi } from "../../http/http-api.ts";
import { PageSessions } from "../../http/page-sessions.ts";
import type { Watched } from "../../http/watched.ts";
import { wallClock } from "../../http/watched.ts";
import { packageVersion } from "../../package-version.ts";
import { RecentLog } from "../../recent-log.ts";
import { Connection } from "../../wire/connection.ts";
import { answer, hear } from "../../wire/greeting.ts";
import type { WorkerNews } from "../../wire/worker-wire.ts";
import { packToWorker, unpackFromWorker } from "../../wire/worker-wire.ts";
import { expansionOf } from "../expand.ts";
import type { SchedulerLoad } from "../load.ts";
import { SchedulerMachine } from "../machine.ts";
import type { SchedulerEvent, SchedulerInstruction } from "../scheduler-events.ts";
import { Admission } from "./admission.ts";
import { ClientSessions } from "./client-sessions.ts";
import { Coordinator } from "./coordinator.ts";
import type { SchedulerServerOptions } from "./scheduler-server-options.ts";
import { SteadyClock } from "../../steady-clock.ts";
import { WorkerLogs } from "./worker-logs.ts";

/** Peers that have connected and not yet said who they are. */
const strangersMax = 256;
/** A request must be there by then. */
const requestMs = 10_000;
/** A client that was cut off finds back in a minute, or not at all. */
const clientGraceMsDefault = 60_000;
/** Connections that belong to no worker, client or stranger who is being greeted. */
const plainMax = 1_024;

/** What is remembered for those who watch: 4 MiB of attempts, and some hundred bytes an event. */
const remembered = { attemptsMax: 65_536, journalMax: 1_024 };

type Server = ReturnType<typeof createServer>;
type WorkerConnection = Connection<ToWorkerMessage | LogsWanted, WorkerMessage | WorkerNews>;

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
  readonly #log: RecentLog;
  readonly #idleTimeoutMs: number | undefined;
  readonly #admission: Admission;
  readonly #machine: SchedulerMachine;
  readonly #coordinator: Coordinator;
  readonly #clock = new SteadyClock();
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #workers = new Map<number, WorkerConnection>();
  readonly #clients: ClientSessions;
  readonly #logs = new WorkerLogs();
  readonly #vitals = new Map<number, VitalsTold>();
  #epochs = 0;
  #strangers = 0;
  #socketCount = 0;
  #events: SchedulerEvent[] = [];
  #turn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #end: ((reason: string) => void) | undefined;
  #closing: Promise<void> | undefined;

  /** A scheduler that listens. Rejects where its address is not free. */
  static async start(options: SchedulerServerOptions): Promise<SchedulerServer> {
    const timeouts = {
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: 2_000,
    };
    const { tls } = options;
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
    this.#log = new RecentLog(options.log);
    this.#idleTimeoutMs = options.idleTimeoutMs;
    this.#http = http;
    this.port = (http.address() as AddressInfo).port;
    const scheme = options.tls === undefined ? "ws" : "wss";
    this.url = `${scheme}://${inBrackets(options.host)}:${this.port}`;
    this.#admission = new Admission(options);
    this.#clients = this.#makeClients(options);
    this.ended = new Promise((resolve) => (this.#end = resolve));
    const settings = { ...remembered, ...options.settings };
    this.#machine = new SchedulerMachine(settings, this.#clock.nowMs());
    this.#coordinator = new Coordinator({
      standingOf: (epoch, holds) => this.#machine.standingOf(epoch, holds),
      happened: (event) => this.#handleNow([event]),
      workerNames: () => this.#machine.workerNames,
      tell: (epoch, message) => this.#clients.send(epoch, message),
    });
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: 2 ** 21,
    });
    http.on("error", (error) => this.#log.error("http", { error: error.message }));
    const api = this.#apiOf(options);
    http.on("request", (request, response) => void api.handle(request, response));
    http.on("clientError", (_error, socket) => refuseMalformed(socket));
    http.on("connection", (socket) => this.#count(socket));
    http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#watchIdleness();
  }

  /** What there is to do just now, and who does it. */
  load(): SchedulerLoad {
    return this.#machine.load(this.#clock.nowMs());
  }

  /** Nobody waits for anything where there is no client. */
  #watchIdleness(): void {
    clearTimeout(this.#idle);
    const idleTimeoutMs = this.#idleTimeoutMs;
    const isIdle = this.#clients.size === 0 && this.#closing === undefined;
    if (idleTimeoutMs === undefined || !isIdle) return;
    this.#idle = setTimeout(
      () => void this.close(`there was no client for ${idleTimeoutMs / 1000} s`),
      // Timers hold 31 bits.
      Math.min(idleTimeoutMs, 2 ** 31 - 1),
    );
  }

  /** Those who have shown nothing yet take no more than some of the sockets of this process. */
  #count(socket: Socket): void {
    const known = this.#workers.size + this.#clients.hereCount + this.#strangers;
    if (this.#socketCount - known >= plainMax) {
      socket.destroy();
      return;
    }
    this.#socketCount++;
    socket.on("close", () => this.#socketCount--);
  }

  #apiOf({ token, tls }: SchedulerServerOptions): HttpApi {
    const nowMs = (): number => this.#clock.nowMs();
    const watched: Watched = {
      view: this.#machine.view,
      version: packageVersion,
      url: this.url,
      startedMs: Date.now(),
      nowMs,
      wall: wallClock(nowMs),
      vitalsOf: (epoch) => this.#vitals.get(epoch),
      ownLines: (limit) => this.#log.lines(limit),
      linesOf: (epoch, limit) =>
        this.#logs.ask(epoch, limit, (message) => this.#workers.get(epoch)?.send(message)),
    };
    const sessions =
      token === undefined ? undefined : new PageSessions(token, this.port, tls !== undefined);
    return new HttpApi({ watched, admission: this.#admission, sessions, log: this.#log });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined);
    const refusal =
      this.#strangers >= strangersMax
        ? { status: 503, reason: "too many connections at a time" }
        : this.#admission.refusalOf(request);
    if (refusal !== undefined) {
      this.#log.warn("refused", { from: request.socket.remoteAddress, ...refusal });
      refuse(socket, refusal.status, refusal.reason);
      return;
    }
    this.#strangers++;
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      // One that nobody listens for would end the process.
      ws.on("error", () => undefined);
      void this.#meet(ws);
    });
  }

  async #meet(socket: WebSocket): Promise<void> {
    try {
      const hello = await hear(socket, packageVersion);
      const epoch = ++this.#epochs;
      if (hello.role === "client") {
        this.#clients.admit(socket, hello.name, hello.session, epoch);
      } else {
        answer(socket, { kind: "welcome", epoch, version: packageVersion });
        this.#admitWorker(epoch, socket);
      }
    } catch (error) {
      const reason = (error as Error).message;
      this.#log.warn("refused", { reason });
      socket.close(1_008, reason.slice(0, 100));
      setTimeout(() => socket.terminate(), 1_000).unref();
    } finally {
      this.#strangers--;
    }
  }

  #admitWorker(epoch: number, socket: WebSocket): void {
    const log = this.#log;
    let isKnown = false;
    const connection: WorkerConnection = new Connection(socket, {
      pack: packToWorker,
      unpack: unpackFromWorker,
      heard: (messages) => {
        for (const message of messages) {
          if (message.kind === "logs-told") this.#logs.told(epoch, message);
          else if (message.kind === "vitals-told") this.#vitals.set(epoch, message);
          else if (message.kind !== "offer") {
            if (isKnown) this.#happened({ kind: "worker-said", epoch, message });
            else connection.cut("a worker that has not said what it offers");
          } else if (isKnown) connection.cut("a worker that offers itself twice");
          else {
            isKnown = true;
            log.info("worker joined", { name: message.offer.name, epoch });
            this.#happened({ kind: "worker-connected", epoch, offer: message.offer });
          }
        }
      },
      closed: (reason) => {
        this.#workers.delete(epoch);
        this.#logs.left(epoch);
        this.#vitals.delete(epoch);
        if (isKnown) log.info("worker left", { epoch, reason });
        this.#happened({ kind: "disconnected", epoch, reason });
      },
    });
    this.#workers.set(epoch, connection);
  }

  #makeClients({ clientGraceMs = clientGraceMsDefault }: SchedulerServerOptions): ClientSessions {
    const log = this.#log;
    return new ClientSessions({
      graceMs: clientGraceMs,
      joined: (epoch, name) => {
        this.#watchIdleness();
        this.#happened({ kind: "client-connected", epoch, name });
      },
      said: (epoch, messages) => {
        for (const message of messages) {
          if (message.kind === "coordinate") this.#demanded(epoch, message);
          else this.#happened({ kind: "client-said", epoch, message });
        }
      },
      broke: (epoch, reason) => log.warn("client away", { epoch, reason, graceMs: clientGraceMs }),
      resumed: (epoch) => log.info("client back", { epoch }),
      left: (epoch, reason) => {
        this.#watchIdleness();
        this.#coordinator.left(epoch);
        this.#happened({ kind: "disconnected", epoch, reason });
      },
    });
  }

  #demanded(epoch: number, { request, demand }: CoordinateMessage): void {
    this.#coordinator.demanded(epoch, request, demand);
    this.#soon();
  }

  /** Events of one turn of the loop are taken together. */
  #happened(event: SchedulerEvent): void {
    this.#events.push(event);
    this.#soon();
  }

  #soon(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#handle();
    });
  }

  #handle(): void {
    if (this.#closing !== undefined) return;
    const events = this.#events;
    this.#events = [];
    this.#handleNow(events);
    // What clients demand may be of futures whose runs have come in with these events.
    this.#coordinator.handle();
  }

  #handleNow(events: readonly SchedulerEvent[]): void {
    for (const each of this.#machine.handle(events, this.#clock.nowMs())) this.#carryOut(each);
  }

  #carryOut(instruction: SchedulerInstruction): void {
    switch (instruction.kind) {
      case "tell-worker":
        this.#workers.get(instruction.epoch)?.send(instruction.message);
        return;
      case "tell-client":
        this.#clients.send(instruction.epoch, instruction.message);
        return;
      case "disconnect":
        this.#workers.get(instruction.epoch)?.cut(instruction.reason);
        this.#clients.cut(instruction.epoch, instruction.reason);
        return;
      case "expand":
        this.#happened(expansionOf(instruction));
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
    for (const connection of this.#workers.values()) connection.close(reason);
    this.#clients.close(reason);
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

/** What is no HTTP, or too much of it, before there is a request. */
function refuseMalformed(socket: Duplex): void {
  if (socket.writable) refuse(socket, 400, "this is no request");
  else socket.destroy();
}

function refuse(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nConnection: close\r\n` +
      "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n" +
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
