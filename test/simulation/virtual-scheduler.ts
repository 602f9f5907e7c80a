import type {
  ClientMessage,
  ToClientMessage,
} from "../../packages/distributed/src/messages/client-messages.ts";
import type {
  ToWorkerMessage,
  WorkerMessage,
} from "../../packages/distributed/src/messages/worker-messages.ts";
import { expansionOf } from "../../packages/distributed/src/scheduler/expand.ts";
import { SchedulerMachine } from "../../packages/distributed/src/scheduler/machine.ts";
import type {
  SchedulerEvent,
  SchedulerInstruction,
} from "../../packages/distributed/src/scheduler/scheduler-events.ts";
import { Random } from "../lib/random.ts";
import type { Connection, SchedulerSide } from "./connection.ts";
import type { World } from "./world.ts";

type ToWorker = Connection<WorkerMessage, ToWorkerMessage>;
type ToClient = Connection<ClientMessage, ToClientMessage>;

/** The process of the scheduler: the real machine, and connections that are none. */
export class VirtualScheduler {
  readonly #world: World;
  readonly #random: Random;
  /** Which process it is by now. */
  life = 1;
  #epochs = 1;
  machine: SchedulerMachine;
  readonly #workers = new Map<number, ToWorker>();
  readonly #clients = new Map<number, ToClient>();
  /** Connections of old, whose last frames may come again. */
  readonly #old: ToWorker[] = [];
  #inbox: SchedulerEvent[] = [];
  stalledUntilMs = 0;
  eventCount = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.scenario.seed, "scheduler");
    this.machine = this.#makeMachine();
  }

  #makeMachine(): SchedulerMachine {
    const { tuning } = this.#world.scenario;
    return new SchedulerMachine(
      {
        windowUs: tuning.windowUs,
        windowTasksMax: tuning.windowTasksMax,
        placedAtOnce: tuning.placedAtOnce,
        letGoAtOnce: tuning.letGoAtOnce,
        unknownTaskUs: tuning.unknownTaskUs,
        allowedFailures: tuning.allowedFailures,
        noWorkersTimeoutMs: tuning.noWorkersTimeoutMs,
        workerTimeoutMs: tuning.workerTimeoutMs,
        idleFunctionBytesMax: tuning.forgetsFunctions ? 0 : 1e6,
        storyMax: 4096,
        checked: true,
      },
      this.#world.clock.nowMs,
    );
  }

  get workerSide(): SchedulerSide<WorkerMessage, ToWorkerMessage> {
    return {
      opened: (connection) => {
        const epoch = this.#epochs++;
        this.#workers.set(epoch, connection);
        connection.accept(epoch);
      },
      said: (connection, message) => this.#workerSaid(connection, message),
      closed: (connection) => this.#closed(connection),
    };
  }

  get clientSide(): SchedulerSide<ClientMessage, ToClientMessage> {
    return {
      opened: (connection) => {
        const epoch = this.#epochs++;
        this.#clients.set(epoch, connection);
        connection.accept(epoch);
        this.#feed({ kind: "client-connected", epoch, name: connection.name });
      },
      said: ({ epoch }, message) => {
        if (epoch >= 0) this.#feed({ kind: "client-said", epoch, message });
      },
      closed: (connection) => this.#closed(connection),
    };
  }

  #workerSaid(connection: ToWorker, message: WorkerMessage): void {
    const { epoch } = connection;
    // What came before this process began is for nobody.
    if (epoch < 0 || !this.#workers.has(epoch)) return;
    if (!connection.isOpenThere) this.#world.mark("late message of an old epoch");
    if (message.kind !== "offer") this.#feed({ kind: "worker-said", epoch, message });
    else if (connection.isOpenThere) {
      this.#feed({ kind: "worker-connected", epoch, offer: message.offer });
    }
  }

  #closed(connection: ToWorker | ToClient): void {
    const { epoch, isOpenThere } = connection;
    const worker = this.#workers.get(epoch);
    if (worker !== undefined) this.#old.push(worker);
    if (!isOpenThere) return;
    connection.isOpenThere = false;
    this.#feed({ kind: "disconnected", epoch, reason: "simulated" });
  }

  /** Frames of an old connection come once more. */
  resend(): void {
    if (this.#old.length === 0) return;
    const { epoch, said } = this.#random.pick(this.#old);
    for (const message of said) {
      if (message.kind === "offer") continue;
      this.#world.mark("frame of an old connection came again");
      this.#feed({ kind: "worker-said", epoch, message });
    }
  }

  /** Somebody wants a worker to go. */
  retire(worker: number, hurry: boolean): void {
    this.#feed({ kind: "retire", worker, hurry });
  }

  /** The process is another one, which knows nothing. */
  restart(): void {
    this.life++;
    this.#inbox = [];
    for (const connection of [...this.#workers.values(), ...this.#clients.values()]) {
      if (!connection.isOpenThere) continue;
      connection.loseDown(this.#random.next());
      connection.refuse();
    }
    this.#workers.clear();
    this.#clients.clear();
    this.#old.length = 0;
    this.machine = this.#makeMachine();
    this.#world.audit.schedulerRestarted();
  }

  #feed(event: SchedulerEvent): void {
    this.#inbox.push(event);
    if (this.#inbox.length > 1) return;
    const { clock, scenario } = this.#world;
    const gatherMs = this.#random.next() * scenario.tuning.gatherMs;
    this.#later(clock.nowMs + gatherMs, () => this.#handle());
  }

  #later(atMs: number, action: () => void): void {
    const life = this.life;
    this.#world.clock.at(atMs, () => {
      if (this.life === life) action();
    });
  }

  #handle(): void {
    const { clock, audit } = this.#world;
    if (clock.nowMs < this.stalledUntilMs) {
      this.#later(this.stalledUntilMs, () => this.#handle());
      return;
    }
    const events = this.#inbox;
    this.#inbox = [];
    this.#world.trace("scheduler", events);
    audit.happen(events);
    this.eventCount += events.length;
    const { machine } = this;
    const instructions = machine.handle(events, clock.nowMs);
    this.#world.checkSoon(() => machine.validate());
    audit.cancels(instructions);
    for (const instruction of instructions) {
      if (instruction.kind !== "expand") this.#world.trace("scheduler ->", instruction);
      this.#apply(instruction);
    }
  }

  #apply(instruction: SchedulerInstruction): void {
    switch (instruction.kind) {
      case "tell-worker": {
        const { epoch, message } = instruction;
        this.#world.audit.tellsWorker(epoch, message);
        const connection = this.#workers.get(epoch);
        if (connection === undefined) throw new Error(`there is no worker ${epoch}`);
        connection.tell(message);
        return;
      }
      case "tell-client": {
        const connection = this.#clients.get(instruction.epoch);
        if (connection === undefined) throw new Error(`there is no client ${instruction.epoch}`);
        connection.tell(instruction.message);
        return;
      }
      case "disconnect":
        if (instruction.isDistrusted === true) this.#distrust(instruction.epoch);
        else this.#disconnect(instruction.epoch, instruction.reason);
        return;
      case "warn":
        this.#world.mark(`warned: ${instruction.event}`);
        return;
      case "expand":
        this.#expand(instruction);
        return;
      case "wake":
        this.#wakeAt(instruction.atMs);
        return;
    }
  }

  #disconnect(epoch: number, reason: string): void {
    if (!reason.startsWith("silent")) throw new Error(`a peer was sent away: ${reason}`);
    this.#world.mark("silent worker given up");
    this.#world.audit.losesWorker(epoch);
    this.#workers.get(epoch)?.refuse();
  }

  /** Another process takes the place of a worker that is not believed any more. */
  #distrust(epoch: number): void {
    const connection = this.#workers.get(epoch);
    const worker = this.#world.workerNamed(connection?.name ?? "");
    // Where a process has died unheard, another one of its address has not what is asked for.
    const isThere = worker?.connection === connection;
    if (isThere && worker?.lie === undefined) throw new Error(`${worker?.name} was distrusted`);
    this.#world.mark(isThere ? "liar sent away" : "dead worker sent away for its successor");
    this.#world.audit.losesWorker(epoch);
    connection?.refuse();
    if (isThere) worker?.crash({ isSilent: true, restartMs: 20 });
  }

  #wakeAt(atMs: number): void {
    const life = this.life;
    this.#world.clock.idleAt(atMs, () => {
      if (this.life === life) this.#feed({ kind: "ticked" });
    });
  }

  #expand(instruction: Extract<SchedulerInstruction, { kind: "expand" }>): void {
    const delayMs = this.#random.exponential(3);
    this.#later(this.#world.clock.nowMs + delayMs, () => this.#feed(expansionOf(instruction)));
  }

  workerOf(epoch: number): ToWorker | undefined {
    return this.#workers.get(epoch);
  }

  /** Connections over which nothing is on its way, by epoch. */
  get quietWorkers(): ReadonlyMap<number, ToWorker> {
    if (this.#inbox.length > 0) return new Map();
    return new Map([...this.#workers].filter(([, connection]) => connection.frameCount === 0));
  }
}
