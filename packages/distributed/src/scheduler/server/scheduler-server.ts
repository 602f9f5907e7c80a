import type { WebSocket } from "ws";
import { inBrackets } from "../../deploy/security/is-loopback.ts";
import type { ToClientMessage } from "../../messages/client-messages.ts";
import type { CoordinateMessage } from "../../messages/coordination.ts";
import { HttpApi } from "../../http/http-api.ts";
import { PageSessions } from "../../http/page-sessions.ts";
import type { Watched } from "../../http/watched.ts";
import { wallClock } from "../../http/watched.ts";
import { packageVersion } from "../../package-version.ts";
import { RecentLog } from "../../recent-log.ts";
import type { Hello } from "../../wire/greeting.ts";
import type { SchedulerLoad } from "../load.ts";
import { SchedulerMachine } from "../machine.ts";
import type { SchedulerEvent, SchedulerInstruction } from "../scheduler-events.ts";
import { ClientSessions } from "./client-sessions.ts";
import { Coordinator } from "./coordinator.ts";
import { Entrance } from "./entrance.ts";
import { Expanding } from "./expanding.ts";
import type { SchedulerServerOptions } from "./scheduler-server-options.ts";
import { limitsOf } from "./scheduler-server-options.ts";
import { SteadyClock } from "../../steady-clock.ts";
import { WorkerConnections } from "./worker-connections.ts";

/** A client that was cut off finds back in a minute, or not at all. */
const clientGraceMsDefault = 60_000;
/** What is remembered for those who watch: 4 MiB of attempts, and some hundred bytes an event. */
const remembered = { attemptsMax: 65_536, journalMax: 1_024 };

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
  readonly #workers: WorkerConnections;
  readonly #clients: ClientSessions;
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
    this.#workers = this.#makeWorkers();
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
      vitalsOf: (epoch) => this.#workers.vitalsOf(epoch),
      ownLines: (limit) => this.#log.lines(limit),
      linesOf: (epoch, limit) => this.#workers.logsOf(epoch, limit),
    };
    const sessions =
      token === undefined ? undefined : new PageSessions(token, this.port, tls !== undefined);
    const { admission } = this.#entrance;
    return new HttpApi({ watched, admission, sessions, log: this.#log });
  }

  async #met(socket: WebSocket, hello: Hello): Promise<void> {
    if (hello.role === "client") this.#clients.admit(socket, hello, ++this.#epochs);
    else await this.#workers.admit(socket, hello);
  }

  #makeWorkers(): WorkerConnections {
    return new WorkerConnections({
      log: this.#log,
      nextEpoch: () => (this.#closing === undefined ? ++this.#epochs : undefined),
      joined: (epoch, offer) => this.#happened({ kind: "worker-connected", epoch, offer }),
      said: (epoch, message) => this.#happened({ kind: "worker-said", epoch, message }),
      left: (epoch, reason) => this.#happened({ kind: "disconnected", epoch, reason }),
    });
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
      this.#handle();
      this.#turn = undefined;
      // What the coordinator has brought about is work for the next one.
      if (this.#events.length > 0 && this.#closing === undefined) this.#soon();
    });
  }

  #handle(): void {
    if (this.#closing !== undefined) return;
    try {
      // Small graphs are written out at once: what follows of them is said along with the rest.
      while (this.#events.length > 0) this.#handleNow(this.#taken());
      // What clients demand may be of futures whose runs have come in with these events.
      this.#coordinator.handle();
    } catch (error) {
      this.#broke(error);
    }
  }

  #taken(): readonly SchedulerEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
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
        this.#workers.send(instruction.epoch, instruction.message);
        return;
      case "tell-client":
        this.#tellClient(instruction.epoch, instruction.message);
        return;
      case "disconnect":
        this.#noteFault(instruction);
        this.#workers.cut(instruction.epoch, instruction.reason, instruction.isDistrusted === true);
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
    this.#workers.obituaries.complete(message.failure, (failure) =>
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
    this.#clock.stop();
    this.#workers.close(reason);
    this.#clients.close(reason);
    await this.#expanding.close();
    await this.#entrance.close();
    this.#end?.(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
