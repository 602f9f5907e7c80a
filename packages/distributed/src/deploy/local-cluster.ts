import { realpathSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { checkCount, checkOptions, checkSettings, parseBytes } from "@millrace/graph";
import type { Scalable } from "../adaptive/adaptive.ts";
import { Adaptive } from "../adaptive/adaptive.ts";
import type { AdaptOptions } from "../adaptive/check-adapt-options.ts";
import { checkAdaptOptions } from "../adaptive/check-adapt-options.ts";
import type { HasScheduler } from "../client/client-options.ts";
import { DistributedError, invalidArgument } from "../errors.ts";
import { optionRefusal } from "../option-refusal.ts";
import { memoryOfMachine } from "../local/memory-of-machine.ts";
import type { Log } from "../log.ts";
import type { RemoteWorkerOptions } from "../worker/host/remote-worker.ts";
import type { SchedulerAddress } from "../wire/dial.ts";
import type { SchedulerThread } from "./scheduler-thread.ts";
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

/** A worker of a `LocalCluster`. */
export interface LocalWorker {
  /** What the scheduler calls it. */
  readonly name: string;
  /** Its process; undefined while a new one is started after one that died. */
  readonly pid: number | undefined;
  /** How many threads it has for tasks. */
  readonly threads: number;
}

/** A worker of a cluster, whatever it runs in. */
interface ClusterWorker {
  readonly name: string;
  readonly pid: number | undefined;
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
  /** With the token, which is not for whoever prints the cluster; there once it has started. */
  #address: SchedulerAddress | undefined;
  readonly #thread: SchedulerThread;
  readonly #start: (name: string) => Promise<ClusterWorker>;
  readonly #log: Log;
  readonly #threadsPerWorker: number;
  readonly #workers: ClusterWorker[] = [];
  /** Workers that are on their way. */
  readonly #starting = new Set<Promise<unknown>>();
  /** Workers that hand over what they have. */
  readonly #going = new Set<ClusterWorker>();
  #adaptive: Adaptive | undefined;
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
    // Who starts no cluster does not wait for what one is made of.
    const { SchedulerThread: Scheduler } = await import("./scheduler-thread.ts");
    const thread = Scheduler.start({ host: loopback, port: 0, token, settings: {}, log });
    const offer = { ...worker, scheduler: thread.url, token };
    const start = async (name: string): Promise<ClusterWorker> => {
      if (!processes) {
        const { RemoteWorker } = await import("../worker/host/remote-worker.ts");
        const scheduler = await thread.url;
        const started = await RemoteWorker.start({ ...offer, scheduler, name, log });
        return named(name, started, () => process.pid);
      }
      const { Nanny } = await import("../nanny/nanny.ts");
      const nanny = Nanny.start({ worker: { ...offer, name }, log });
      const end = await Promise.race([nanny.ready, nanny.ended]);
      if (end !== undefined) throw notStarted(name, end.reason);
      return named(name, nanny, () => nanny.pid);
    };
    const cluster = new LocalCluster(thread, start, log, worker.threads);
    try {
      // Workers load their code while the scheduler does, and this process what clients need.
      const coming = [cluster.scale(workers), import("../client/client-parts.ts")];
      const [url] = await Promise.all([thread.url, ...coming]);
      cluster.#address = { url, token };
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  private constructor(
    thread: SchedulerThread,
    start: (name: string) => Promise<ClusterWorker>,
    log: Log,
    threadsPerWorker: number,
  ) {
    this.#thread = thread;
    this.#start = start;
    this.#log = log;
    this.#threadsPerWorker = threadsPerWorker;
  }

  /** Where its scheduler is, for whoever this process trusts with the token. */
  get scheduler(): SchedulerAddress {
    return this.#address as SchedulerAddress;
  }

  /** How many workers there are. */
  get size(): number {
    return this.#workers.length;
  }

  /**
   * Its workers, as they are now: those that are on their way and those that hand over what they
   * have are not among them. `Client.info` tells what the scheduler knows of each, by its name.
   *
   * @example
   * ```ts
   * import { LocalCluster } from "@millrace/distributed";
   *
   * await using cluster = await LocalCluster.start({ workers: 1 });
   * cluster.workers.map(({ name, threads }) => [name, threads]); // => [["worker-0", 1]]
   * ```
   */
  get workers(): readonly LocalWorker[] {
    const threads = this.#threadsPerWorker;
    return this.#workers.map(({ name, pid }) => ({ name, pid, threads }));
  }

  /**
   * Starts workers, or lets some go, until there are `count`. Resolves when new ones are known to
   * the scheduler, and when those that go have handed over what they had. Ends what `adapt` began.
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
    this.#adaptive?.stop();
    // Those that are on their way count; that one could not be started its starter has been told.
    await Promise.allSettled(this.#starting);
    const going = await this.#leastMissed(this.#workers.length - count);
    await Promise.all([this.#remove(going), this.#add(Math.max(0, count - this.#workers.length))]);
  }

  /** Workers that came last, those with actors only where there are no others. */
  async #leastMissed(count: number): Promise<readonly string[]> {
    if (count <= 0) return [];
    const actors = new Set((await this.#thread.load())?.actorWorkers);
    const names = this.#workers.map(({ name }) => name).reverse();
    const rank = (name: string): number => (actors.has(name) ? 1 : 0);
    return names.toSorted((a, b) => rank(a) - rank(b)).slice(0, count);
  }

  /**
   * Scales by what there is to do from now on, until `stop` of what it gives, `scale` or `close`.
   * There are as many workers as get all that could run now done in `targetDuration`, between
   * `minimum` and `maximum`. New ones are started at once. Workers that have nothing to do go when
   * fewer were enough for 3 measurements; they hand over what they have, so the last one stays as
   * long as there are values.
   *
   * @throws DistributedError `distributed/invalid-argument`
   * @example
   * ```ts
   * import { Client, LocalCluster } from "@millrace/distributed";
   *
   * await using cluster = await LocalCluster.start({ workers: 0 });
   * await using client = await Client.connect(cluster);
   * cluster.adapt({ maximum: 2, interval: "100ms" });
   * await client.submit((n: number) => n + 1, [41]).result(); // => 42
   * ```
   */
  adapt(options: AdaptOptions = {}): Adaptive {
    const settings = checkAdaptOptions(options);
    if (this.#closing !== undefined) {
      throw invalidArgument(
        "LocalCluster.adapt",
        "there is nothing to scale",
        "a cluster that is closed",
        "one that is not",
        "Start another one.",
      );
    }
    this.#adaptive?.stop();
    this.#adaptive = new Adaptive(this.#scalable(), settings, this.#log);
    return this.#adaptive;
  }

  /** What `adapt` may see and do. */
  #scalable(): Scalable {
    const [workers, starting] = [this.#workers, this.#starting];
    return {
      threadsPerWorker: this.#threadsPerWorker,
      get names() {
        return workers.map(({ name }) => name);
      },
      get startingCount() {
        return starting.size;
      },
      load: () => this.#thread.load(),
      add: (count) => this.#add(count),
      remove: (names) => this.#remove(names),
    };
  }

  async #add(count: number): Promise<void> {
    const coming = Array.from({ length: count }, async () => {
      const worker = await this.#start(`worker-${this.#count++}`);
      this.#workers.push(worker);
      void worker.ended.then(() => this.#forget(worker));
    });
    for (const start of coming) {
      this.#starting.add(start);
      const settled = (): boolean => this.#starting.delete(start);
      start.then(settled, settled);
    }
    await Promise.all(coming);
  }

  async #remove(names: readonly string[]): Promise<void> {
    const going = this.#workers.filter(({ name }) => names.includes(name));
    for (const worker of going) this.#forget(worker);
    for (const worker of going) this.#going.add(worker);
    await Promise.all(
      going.map(async (worker) => {
        await worker.retire();
        this.#going.delete(worker);
      }),
    );
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
    this.#adaptive?.stop();
    await Promise.allSettled(this.#starting);
    const workers = [...this.#workers, ...this.#going];
    await Promise.all(workers.map((worker) => worker.close()));
    await this.#thread.close();
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A worker under the name that it was given. */
function named(
  name: string,
  worker: Omit<ClusterWorker, "name" | "pid">,
  pid: () => number | undefined,
): ClusterWorker {
  return {
    name,
    get pid() {
      return pid();
    },
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
