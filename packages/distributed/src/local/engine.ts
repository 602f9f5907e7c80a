import type { Block } from "../codec/block.ts";
import type { Location } from "../client/client-events.ts";
import { RunClient } from "../client/run-client.ts";
import type { ClientMessage, ToClientMessage } from "../messages/client-messages.ts";
import { expandGraph } from "../scheduler/expand.ts";
import { SchedulerMachine } from "../scheduler/machine.ts";
import type { SchedulerEvent, SchedulerInstruction } from "../scheduler/scheduler-events.ts";
import { WorkerMachine } from "../worker/machine.ts";
import { BlockStore } from "../worker/store/block-store.ts";
import { ThreadPool } from "../worker/threads/thread-pool.ts";
import type { WorkerEvent, WorkerInstruction } from "../worker/worker-events.ts";
import type { EngineSettings } from "./engine-settings.ts";

/** The connections of the one client and the one worker. */
const clientEpoch = 1;
const workerEpoch = 2;

/**
 * Scheduler, worker and client in one process, joined in memory: the same machines that talk over a
 * network elsewhere. Messages are handed on until nobody has anything to say.
 */
export class LocalEngine {
  readonly client: RunClient;
  readonly #scheduler: SchedulerMachine;
  readonly #worker: WorkerMachine;
  readonly #store: BlockStore;
  readonly #pool: ThreadPool;
  #toScheduler: SchedulerEvent[] = [];
  #toWorker: WorkerEvent[] = [];
  #toClient: ToClientMessage[] = [];
  #isBusy = false;
  #isWatched = false;
  #timer: NodeJS.Timeout | undefined;

  /** An engine whose threads are starting. */
  static async start(settings: EngineSettings): Promise<LocalEngine> {
    // oxlint-disable-next-line prefer-const -- the store may ask for it before it is there
    let engine: LocalEngine | undefined;
    const store = await BlockStore.open({
      memoryBytes: settings.memoryBytesMax,
      localDirectory: settings.localDirectory,
      onEvicted: (names) => engine?.evicted(names),
      onPressure: (pressure, isStuck) => engine?.pressed(pressure === "paused", isStuck),
      onWarning: (warning) => settings.warn(warning.message),
    });
    engine = new LocalEngine(settings, store);
    return engine;
  }

  private constructor(settings: EngineSettings, store: BlockStore) {
    const nowMs = performance.now();
    const { threads, name, memoryBytesMax, resources } = settings;
    this.#store = store;
    this.#scheduler = new SchedulerMachine(
      { workerTimeoutMs: Infinity, waitForWorkers: false },
      nowMs,
    );
    const offer = { name, address: "", host: "", threads, memoryBytesMax, resources };
    this.#worker = new WorkerMachine(offer, { heartbeatMs: Infinity, silenceMs: Infinity }, nowMs);
    this.#pool = new ThreadPool({
      worker: name,
      threads,
      awaitingMax: settings.awaitingTasksMax,
      awaitingBytesMax: settings.awaitingBytesMax,
      heldBytesMax: settings.heldBytesMax,
      heapBytesMax: settings.heapBytesMax,
      store,
      emit: (events) => {
        this.#toWorker.push(...events);
        this.#pump();
      },
      warn: settings.warn,
    });
    this.client = new RunClient({
      tell: (message) => this.#say(message),
      bring: (from) => this.#bring(from),
    });
    this.#toScheduler.push(
      { kind: "client-connected", epoch: clientEpoch, name: "local" },
      { kind: "worker-connected", epoch: workerEpoch, offer },
    );
    this.#toWorker.push({ kind: "connected" });
    // They load their code while the first graph is being shipped.
    this.#pool.start();
    this.#pump();
  }

  #say(message: ClientMessage): void {
    this.#toScheduler.push({ kind: "client-said", epoch: clientEpoch, message });
    this.#pump();
  }

  /** The block of a value, out of memory or from disk. */
  #bring({ task, version }: Location): Block | Promise<Block> {
    const block = this.#store.get(task, version);
    if (block !== undefined) return block;
    return this.#load(task, version);
  }

  async #load(id: number, version: number): Promise<Block> {
    try {
      return await this.#store.load(id, version);
    } catch (error) {
      this.#toWorker.push({ kind: "lost", values: [{ id, version }] });
      this.#pump();
      throw error;
    }
  }

  evicted(names: readonly { readonly id: number; readonly version: number }[]): void {
    this.#pool.drop(names);
    this.#pool.flush();
  }

  /** Where pausing frees no memory, tasks run one at a time: their ends may. */
  pressed(isPaused: boolean, isStuck: boolean): void {
    this.#pool.trickle(isStuck);
    const paused = isPaused && !isStuck;
    this.#toWorker.push({ kind: "pressure", paused, bytes: this.#store.stats().memory.bytes });
    this.#pump();
  }

  /** Hands messages on until there are none; what comes meanwhile waits for its turn. */
  #pump(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.#toScheduler.length + this.#toWorker.length + this.#toClient.length > 0) {
        const nowMs = performance.now();
        const events = this.#toScheduler;
        this.#toScheduler = [];
        if (events.length > 0) {
          for (const each of this.#scheduler.handle(events, nowMs)) this.#schedule(each);
        }
        const told = this.#toWorker;
        this.#toWorker = [];
        if (told.length > 0) {
          for (const each of this.#worker.handle(told, nowMs)) this.#work(each);
          this.#pool.flush();
        }
        for (const message of this.#toClient.splice(0)) this.client.told(message);
      }
      // Tasks take memory of which the store is not told.
      if (this.#isWatched === this.#pool.isIdle) {
        this.#isWatched = !this.#isWatched;
        this.#store.watch(this.#isWatched);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #schedule(instruction: SchedulerInstruction): void {
    switch (instruction.kind) {
      case "tell-worker":
        this.#toWorker.push({ kind: "told", message: instruction.message });
        return;
      case "tell-client":
        this.#toClient.push(instruction.message);
        return;
      case "disconnect":
        throw new Error(`the local scheduler sends a part of itself away: ${instruction.reason}`);
      case "expand":
        this.#expand(instruction);
        return;
      case "wake":
        this.#wake(instruction.atMs);
        return;
    }
  }

  #expand({
    epoch,
    run,
    graph,
    keys,
    settings,
  }: Extract<SchedulerInstruction, { kind: "expand" }>): void {
    try {
      const expanded = expandGraph(graph, keys, settings);
      this.#toScheduler.push({ kind: "expanded", epoch, run, graph: expanded });
    } catch (error) {
      this.#toScheduler.push({ kind: "not-expanded", epoch, run, error });
    }
  }

  #wake(atMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#toScheduler.push({ kind: "ticked" });
        this.#pump();
      },
      Math.max(0, atMs - performance.now()),
    );
    this.#timer.unref();
  }

  #work(instruction: WorkerInstruction): void {
    switch (instruction.kind) {
      case "tell":
        this.#toScheduler.push({
          kind: "worker-said",
          epoch: workerEpoch,
          message: instruction.message,
        });
        return;
      case "define":
        this.#pool.define(instruction.programs, instruction.functions);
        return;
      case "forget":
        this.#pool.forget(instruction.programs, instruction.functions);
        return;
      case "run":
        this.#pool.run(instruction.task);
        return;
      case "withdraw":
        this.#pool.withdraw(instruction.task, instruction.attempt);
        return;
      case "abort":
        this.#pool.abort(instruction.task, instruction.attempt);
        return;
      case "drop":
        for (const { id, version } of instruction.values) this.#store.delete(id, version);
        this.#pool.drop(instruction.values);
        return;
      case "fetch":
        // There is nobody else who could have it.
        this.#toWorker.push({ kind: "fetch-failed", question: instruction.question });
        return;
      case "wake":
      case "reconnect":
        return;
    }
  }

  /** Ends all threads and forgets all values; runs that have not ended fail. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.client.lost("it was closed");
    await this.#pool.close();
    await this.#store.close();
  }
}
