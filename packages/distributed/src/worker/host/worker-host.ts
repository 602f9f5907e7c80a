import type { MessagePort } from "node:worker_threads";
import type { Block } from "../../codec/block.ts";
import type { WorkerMessage, WorkerOffer } from "../../messages/worker-messages.ts";
import type { Clock } from "../../steady-clock.ts";
import { processClock } from "../../steady-clock.ts";
import { WorkerMachine } from "../machine.ts";
import { BlockStore } from "../store/block-store.ts";
import { ThreadPool } from "../threads/thread-pool.ts";
import type { ValueName, WorkerEvent, WorkerInstruction } from "../worker-events.ts";
import type { WorkerSettings } from "../worker-state.ts";
import type { WorkerHostSettings } from "./worker-host-settings.ts";

/** How a worker reaches the scheduler and its peers. */
export interface WorkerLink {
  tell(message: WorkerMessage): void;
  /** Asks a peer for values; the answer comes as an event. */
  fetch(question: Extract<WorkerInstruction, { kind: "fetch" }>): void;
  /** The connection to the scheduler is no good any more. */
  reconnect(reason: string): void;
  /** The worker may go: nothing is wanted of it any more; `lost` values go with it. */
  retired(lost: number): void;
  /** Its first task is about to run. */
  began(): void;
  /** A task of a thread asks for a client. */
  openClient(port: MessagePort, thread: number): void;
}

/**
 * A worker without its connections: the machine that decides, the store that keeps values and the
 * threads that run tasks, joined. Who makes one brings it what the scheduler and peers say.
 */
export class WorkerHost {
  readonly store: BlockStore;
  readonly #machine: WorkerMachine;
  readonly #pool: ThreadPool;
  readonly #link: WorkerLink;
  readonly #clock: Clock;
  #events: WorkerEvent[] = [];
  #isBusy = false;
  #isWatched = false;
  #hasBegun = false;
  #timer: NodeJS.Timeout | undefined;

  /** A worker whose threads are starting. */
  static async open(
    settings: WorkerHostSettings,
    offer: WorkerOffer,
    link: WorkerLink,
    timing: Partial<WorkerSettings> = {},
  ): Promise<WorkerHost> {
    // oxlint-disable-next-line prefer-const -- the store may ask for it before it is there
    let host: WorkerHost | undefined;
    const store = await BlockStore.open({
      memoryBytes: settings.memoryBytesMax,
      localDirectory: settings.localDirectory,
      onEvicted: (names) => host?.evicted(names),
      onPressure: (pressure, isStuck) => host?.pressed(pressure === "paused", isStuck),
      onWarning: (warning) => settings.warn(warning.message),
    });
    host = new WorkerHost(settings, offer, link, timing, store);
    return host;
  }

  private constructor(
    settings: WorkerHostSettings,
    offer: WorkerOffer,
    link: WorkerLink,
    timing: Partial<WorkerSettings>,
    store: BlockStore,
  ) {
    this.store = store;
    this.#link = link;
    this.#clock = settings.clock ?? processClock;
    this.#machine = new WorkerMachine(offer, timing, this.#clock.nowMs());
    this.#pool = new ThreadPool({
      worker: offer.name,
      threads: offer.threads,
      awaitingMax: settings.awaitingTasksMax,
      awaitingBytesMax: settings.awaitingBytesMax,
      heldBytesMax: settings.heldBytesMax,
      heapBytesMax: settings.heapBytesMax,
      store,
      emit: (events) => this.handle(events),
      openClient: (port, thread) => link.openClient(port, thread),
      warn: settings.warn,
    });
    // They load their code while the first graph is on its way.
    this.#pool.start();
  }

  /** Something has happened to the worker; what happens meanwhile waits for its turn. */
  handle(events: readonly WorkerEvent[]): void {
    this.#events.push(...events);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.#events.length > 0) {
        const taken = this.#events;
        this.#events = [];
        for (const each of this.#machine.handle(taken, this.#clock.nowMs())) this.#carryOut(each);
        this.#pool.flush();
      }
      // Tasks take memory of which the store is not told.
      if (this.#isWatched === this.#pool.isIdle) {
        this.#isWatched = !this.#isWatched;
        this.store.watch(this.#isWatched);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  /** The block of a value, out of memory or from disk; who asked is told where it is lost. */
  blockOf({ id, version }: ValueName): Block | Promise<Block> {
    return this.store.get(id, version) ?? this.#load(id, version);
  }

  async #load(id: number, version: number): Promise<Block> {
    try {
      return await this.store.load(id, version);
    } catch (error) {
      this.handle([{ kind: "lost", values: [{ id, version }] }]);
      throw error;
    }
  }

  /** Values have left memory. */
  evicted(names: readonly ValueName[]): void {
    this.#pool.drop(names);
    this.#pool.flush();
  }

  /** Where pausing frees no memory, tasks run one at a time: their ends may. */
  pressed(isPaused: boolean, isStuck: boolean): void {
    this.#pool.trickle(isStuck);
    const paused = isPaused && !isStuck;
    this.handle([{ kind: "pressure", paused, bytes: this.store.stats().memory.bytes }]);
  }

  #carryOut(instruction: WorkerInstruction): void {
    switch (instruction.kind) {
      case "tell":
        this.#link.tell(instruction.message);
        return;
      case "define":
        this.#pool.define(instruction.programs, instruction.functions);
        return;
      case "forget":
        this.#pool.forget(instruction.programs, instruction.functions);
        return;
      case "run":
        // Said before the task can end this process.
        if (!this.#hasBegun) this.#link.began();
        this.#hasBegun = true;
        this.#pool.run(instruction.task);
        return;
      case "withdraw":
        this.#pool.withdraw(instruction.task, instruction.attempt);
        return;
      case "abort":
        this.#pool.abort(instruction.task, instruction.attempt);
        return;
      case "drop":
        for (const { id, version } of instruction.values) this.store.delete(id, version);
        this.#pool.drop(instruction.values);
        return;
      case "fetch":
        this.#link.fetch(instruction);
        return;
      case "reconnect":
        this.#link.reconnect(instruction.reason);
        return;
      case "retired":
        this.#link.retired(instruction.lost);
        return;
      case "wake":
        this.#wake(instruction.atMs);
        return;
    }
  }

  #wake(atMs: number): void {
    clearTimeout(this.#timer);
    const inMs = this.#clock.until(atMs);
    this.#timer = setTimeout(() => this.handle([{ kind: "ticked" }]), inMs);
    this.#timer.unref();
  }

  /** Ends all threads and forgets all values. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#pool.close();
    await this.store.close();
  }
}
