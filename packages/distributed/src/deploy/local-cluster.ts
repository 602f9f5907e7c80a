import type { Scalable } from "../adaptive/adaptive.ts";
import { Adaptive } from "../adaptive/adaptive.ts";
import type { AdaptOptions } from "../adaptive/check-adapt-options.ts";
import { checkAdaptOptions } from "../adaptive/check-adapt-options.ts";
import type { HasScheduler } from "../client/client-options.ts";
import { DistributedError, invalidArgument } from "../errors.ts";
import type { Log } from "../log.ts";
import type { NannyEnd } from "../nanny/nanny-events.ts";
import type { SchedulerAddress } from "../wire/dial.ts";
import type { WorkerEnd } from "../worker/host/remote-worker.ts";
import type { LocalClusterOptions } from "./local-cluster-options.ts";
import { checkLocalOptions, loopback } from "./local-cluster-options.ts";
import { Replacing } from "./replacing.ts";
import type { SchedulerThread } from "./scheduler-thread.ts";
import { createToken } from "./security/token.ts";

/** A worker of a `LocalCluster`. */
export interface LocalWorker {
  /** What the scheduler calls it. */
  readonly name: string;
  /** Its process; undefined while a new one is started after one that died. */
  readonly pid: number | undefined;
  /** How many threads it has for tasks. */
  readonly threads: number;
}

/** Why a worker ended: by its wish or that of others, or what went wrong. */
type ClusterWorkerEnd = NannyEnd | WorkerEnd;

/** A worker of a cluster, whatever it runs in. */
interface ClusterWorker {
  readonly name: string;
  readonly pid: number | undefined;
  readonly ended: Promise<ClusterWorkerEnd>;
  retire(): Promise<unknown>;
  close(): Promise<unknown>;
}

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
  /** Stand-ins for workers that went without anybody's wish. */
  readonly #replacing: Replacing;
  /** The last change of size by hand; they take turns. Never rejects. */
  #scaling: Promise<unknown> = Promise.resolve();
  #adaptive: Adaptive | undefined;
  #count = 0;
  #closing: Promise<void> | undefined;

  /**
   * A cluster whose workers the scheduler knows.
   *
   * @throws DistributedError `distributed/invalid-argument`
   */
  static async start(options: LocalClusterOptions = {}): Promise<LocalCluster> {
    const { workers, worker, processes, log, noWorkersTimeoutMs } = checkLocalOptions(options);
    const token = createToken();
    // Who starts no cluster does not wait for what one is made of.
    const { SchedulerThread: Scheduler } = await import("./scheduler-thread.ts");
    const settings = { noWorkersTimeoutMs };
    const thread = Scheduler.start({ host: loopback, port: 0, token, settings, log });
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
    this.#replacing = new Replacing(log, () => this.#add(1));
    // Whoever came now would find nobody.
    void thread.ended.then(() => this.#replacing.close());
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
   * Calls take turns, so that the last one counts.
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
    this.#checkOpen("LocalCluster.scale");
    this.#stopScaling();
    const scaled = this.#scaling.then(() => this.#scaleTo(count));
    // Who called is told; the next one only waits for its turn.
    this.#scaling = scaled.catch(() => undefined);
    return scaled;
  }

  async #scaleTo(count: number): Promise<void> {
    // Those that are on their way count; that one could not be started its starter has been told.
    await Promise.allSettled(this.#starting);
    this.#checkOpen("LocalCluster.scale");
    const going = await this.#leastMissed(this.#workers.length - count);
    this.#checkOpen("LocalCluster.scale");
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
    this.#checkOpen("LocalCluster.adapt");
    this.#stopScaling();
    this.#adaptive = new Adaptive(this.#scalable(), settings, this.#log);
    return this.#adaptive;
  }

  #checkOpen(api: string): void {
    if (this.#closing === undefined) return;
    throw invalidArgument(
      api,
      "there is nothing to scale",
      "a cluster that is closed",
      "one that is not",
      "Start another one.",
    );
  }

  /** Whoever is about to say how many there shall be starts what is missing. */
  #stopScaling(): void {
    this.#adaptive?.stop();
    this.#replacing.cancel();
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
      void worker.ended.then((end) => this.#ended(worker, end));
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

  /** What scales by work starts others by itself; else one comes for one that nobody let go. */
  #ended(worker: ClusterWorker, end: ClusterWorkerEnd): void {
    const isWanted = this.#workers.includes(worker) && this.#closing === undefined;
    this.#forget(worker);
    if (!isWanted || end.kind === "retired" || end.kind === "closed") return;
    const { reason } = end;
    const { name } = worker;
    if (this.#adaptive?.isStopped === false) this.#log.error("worker given up", { name, reason });
    else this.#replacing.replace(name, reason);
  }

  /** Ends workers and scheduler; what they hold is gone, and clients are told. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#adaptive?.stop();
    this.#replacing.close();
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
