import type { WebSocket } from "ws";
import { inBrackets } from "../../deploy/security/is-loopback.ts";
import type { ToClientMessage } from "../../messages/client-messages.ts";
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
import type { Hello } from "../../wire/greeting.ts";
import { answer } from "../../wire/greeting.ts";
import type { WorkerNews } from "../../wire/worker-wire.ts";
import { packToWorker, unpackFromWorker } from "../../wire/worker-wire.ts";
import type { SchedulerLoad } from "../load.ts";
import { SchedulerMachine } from "../machine.ts";
import type { SchedulerEvent, SchedulerInstruction } from "../scheduler-events.ts";
import { ClientSessions } from "./client-sessions.ts";
import { Coordinator } from "./coordinator.ts";
import { Entrance } from "./entrance.ts";
import { Expanding } from "./expanding.ts";
import { Obituaries } from "./obituaries.ts";
import type { SchedulerServerOptions } from "./scheduler-server-options.ts";
import { limitsOf } from "./scheduler-server-options.ts";
import { SteadyClock } from "../../steady-clock.ts";
import { WorkerLogs } from "./worker-logs.ts";
import { WorkerNames } from "./worker-names.ts";

/** A client that was cut off finds back in a minute, or not at all. */
const clientGraceMsDefault = 60_000;
/** What is remembered for those who watch: 4 MiB of attempts, and some hundred bytes an event. */
const remembered = { attemptsMax: 65_536, journalMax: 1_024 };

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
  readonly #machine: SchedulerMachine;
  readonly #coordinator: Coordinator;
  readonly #clock = new SteadyClock();
  readonly #entrance: Entrance;
  readonly #expanding: Expanding;
  readonly #workers = new Map<number, WorkerConnection>();
  readonly #workerNames = new WorkerNames();
  readonly #clients: ClientSessions;
  readonly #logs = new WorkerLogs();
  readonly #vitals = new Map<number, VitalsTold>();
  readonly #obituaries = new Obituaries();
  #epochs = 0;
  #events: SchedulerEvent[] = [];
  #turn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #end: ((reason: string) => void) | undefined;
  #closing: Promise<void> | undefined;

  /** A scheduler that listens. Rejects where its address is not free. */
  static async start(options: SchedulerServerOptions): Promise<SchedulerServer> {
    const log = new RecentLog(options.log);
    return new SchedulerServer(options, log, await Entrance.listen(options, log));
  }

  private constructor(options: SchedulerServerOptions, log: RecentLog, entrance: Entrance) {
    this.#log = log;
    this.#idleTimeoutMs = options.idleTimeoutMs;
    this.#entrance = entrance;
    this.port = entrance.port;
    const scheme = options.tls === undefined ? "ws" : "wss";
    this.url = `${scheme}://${inBrackets(options.host)}:${this.port}`;
    this.#clients = this.#makeClients(options);
    this.ended = new Promise((resolve) => (this.#end = resolve));
    const settings = { ...remembered, ...options.settings };
    this.#machine = new SchedulerMachine(settings, this.#clock.nowMs());
    this.#coordinator = new Coordinator({
      standingOf: (epoch, holds) => this.#machine.standingOf(epoch, holds),
      happened: (event) => this.#handleNow([event]),
      workerNames: () => this.#machine.workerNames,
      isStaying: (worker) => this.#machine.isStaying(worker),
      tell: (epoch, message) => this.#clients.send(epoch, message),
    });
    this.#expanding = new Expanding(limitsOf(options), (event) => this.#happened(event));
    const api = this.#apiOf(options);
    entrance.open({
      requested: (request, response) => void api.handle(request, response),
      met: (socket, hello) => this.#met(socket, hello),
    });
    this.#watchIdleness();
  }

  /** What there is to do just now, and who does it. */
  load(): SchedulerLoad {
    const actorWorkers = [...this.#coordinator.actorWorkers];
    return { ...this.#machine.load(this.#clock.nowMs()), actorWorkers };
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
    const { admission } = this.#entrance;
    return new HttpApi({ watched, admission, sessions, log: this.#log });
  }

  async #met(socket: WebSocket, { role, name, instance, session }: Hello): Promise<void> {
    if (role === "client") {
      this.#clients.admit(socket, name, session, ++this.#epochs);
      return;
    }
    if (!(await this.#workerNames.take(name, instance, socket))) {
      answer(socket, { kind: "taken", reason: name });
      throw new Error(`a worker of the name ${JSON.stringify(name)} is there`);
    }
    if (this.#closing !== undefined) return;
    const epoch = ++this.#epochs;
    answer(socket, { kind: "welcome", epoch, version: packageVersion });
    this.#admitWorker(epoch, socket);
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
          else if (message.kind === "predecessor-told") this.#obituaries.told(epoch, message);
          else if (message.kind !== "offer") {
            if (isKnown) this.#happened({ kind: "worker-said", epoch, message });
            else connection.cut("a worker that has not said what it offers");
          } else if (isKnown) connection.cut("a worker that offers itself twice");
          else {
            isKnown = true;
            this.#obituaries.joined(epoch, message.offer.name);
            log.info("worker joined", { name: message.offer.name, epoch });
            this.#happened({ kind: "worker-connected", epoch, offer: message.offer });
          }
        }
      },
      closed: (reason) => {
        this.#workers.delete(epoch);
        this.#logs.left(epoch);
        this.#vitals.delete(epoch);
        this.#obituaries.left(epoch);
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
        this.#tellClient(instruction.epoch, instruction.message);
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

  /** Of a failure that waits nobody can have asked anew; a client that is gone is told nothing. */
  #tellClient(epoch: number, message: ToClientMessage): void {
    if (message.kind !== "failed" || message.failure.kind !== "killed") {
      this.#clients.send(epoch, message);
      return;
    }
    this.#obituaries.complete(message.failure, (failure) =>
      this.#clients.send(epoch, { ...message, failure }),
    );
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
    this.#obituaries.close();
    this.#clock.stop();
    for (const connection of this.#workers.values()) connection.close(reason);
    this.#clients.close(reason);
    await this.#expanding.close();
    await this.#entrance.close();
    this.#end?.(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
