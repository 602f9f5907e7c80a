import type { MessagePort } from "node:worker_threads";
import type { Block } from "../codec/block.ts";
import type { Location } from "../client/client-events.ts";
import { RunClient } from "../client/run-client.ts";
import type { ClientMessage, ToClientMessage } from "../messages/client-messages.ts";
import type { WorkerMessage } from "../messages/worker-messages.ts";
import { expansionOf } from "../scheduler/expand.ts";
import { SchedulerMachine } from "../scheduler/machine.ts";
import type { SchedulerEvent, SchedulerInstruction } from "../scheduler/scheduler-events.ts";
import { processClock } from "../steady-clock.ts";
import { refuseClient } from "../worker/host/relay-client.ts";
import { WorkerHost } from "../worker/host/worker-host.ts";
import type { WorkerEvent } from "../worker/worker-events.ts";
import type { EngineSettings } from "./engine-settings.ts";

/** The connections of the one client and the one worker. */
const clientEpoch = 1;
const workerEpoch = 2;

const noScheduler =
  "tasks of the threads executor have no scheduler that others reach. Use a LocalCluster.";

/** Nobody else is there who could be silent. */
const neverSilent = { heartbeatMs: Infinity, silenceMs: Infinity };

/**
 * Scheduler, worker and client in one process, joined in memory: the same machines that talk over a
 * network elsewhere. Messages are handed on until nobody has anything to say.
 */
export class LocalEngine {
  readonly client: RunClient;
  readonly #scheduler: SchedulerMachine;
  readonly #worker: WorkerHost;
  #toScheduler: SchedulerEvent[] = [];
  #toWorker: WorkerEvent[] = [];
  #toClient: ToClientMessage[] = [];
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;

  /** An engine whose threads are starting. */
  static async start(settings: EngineSettings): Promise<LocalEngine> {
    const { name, threads, memoryBytesMax, resources } = settings;
    const offer = { name, address: "", host: "", threads, memoryBytesMax, resources };
    // oxlint-disable-next-line prefer-const -- the worker may say something before it is there
    let engine: LocalEngine | undefined;
    const link = {
      tell: (message: WorkerMessage): void => engine?.heard(message),
      // There is nobody else who could have it.
      fetch: ({ question }: { readonly question: number }): void =>
        engine?.happened({ kind: "fetch-failed", question }),
      reconnect: (): void => undefined,
      retired: (): void => {
        throw new Error("the local worker is told to go");
      },
      began: (): void => undefined,
      openClient: (port: MessagePort): void => refuseClient(port, noScheduler),
    };
    const worker = await WorkerHost.open(settings, offer, link, neverSilent);
    engine = new LocalEngine(worker);
    engine.#toScheduler.push(
      { kind: "client-connected", epoch: clientEpoch, name: "local" },
      { kind: "worker-connected", epoch: workerEpoch, offer },
    );
    engine.happened({ kind: "connected" });
    return engine;
  }

  private constructor(worker: WorkerHost) {
    this.#worker = worker;
    this.#scheduler = new SchedulerMachine(
      { workerTimeoutMs: Infinity, noWorkersTimeoutMs: 0, slowWarnMs: Infinity },
      performance.now(),
    );
    this.client = new RunClient({
      tell: (message) => this.#say(message),
      bring: ({ task, version }: Location): Block | Promise<Block> =>
        worker.blockOf({ id: task, version }),
    });
  }

  #say(message: ClientMessage): void {
    this.#toScheduler.push({ kind: "client-said", epoch: clientEpoch, message });
    this.#pump();
  }

  /** The worker says something. */
  heard(message: WorkerMessage): void {
    this.#toScheduler.push({ kind: "worker-said", epoch: workerEpoch, message });
    this.#pump();
  }

  /** Something happens to the worker. */
  happened(event: WorkerEvent): void {
    this.#toWorker.push(event);
    this.#pump();
  }

  /** Hands messages on until there are none; what comes meanwhile waits for its turn. */
  #pump(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.#toScheduler.length + this.#toWorker.length + this.#toClient.length > 0) {
        const events = this.#toScheduler;
        this.#toScheduler = [];
        if (events.length > 0) {
          for (const each of this.#scheduler.handle(events, performance.now())) {
            this.#carryOut(each);
          }
        }
        const told = this.#toWorker;
        this.#toWorker = [];
        if (told.length > 0) this.#worker.handle(told);
        for (const message of this.#toClient.splice(0)) this.client.told(message);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #carryOut(instruction: SchedulerInstruction): void {
    switch (instruction.kind) {
      case "tell-worker":
        this.#toWorker.push({ kind: "told", message: instruction.message });
        return;
      case "tell-client":
        this.#toClient.push(instruction.message);
        return;
      case "disconnect":
        throw new Error(`the local scheduler sends a part of itself away: ${instruction.reason}`);
      case "warn":
        // Whoever waits here sees it for himself.
        return;
      case "expand":
        this.#toScheduler.push(expansionOf(instruction));
        return;
      case "wake":
        this.#wake(instruction.atMs);
        return;
    }
  }

  #wake(atMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#toScheduler.push({ kind: "ticked" });
      this.#pump();
    }, processClock.until(atMs));
    this.#timer.unref();
  }

  /** Ends all threads and forgets all values; runs that have not ended fail. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.client.lost("it was closed");
    await this.#worker.close();
  }
}
