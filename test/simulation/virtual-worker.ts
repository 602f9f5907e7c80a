import { Random } from "../lib/random.ts";
import type {
  ToWorkerMessage,
  WorkerMessage,
} from "../../packages/distributed/src/messages/worker-messages.ts";
import { WorkerMachine } from "../../packages/distributed/src/worker/machine.ts";
import type {
  Want,
  WorkerEvent,
  WorkerInstruction,
} from "../../packages/distributed/src/worker/worker-events.ts";
import { Connection } from "./connection.ts";
import { openRoad } from "./network.ts";
import type { CrashPoint, WorkerPlan } from "./scenario.ts";
import { OnlyPiece, pieceOf } from "./values.ts";
import type { StoreAnswer } from "./virtual-store.ts";
import { VirtualStore } from "./virtual-store.ts";
import { VirtualThreads } from "./virtual-threads.ts";
import type { World } from "./world.ts";

export type WorkerConnection = Connection<WorkerMessage, ToWorkerMessage>;

const questionTimeoutMs = 3_000;
const reconnectMs = 20;

/** A worker process: the real machine, with threads, a store and connections that are none. */
export class VirtualWorker {
  readonly name: string;
  readonly host: string;
  readonly plan: WorkerPlan;
  readonly up = openRoad();
  readonly down = openRoad();
  readonly #world: World;
  readonly #random: Random;
  /** Which process it is by now: 0 where none runs. */
  life = 0;
  #lives = 0;
  /** Which scheduler it works for; 0 before it knows. */
  schedulerLife = 0;
  #machine: WorkerMachine | undefined;
  store: VirtualStore;
  threads: VirtualThreads;
  connection: WorkerConnection | undefined;
  pausedUntilMs = 0;
  /** What waits for a frozen process to go on. */
  #backlog: (() => void)[] = [];
  crashPoint: CrashPoint | undefined;
  /** What it does with values that peers ask it for, until it is another process. */
  lie: "denies" | "garbles" | "is over" | undefined;

  constructor(world: World, name: string, plan: WorkerPlan) {
    this.#world = world;
    this.name = name;
    this.plan = plan;
    this.host = `host-${plan.host}`;
    this.#random = new Random(world.scenario.seed, "worker", name);
    this.store = this.#makeStore();
    this.threads = this.#makeThreads();
  }

  get machine(): WorkerMachine | undefined {
    return this.#machine;
  }

  #makeStore(): VirtualStore {
    const { spillBytes } = this.#world.scenario.tuning;
    return new VirtualStore(spillBytes, () => this.#world.mark("spilled value read back"));
  }

  #makeThreads(): VirtualThreads {
    return new VirtualThreads({
      world: this.#world,
      name: this.name,
      store: this.store,
      random: this.#random,
      count: this.plan.threads,
      later: (delayMs, action) => this.later(delayMs, action),
      say: (event) => this.feed(event),
      die: () => this.crash({ isSilent: false, restartMs: 30 }),
    });
  }

  /** A process starts and connects. */
  start(): void {
    if (this.life !== 0) return;
    this.life = ++this.#lives;
    this.lie = undefined;
    this.store = this.#makeStore();
    this.threads = this.#makeThreads();
    this.#backlog = [];
    this.schedulerLife = 0;
    const { peersMax, answerBytesMax, fetchBytesMax, workerTimeoutMs } =
      this.#world.scenario.tuning;
    this.#machine = new WorkerMachine(
      {
        name: this.name,
        address: this.name,
        host: this.host,
        threads: this.plan.threads,
        memoryBytesMax: 1e9,
        resources: this.plan.gpu > 0 ? { gpu: this.plan.gpu } : {},
      },
      {
        fetch: { peersMax, answerBytesMax, bytesMax: fetchBytesMax },
        heartbeatMs: workerTimeoutMs / 3,
        silenceMs: workerTimeoutMs,
      },
      this.#world.clock.nowMs,
    );
    this.#connect();
  }

  /** The process ends at once. Where it is silent the scheduler finds out by itself. */
  crash({ isSilent, restartMs }: { isSilent: boolean; restartMs: number }): void {
    if (this.life === 0) return;
    this.life = 0;
    this.#machine = undefined;
    this.crashPoint = undefined;
    this.pausedUntilMs = 0;
    this.#backlog = [];
    const { connection } = this;
    this.connection = undefined;
    connection?.leave({ lostShare: this.#random.next(), isSilent });
    if (restartMs > 0) this.#world.clock.after(restartMs, () => this.start());
  }

  /**
   * The process is to end, or the scheduler is asked to let it end; when the time for that is up,
   * in a hurry.
   */
  retire({ isAskedTo, deadlineMs }: { isAskedTo: boolean; deadlineMs: number }): void {
    const say = (hurry: boolean): void => {
      const { connection } = this;
      if (!isAskedTo) this.feed({ kind: "retire", hurry });
      else if (connection?.isOpenThere === true) {
        this.#world.scheduler.retire(connection.epoch, hurry);
      }
    };
    const { connection } = this;
    this.later(0, () => say(false));
    this.later(deadlineMs, () => {
      if (!isAskedTo || this.connection === connection) say(true);
    });
  }

  /** Crashes, if this is the point at which it is to. */
  #reaches(point: CrashPoint): boolean {
    if (this.crashPoint !== point) return false;
    this.#world.mark(`crash ${point}`);
    this.crash({ isSilent: false, restartMs: 100 });
    return true;
  }

  later(delayMs: number, action: () => void): void {
    const { life } = this;
    this.#world.clock.after(delayMs, () => {
      if (this.life === life) this.#whenAwake(action);
    });
  }

  /** Does something in this process, which may be frozen: then when it goes on. */
  #whenAwake(action: () => void): void {
    const isAwake = this.#world.clock.nowMs >= this.pausedUntilMs;
    if (isAwake && this.#backlog.length === 0) action();
    else this.#backlog.push(action);
  }

  get isAwake(): boolean {
    return this.#backlog.length === 0;
  }

  /** The process does nothing for a while. */
  pause(untilMs: number): void {
    const { life } = this;
    this.pausedUntilMs = untilMs;
    this.#world.clock.at(untilMs, () => {
      if (this.life === life && this.pausedUntilMs === untilMs) this.resume();
    });
  }

  /** A frozen process goes on. */
  resume(): void {
    this.pausedUntilMs = 0;
    const actions = this.#backlog;
    this.#backlog = [];
    for (const action of actions) this.#whenAwake(action);
  }

  #connect(): void {
    if (this.connection !== undefined || this.life === 0) return;
    // What comes over a connection that was given up is nothing.
    const heed = (action: () => void): void =>
      this.#whenAwake(() => {
        if (this.connection === connection) action();
      });
    const connection: WorkerConnection = new Connection(this.#world, {
      name: this.name,
      up: this.up,
      down: this.down,
      random: this.#random,
      here: {
        opened: () => heed(() => this.#opened()),
        told: (message) => heed(() => this.#told(message)),
        closed: () => heed(() => this.#disconnected()),
      },
      there: this.#world.scheduler.workerSide,
    });
    this.connection = connection;
    connection.open();
  }

  #opened(): void {
    // Numbers of another scheduler mean other tasks: nothing of the old ones may be left.
    const { life } = this.#world.scheduler;
    if (this.schedulerLife !== 0 && this.schedulerLife !== life) {
      this.crash({ isSilent: false, restartMs: 5 });
      return;
    }
    this.schedulerLife = life;
    this.threads.schedulerLife = life;
    this.threads.reconnected();
    this.feed({ kind: "connected" });
  }

  #told(message: ToWorkerMessage): void {
    if (message.kind === "compute" && this.#reaches("on-compute")) return;
    if (message.kind === "free" && this.#reaches("on-free")) return;
    this.feed({ kind: "told", message });
  }

  #disconnected(): void {
    this.connection = undefined;
    this.feed({ kind: "disconnected", reason: "simulated" });
    this.later(reconnectMs, () => this.#connect());
  }

  /** The connection breaks in the middle; both sides hear of it. */
  dropConnection(): void {
    const { connection } = this;
    if (connection === undefined) return;
    connection.loseDown(this.#random.next());
    connection.leave({ lostShare: this.#random.next(), isSilent: false });
    this.#disconnected();
  }

  feed(event: WorkerEvent): void {
    const machine = this.#machine;
    if (machine === undefined) return;
    if (event.kind === "ran" && this.#reaches("on-done")) return;
    if (event.kind === "fetched" && this.#reaches("on-fetched")) return;
    this.#handle(machine, [event]);
  }

  #handle(machine: WorkerMachine, events: readonly WorkerEvent[]): void {
    this.#world.trace(this.name, events);
    const instructions = machine.handle(events, this.#world.clock.nowMs);
    this.#world.checkSoon(() => machine.validate());
    for (const instruction of instructions) {
      if (this.#machine !== machine) return;
      this.#world.trace(`${this.name} ->`, instruction);
      this.#apply(instruction);
    }
  }

  #apply(instruction: WorkerInstruction): void {
    switch (instruction.kind) {
      case "tell":
        this.connection?.say(instruction.message);
        return;
      case "reconnect":
        this.#world.mark("worker gave its scheduler up");
        this.connection?.leave({ lostShare: 0, isSilent: false });
        this.connection = undefined;
        this.later(reconnectMs, () => this.#connect());
        return;
      case "define":
        this.threads.define(instruction);
        return;
      case "forget":
        this.threads.forget(instruction);
        return;
      case "run":
        this.threads.run(instruction.task);
        return;
      case "withdraw":
        this.threads.withdraw(instruction.task, instruction.attempt);
        return;
      case "abort":
        this.threads.abort(instruction.task, instruction.attempt);
        return;
      case "fetch":
        this.#ask(instruction);
        return;
      case "drop":
        for (const name of instruction.values) this.store.drop(name);
        return;
      case "retired":
        this.crash({ isSilent: false, restartMs: 30 });
        return;
      case "wake":
        this.#wakeAt(instruction.atMs);
        return;
    }
  }

  #wakeAt(atMs: number): void {
    const { life } = this;
    this.#world.clock.idleAt(atMs, () => {
      if (this.life === life) this.#whenAwake(() => this.feed({ kind: "ticked" }));
    });
  }

  #ask({ question, peer, wants }: Extract<WorkerInstruction, { kind: "fetch" }>): void {
    const world = this.#world;
    let isOpen = true;
    const fail = (isCorrupt = false): void => {
      if (!isOpen) return;
      isOpen = false;
      for (const want of wants) world.audit.notFetched(this, want);
      this.feed({ kind: "fetch-failed", question, isCorrupt });
    };
    this.later(questionTimeoutMs, () => fail());
    const delayMs = this.#random.exponential(world.scenario.tuning.delayMs);
    this.later(delayMs, () => {
      const other = world.workerNamed(peer.address);
      if (other === undefined || other.life === 0 || world.isCut(this.name, other.name)) {
        this.later(this.#random.exponential(3), () => fail());
        return;
      }
      const { life } = other;
      other.answer(wants, (answer) => {
        this.later(this.#random.exponential(world.scenario.tuning.delayMs), () => {
          // What was on its way when the peer died came in part only, and is thrown away.
          if (other.life !== life || world.isCut(this.name, other.name)) fail();
          else if (other.lie === "garbles") fail(true);
          else if (isOpen) {
            isOpen = false;
            this.#fetched(question, wants, other.lie === "denies" ? [] : answer);
          }
        });
      });
    });
  }

  #fetched(question: number, wants: readonly Want[], answer: StoreAnswer): void {
    for (const { want, value, bytes, inPieces } of answer) {
      const isPiece = want.piece >= 0;
      if (!isPiece) this.#world.audit.checkValue(want.name, value);
      this.store.put(want.as, value, bytes, inPieces);
      this.#world.audit.fetched(this, want);
      if (isPiece) this.#world.mark("piece fetched");
    }
    const got = answer.map(({ want }) => want);
    const missing = wants.filter((want) => !got.includes(want));
    this.feed({ kind: "fetched", question, got, missing });
  }

  /** Looks for what a peer or a client asks for, when the process gets to it. */
  answer(wants: readonly Want[], reply: (answer: StoreAnswer) => void): void {
    if (this.#reaches("on-question")) return;
    this.later(0, () => {
      const lost = wants.filter(({ name }) => this.store.has(name) && !this.store.read(name));
      if (lost.length > 0) this.feed({ kind: "lost", values: lost.map(({ name }) => name) });
      reply(
        wants.flatMap((want) => {
          const found = this.store.read(want.name);
          if (found === undefined) return [];
          const { value, bytes, inPieces } = found;
          if (want.piece < 0) return [{ want, value, bytes, inPieces }];
          if (!inPieces) throw new Error(`value ${want.name.id} is not in pieces`);
          const piece = new OnlyPiece(want.piece, pieceOf(value, want.piece));
          return [{ want, value: piece, bytes: Math.ceil(bytes / 4), inPieces: false }];
        }),
      );
    });
  }

  /** Whether nothing of any task or value is left. */
  leftovers(): string {
    const snapshot = this.#machine?.snapshot;
    if (snapshot === undefined) return "";
    const { tasks, ending, values, comingCount, gatheringCount, bytesInFlight } = snapshot;
    const counts = [
      tasks.length,
      ending.length,
      values.length,
      comingCount,
      gatheringCount,
      bytesInFlight,
      this.store.names.length,
      this.threads.isIdle ? 0 : 1,
    ];
    return counts.some((count) => count > 0) ? `${this.name}: ${counts.join(" ")}` : "";
  }
}
