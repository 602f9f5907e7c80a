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
import type { SchedulerLoad } from "../load.ts";
import { SchedulerMachine } from "../machine.ts";
import type { SchedulerEvent, SchedulerInstruction } from "../scheduler-events.ts";
import { Admission } from "./admission.ts";
import { ClientSessions } from "./client-sessions.ts";
import { Coordinator } from "./coordinator.ts";
import { Expanding } from "./expanding.ts";
import type { SchedulerServerOptions } from "./scheduler-server-options.ts";
import { serverLimits } from "./scheduler-server-options.ts";
import { Strangers } from "./strangers.ts";
import { SteadyClock } from "../../steady-clock.ts";
import { WorkerLogs } from "./worker-logs.ts";

/** Who has so much to read is not answered that this side is there. */
const pongBytesMax = 2 ** 16;
/** A client that was cut off finds back in a minute, or not at all. */
const clientGraceMsDefault = 60_000;
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
  readonly #strangers: Strangers;
  readonly #expanding: Expanding;
  readonly #workers = new Map<number, WorkerConnection>();
  readonly #clients: ClientSessions;
  readonly #logs = new WorkerLogs();
  readonly #vitals = new Map<number, VitalsTold>();
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
      // The system finds out about peers that are gone without a word.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
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
      // Who asks and never reads the answers would have them gathered for it.
      autoPong: false,
    });
    const limits = { ...serverLimits, ...options.limits };
    this.#expanding = new Expanding(limits, (event) => this.#happened(event));
    this.#strangers = new Strangers(limits.strangersMax);
    http.on("error", (error) => this.#log.error("http", { error: error.message }));
    const api = this.#apiOf(options);
    http.on("request", (request, response) => void api.handle(request, response));
    http.on("clientError", (error, socket) => refuseMalformed(error, socket));
    http.on("connection", (socket: Socket) => this.#strangers.came(socket));
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
    const refusal = this.#admission.refusalOf(request);
    if (refusal !== undefined) {
      this.#log.warn("refused", { from: request.socket.remoteAddress, ...refusal });
      refuse(socket, refusal.status, refusal.reason);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      // One that nobody listens for would end the process.
      ws.on("error", () => undefined);
      ws.on("ping", (data: Buffer) => {
        if (ws.bufferedAmount < pongBytesMax) ws.pong(data);
      });
      void this.#meet(ws, request.socket);
    });
  }

  async #meet(socket: WebSocket, stranger: Socket): Promise<void> {
    try {
      const hello = await hear(socket, packageVersion);
      this.#strangers.met(stranger);
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
        this.#expanding.forget(epoch);
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
    try {
      this.#handleNow(events);
      // What clients demand may be of futures whose runs have come in with these events.
      this.#coordinator.handle();
    } catch (error) {
      this.#broke(error);
    }
  }

  #handleNow(events: readonly SchedulerEvent[]): void {
    for (const each of this.#machine.handle(events, this.#clock.nowMs())) this.#carryOut(each);
  }

  /**
   * What the machine knows is not right any more, so nothing that it says may be believed: the
   * scheduler ends, and tells everybody why.
   */
  #broke(error: unknown): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#log.error("scheduler broken", { error: message, stack });
    void this.close(`the scheduler is broken: ${message}`);
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
        this.#noteFault(instruction);
        this.#workers.get(instruction.epoch)?.cut(instruction.reason);
        this.#clients.cut(instruction.epoch, instruction.reason);
        return;
      case "warn":
        this.#log.warn(instruction.event, instruction.facts);
        return;
      case "expand":
        this.#expanding.expand(instruction);
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
    this.#log.error("message not understood", { epoch, error: message, stack });
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
    await this.#expanding.close();
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
function refuseMalformed({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) socket.destroy();
  else if (code === "HPE_HEADER_OVERFLOW") refuse(socket, 431, "the headers are too long");
  else if (code === "ERR_HTTP_REQUEST_TIMEOUT") refuse(socket, 408, "the request took too long");
  else refuse(socket, 400, "this is no request");
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
