import { realpathSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { checkCount, checkOptions, checkSettings, parseBytes } from "@millrace/graph";
import type { HasScheduler } from "../client/client.ts";
import { DistributedError, invalidArgument } from "../errors.ts";
import { optionRefusal } from "../option-refusal.ts";
import { memoryOfMachine } from "../local/memory-of-machine.ts";
import type { Log } from "../log.ts";
import { Nanny } from "../nanny/nanny.ts";
import { RemoteWorker } from "../worker/host/remote-worker.ts";
import type { RemoteWorkerOptions } from "../worker/host/remote-worker.ts";
import type { SchedulerAddress } from "../wire/dial.ts";
import { SchedulerThread } from "./scheduler-thread.ts";
import { createToken } from "./security/token.ts";

/** What a cluster of this machine is made of. */
export interface LocalClusterOptions {
  /** How many workers; default one for each processor with `threadsPerWorker` 1. */
  readonly workers?: number | undefined;
  /** Task threads of each worker; default 1. */
  readonly threadsPerWorker?: number | undefined;
  /** Memory of each worker: bytes, or a text such as "2GiB"; default its share of the machine. */
  readonly memoryLimit?: number | string | undefined;
  /** Whether each worker is a process; default true. Otherwise they share this one. */
  readonly processes?: boolean | undefined;
  /** Where workers spill values; default the folder for temporary files. */
  readonly localDirectory?: string | undefined;
  /** Named amounts that tasks may ask for, in each worker. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Where events of the cluster are told; default nowhere but for warnings. */
  readonly log?: Log | undefined;
}

const optionNames: readonly (keyof LocalClusterOptions)[] = [
  "workers",
  "threadsPerWorker",
  "memoryLimit",
  "processes",
  "localDirectory",
  "resources",
  "log",
];

/** A worker of a cluster, whatever it runs in. */
interface ClusterWorker {
  readonly name: string;
  readonly ended: Promise<unknown>;
  retire(): Promise<unknown>;
  close(): Promise<unknown>;
}

const loopback = "127.0.0.1";
/** A worker outlives its scheduler by so long, and no longer: nobody will come back. */
const deathTimeoutMs = 5_000;

/**
 * A scheduler and workers on this machine: the same as a cluster of many machines, with nothing to
 * set up. Only this process knows the token that lets in.
 *
 * The scheduler runs on a thread of its own. Workers are processes that are started again when they
 * die. None of them outlives this process, which goes on until the cluster is closed.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster } from "@millrace/distributed";
 * import { Delayed } from "@millrace/graph";
 *
 * await using cluster = await LocalCluster.start({ workers: 2 });
 * await using client = await Client.connect(cluster);
 * await Delayed.call((n: number) => n + 1, [41]).compute({ executor: client }); // => 42
 * ```
 */
export class LocalCluster implements HasScheduler, AsyncDisposable {
  /** With the token, which is not for whoever prints the cluster. */
  readonly #address: SchedulerAddress;
  readonly #thread: SchedulerThread;
  readonly #start: (name: string) => Promise<ClusterWorker>;
  readonly #workers: ClusterWorker[] = [];
  #count = 0;
  #closing: Promise<void> | undefined;

  /**
   * A cluster whose workers the scheduler knows.
   *
   * @throws DistributedError `distributed/invalid-argument`
   */
  static async start(options: LocalClusterOptions = {}): Promise<LocalCluster> {
    const { workers, worker, processes, log } = checked(options);
    const token = createToken();
    const scheduler = await SchedulerThread.start({
      host: loopback,
      port: 0,
      token,
      settings: {},
      log,
    });
    const offer = { ...worker, scheduler: scheduler.url, token };
    const cluster = new LocalCluster(scheduler, token, async (name) => {
      if (!processes) return named(name, await RemoteWorker.start({ ...offer, name, log }));
      const nanny = Nanny.start({ worker: { ...offer, name }, log });
      const end = await Promise.race([nanny.ready, nanny.ended]);
      if (end !== undefined) throw notStarted(name, end.reason);
      return named(name, nanny);
    });
    try {
      await cluster.scale(workers);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  private constructor(
    thread: SchedulerThread,
    token: string,
    start: (name: string) => Promise<ClusterWorker>,
  ) {
    this.#address = { url: thread.url, token };
    this.#thread = thread;
    this.#start = start;
  }

  /** Where its scheduler is, for whoever this process trusts with the token. */
  get scheduler(): SchedulerAddress {
    return this.#address;
  }

  /** How many workers there are. */
  get size(): number {
    return this.#workers.length;
  }

  /**
   * Starts workers, or lets some go, until there are `count`. Resolves when new ones are known to
   * the scheduler, and when those that go have handed over what they had.
   *
   * @throws DistributedError `distributed/invalid-argument`
   */
  async scale(count: number): Promise<void> {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw invalidArgument(
        "LocalCluster.scale",
        "bad number of workers",
        String(count),
        "a whole number of 0 or more",
        "Give the number of workers that there shall be.",
      );
    }
    const going = this.#workers.splice(count);
    const coming = Array.from({ length: Math.max(0, count - this.#workers.length) }, () =>
      this.#start(`worker-${this.#count++}`),
    );
    await Promise.all([
      ...going.map((worker) => worker.retire()),
      ...coming.map(async (start) => {
        const worker = await start;
        this.#workers.push(worker);
        void worker.ended.then(() => this.#forget(worker));
      }),
    ]);
  }

  #forget(worker: ClusterWorker): void {
    const at = this.#workers.indexOf(worker);
    if (at >= 0) this.#workers.splice(at, 1);
  }

  /** Ends workers and scheduler; what they hold is gone, and clients are told. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await this.#thread.close();
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A worker under the name that it was given. */
function named(name: string, worker: Omit<ClusterWorker, "name">): ClusterWorker {
  return {
    name,
    ended: worker.ended,
    retire: () => worker.retire(),
    close: () => worker.close(),
  };
}

function notStarted(name: string, reason: string): Error {
  return new DistributedError(
    "distributed/not-started",
    `LocalCluster: a worker could not be started, got "${reason}" of ${name}, wanted one that runs. ` +
      "Correct what it names.",
  );
}

type WorkerFacts = Omit<RemoteWorkerOptions, "scheduler" | "token" | "tls" | "name" | "log">;

interface CheckedOptions {
  readonly workers: number;
  readonly worker: WorkerFacts;
  readonly processes: boolean;
  readonly log: Log;
}

const api = "LocalCluster.start";

function checked(options: LocalClusterOptions): CheckedOptions {
  checkOptions(api, options, optionNames, optionRefusal);
  const { threadsPerWorker: threads = 1, memoryLimit, localDirectory, resources = {} } = options;
  checkCount(api, "threadsPerWorker", threads, 1, optionRefusal);
  const workers = options.workers ?? Math.max(1, Math.floor(availableParallelism() / threads));
  checkCount(api, "workers", workers, 0, optionRefusal);
  checkSettings(api, {
    resources,
    ...(memoryLimit !== undefined && { memoryLimit }),
    ...(localDirectory !== undefined && { localDirectory }),
  });
  const { processes = true, log = warningsOnly } = options;
  if (typeof processes !== "boolean") {
    throw optionRefusal(api, "bad processes", processes, "true or false");
  }
  const memoryBytesMax =
    memoryLimit === undefined || memoryLimit === "auto"
      ? Math.floor(memoryOfMachine() / Math.max(1, workers))
      : parseBytes(memoryLimit, api);
  return {
    workers,
    processes,
    log,
    worker: {
      threads,
      memoryBytesMax,
      localDirectory: localDirectory ?? realpathSync(tmpdir()),
      resources,
      host: loopback,
      deathTimeoutMs,
    },
  };
}

/** What a program that set no log should see all the same. */
const warningsOnly: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (event, facts) =>
    process.emitWarning(`${event} ${JSON.stringify(facts ?? {})}`, { code: "MILLRACE" }),
};
