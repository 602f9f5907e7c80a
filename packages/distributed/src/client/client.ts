import type {
  CallArguments,
  Collection,
  Executor,
  ExecutorOptions,
  Finished,
  Key,
  LayeredGraph,
  Lazy,
  StreamOptions,
  TaskFunction,
  TaskGraph,
} from "@millrace/graph";
import type { Actor, ActorArguments, ActorClass, ActorOptions } from "./actors/actor.ts";
import type { ClientOptions, ClientTransport, SchedulerReference } from "./client-options.ts";
import { closedError } from "./client-options.ts";
import type { ClientParts } from "./client-parts.ts";
import { rebalance, replicate, whoHas, whoHasAll, type Holder } from "./futures/copies.ts";
import { ClusterEvent } from "./coordination/cluster-event.ts";
import { ClusterLock } from "./coordination/cluster-lock.ts";
import { ClusterQueue, type QueueOptions } from "./coordination/cluster-queue.ts";
import { ClusterSemaphore } from "./coordination/cluster-semaphore.ts";
import { ClusterTopic } from "./coordination/cluster-topic.ts";
import { ClusterVariable } from "./coordination/cluster-variable.ts";
import type { PublishOptions } from "./coordination/publishing.ts";
import type { Future } from "./futures/future.ts";
import { gather, type GatherOptions } from "./futures/gather.ts";
import type { ScatterOptions } from "./futures/scatter.ts";
import type { Returned, SubmitOptions } from "./futures/submit.ts";
import { runEverywhere, type RunEverywhereOptions } from "./run-everywhere.ts";
import type { ClusterInfo } from "./watch/questions.ts";

/**
 * A connection to a scheduler and its workers; every collection can be computed on it. Values that
 * are asked for come from the workers that have them, never through the scheduler.
 *
 * Functions, and what they read from outside, are sent as they are when they are first used. The
 * process goes on until its clients are closed. What it wanted is given up when it ends; of one
 * that is killed the scheduler takes a minute to believe it.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 1 });
 * await using client = await Client.connect(cluster);
 * const squares = client.map((n: number) => n * n, [1, 2, 3]);
 * await client.gather(squares); // => [1, 4, 9]
 * ```
 */
export class Client implements Executor, AsyncDisposable {
  /** What the scheduler calls it. */
  readonly name: string;
  readonly #transport: ClientTransport;
  /** What it consists of, for what this package does in tasks. */
  readonly parts: ClientParts;
  #isClosed = false;

  /**
   * Connects to a cluster, or to a scheduler by its address or its connection file.
   *
   * @throws VersionMismatchError, DistributedError `distributed/refused` where the token is wrong,
   *   `distributed/unreachable` where no scheduler is found in time,
   *   `distributed/bad-connection-file`, `distributed/invalid-argument`
   */
  static async connect(to: SchedulerReference, options: ClientOptions = {}): Promise<Client> {
    // Who connects to nothing does not wait for what a connection needs.
    const { addressOf, dialTransport, joinParts } = await import("./client-parts.ts");
    const transport = await dialTransport(await addressOf(to, options), options);
    return new Client(transport, joinParts(transport));
  }

  /** A client on a connection that somebody has made; see `connect`. */
  constructor(transport: ClientTransport, parts: ClientParts) {
    this.name = transport.name;
    this.#transport = transport;
    this.parts = parts;
  }

  /** The values of `keys`, in their order. */
  run(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
  ): Promise<unknown[]>;
  /**
   * Calls a function once on each worker that there is, ahead of all that waits there, and gives
   * what it returns by the names of the workers.
   *
   * @throws what `Future.result` rejects with; DistributedError `distributed/invalid-argument`,
   *   `distributed/peer-lost` for a worker that goes meanwhile
   */
  run<F extends TaskFunction>(
    fn: F,
    args?: CallArguments<F>,
    options?: RunEverywhereOptions,
  ): Promise<ReadonlyMap<string, Returned<F>>>;
  run(
    what: TaskGraph | LayeredGraph | TaskFunction,
    given: readonly unknown[] = [],
    options: ExecutorOptions & RunEverywhereOptions = {},
  ): Promise<unknown> {
    const parts = this.#open("Client.run");
    if (typeof what !== "function") return parts.runs.run(what, given as readonly Key[], options);
    return runEverywhere(parts, what, given as never, options);
  }

  /** The values of `keys` one by one, with bounded look-ahead. */
  stream(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: StreamOptions,
  ): AsyncIterable<Finished> {
    return this.#open("stream").runs.stream(graph, keys, options);
  }

  /** Runs `keys` and leaves their values with the workers. */
  persist(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
  ): Promise<{ graph: LayeredGraph; keys: readonly Key[] }> {
    return this.#open("persist").runs.persist(graph, keys, options);
  }

  /**
   * Calls a function on a worker, once, and gives a future of what it returns. Futures and other
   * lazy things among the arguments, also inside arrays, plain objects, Maps and Sets, are values
   * when it is called. A promise that it returns is waited for.
   *
   * @throws GraphError, DistributedError `distributed/invalid-argument`,
   *   `distributed/client-closed`; what cannot travel fails the future, by a CaptureError
   * @example
   * ```ts
   * import { Client, LocalCluster } from "@millrace/distributed";
   *
   * await using cluster = await LocalCluster.start({ workers: 1 });
   * await using client = await Client.connect(cluster);
   * const three = client.submit((a: number, b: number) => a + b, [1, 2]);
   * const six = client.submit((n: number) => 2 * n, [three]);
   * await six.result(); // => 6
   * ```
   */
  submit<F extends TaskFunction>(
    fn: F,
    args: CallArguments<F>,
    options: SubmitOptions = {},
  ): Future<Returned<F>> {
    return this.#open("Client.submit").submitting.submit(fn, args, options);
  }

  /** Calls a function for each item, as `submit` does; gives futures in the order of the items. */
  map<T, R>(
    fn: (item: T) => R,
    items: Iterable<Lazy<T>>,
    options: SubmitOptions = {},
  ): readonly Future<Awaited<R>>[] {
    return this.#open("Client.map").submitting.map(fn, items, options);
  }

  /**
   * Makes an instance of a class on one worker, which keeps it, and gives a handle by which it is
   * called; see `Actor`. The class travels as functions do.
   *
   * @throws CaptureError for a class that cannot travel; TaskError for what its constructor throws;
   *   ActorLostError, DistributedError `distributed/invalid-argument`
   */
  async actor<C extends ActorClass>(
    Class: C,
    args: ActorArguments<C> = [] as never,
    options: ActorOptions = {},
  ): Promise<Actor<InstanceType<C>>> {
    return this.#open("Client.actor").actors.make(Class, args, options);
  }

  /**
   * The values of futures, in their order. Rejects with the error of the first that fails; with
   * `errors: "skip"` those that fail are left out. More than `bytesMax` bytes are not brought.
   *
   * @throws what `Future.result` rejects with; DistributedError `distributed/too-many-bytes`
   */
  async gather<T>(futures: Iterable<Future<T>>, options: GatherOptions = {}): Promise<T[]> {
    return gather(this.#open("Client.gather").runs, futures, options);
  }

  /**
   * Brings values of this process to workers, and gives a future of each, in their order, when all
   * are there. They go straight to the workers, one worker each, or all of them to every worker by
   * `broadcast`; without workers it waits for one, as tasks do. Nothing can make them again: the
   * task of a value that is lost with its worker fails.
   *
   * @throws SerializationError; DistributedError `distributed/not-scattered`
   * @example
   * ```ts
   * import { Client, LocalCluster } from "@millrace/distributed";
   *
   * await using cluster = await LocalCluster.start({ workers: 2 });
   * await using client = await Client.connect(cluster);
   * const [table] = await client.scatter([new Map([["a", 1]])], { broadcast: true });
   * table?.status; // => "finished"
   * ```
   */
  async scatter<T>(
    values: Iterable<T>,
    options: ScatterOptions = {},
  ): Promise<readonly Future<T>[]> {
    return this.#open("Client.scatter").scattering.scatter(values, options);
  }

  /** The workers that have the values of futures, in the order given. */
  whoHas(futures: Iterable<Future<unknown>>): Promise<readonly (readonly Holder[])[]>;
  /** The workers that have each value which this client holds, by the keys; none where it waits. */
  whoHas(): Promise<ReadonlyMap<Key, readonly Holder[]>>;
  async whoHas(futures?: Iterable<Future<unknown>>): Promise<unknown> {
    const { runs } = this.#open("Client.whoHas");
    return futures === undefined ? whoHasAll(runs) : whoHas(futures);
  }

  /**
   * Has `copies` workers keep the values of futures, all workers where it is not given; more copies
   * than that stay. Rejects as `result` does where one has failed.
   */
  async replicate(futures: Iterable<Future<unknown>>, copies?: number): Promise<void> {
    this.#open("Client.replicate");
    await replicate(futures, copies);
  }

  /** Spreads values over the workers, so that each is as full as the others. */
  async rebalance(): Promise<void> {
    await rebalance(this.#open("Client.rebalance").runs);
  }

  /** Its task runs to its end, whatever becomes of the future, this client and its process. */
  fireAndForget(future: Future<unknown>): void {
    this.#open("Client.fireAndForget").coordinating.entrust("Client.fireAndForget", future);
  }

  /**
   * Tries again what has failed, together with all that has failed of the same `map`. What could
   * not be sent, or was lost with its scheduler, stays failed.
   */
  retry(future: Future<unknown>): void {
    this.#open("Client.retry").submitting.retry(future);
  }

  /**
   * A queue that all clients of the scheduler share by its name.
   *
   * @throws DistributedError `distributed/invalid-argument`, `distributed/client-closed`
   */
  queue<T = unknown>(name: string, options: QueueOptions = {}): ClusterQueue<T> {
    return new ClusterQueue<T>(this.#open("Client.queue").coordinating, name, options);
  }

  /** A lock that all clients of the scheduler share by its name; throws as `queue` does. */
  lock(name: string): ClusterLock {
    return new ClusterLock(this.#open("Client.lock").coordinating, name);
  }

  /** Leases that all clients of the scheduler share by a name; throws as `queue` does. */
  semaphore(name: string, leases: number): ClusterSemaphore {
    return new ClusterSemaphore(this.#open("Client.semaphore").coordinating, name, leases);
  }

  /** A flag that all clients of the scheduler share by its name; throws as `queue` does. */
  event(name: string): ClusterEvent {
    return new ClusterEvent(this.#open("Client.event").coordinating, name);
  }

  /** A value that all clients of the scheduler share by its name; throws as `queue` does. */
  variable<T = unknown>(name: string): ClusterVariable<T> {
    return new ClusterVariable<T>(this.#open("Client.variable").coordinating, name);
  }

  /** Values that all clients get who listen, by a name; throws as `queue` does. */
  topic<T = unknown>(name: string): ClusterTopic<T> {
    return new ClusterTopic<T>(this.#open("Client.topic").coordinating, name);
  }

  /**
   * Keeps a collection under a name for all clients of the scheduler: it is computed, and its
   * values stay with the workers until it is unpublished, also when this client goes.
   *
   * @throws what `compute` rejects with; DistributedError `distributed/name-conflict`
   */
  async publish(
    name: string,
    collection: Collection<unknown>,
    options: PublishOptions = {},
  ): Promise<void> {
    return this.#open("Client.publish").publishing.publish(name, collection, options);
  }

  /**
   * The collection that was published under a name; what it holds stays until nobody needs it.
   *
   * @throws DistributedError `distributed/not-published`; GraphError `graph/unknown-collection`
   *   where the package of its class was not imported
   */
  async published<C extends Collection<unknown>>(name: string): Promise<C> {
    return this.#open("Client.published").publishing.published(name) as Promise<C>;
  }

  /** The names under which something is published, in their order. */
  async listPublished(): Promise<readonly string[]> {
    return this.#open("Client.listPublished").publishing.list();
  }

  /** Takes a name back; gives whether something was published. Who has it keeps it. */
  async unpublish(name: string): Promise<boolean> {
    return this.#open("Client.unpublish").publishing.unpublish(name);
  }

  /**
   * Gives files to all workers, those that come later too, and gives their names: tasks find them
   * by `uploaded`. Those of one call lie in one folder. A name stands for what came last.
   *
   * @throws DistributedError `distributed/invalid-argument` for what is no file, and
   *   `distributed/value-too-large`; what `scatter` rejects with; what the file system says
   */
  async upload(files: string | URL | Iterable<string | URL>): Promise<readonly string[]> {
    return this.#open("Client.upload").uploads.send(files);
  }

  /**
   * What the scheduler says of itself: versions, counts, limits and its workers.
   *
   * @throws DistributedError `distributed/unreachable`, `distributed/client-closed`
   * @example
   * ```ts
   * import { Client, LocalCluster } from "@millrace/distributed";
   *
   * await using cluster = await LocalCluster.start({ workers: 1 });
   * await using client = await Client.connect(cluster);
   * const { workers } = await client.info();
   * workers.map(({ name, status }) => [name, status]); // => [["worker-0", "running"]]
   * ```
   */
  async info(): Promise<ClusterInfo> {
    return this.#open("Client.info").watching.info();
  }

  /**
   * The last lines of the logs of all workers, by their names, or of one. Each worker keeps up to
   * 1,000 of them. Of all, one that does not answer has a line that says so.
   *
   * @throws DistributedError `distributed/request-failed` where the worker that is named is not
   *   there or does not answer, `distributed/unreachable`, `distributed/client-closed`
   */
  async workerLogs(name?: string): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#open("Client.workerLogs").watching.workerLogs(name);
  }

  /** The last lines of the log of the scheduler, as `workerLogs`. */
  async schedulerLogs(): Promise<readonly string[]> {
    return this.#open("Client.schedulerLogs").watching.schedulerLogs();
  }

  /**
   * Writes what the scheduler knows to a file, for a look at it later or elsewhere: workers, runs,
   * groups of tasks, what happened of late, and logs. JSON lines, compressed by gzip; no values of
   * tasks, and no secrets. Keys and messages of errors are in it.
   *
   * @throws DistributedError `distributed/unreachable`, `distributed/client-closed`; what the file
   *   system says
   */
  async dump(path: string): Promise<void> {
    return this.#open("Client.dump").watching.dump(path);
  }

  /** Address of a page that shows the scheduler; lets in once in 15 minutes, and holds no token. */
  pageUrl(): string {
    return this.parts.watching.pageUrl();
  }

  #open(api: string): ClientParts {
    if (!this.#isClosed) return this.parts;
    throw closedError(api);
  }

  /** Whether nothing can be asked of it any more: it was closed, or its scheduler is gone. */
  get isLost(): boolean {
    return this.#isClosed || this.parts.coordinating.isLost;
  }

  /**
   * Lets go of all that it holds, once the scheduler has what `fireAndForget` gave; runs that have
   * not ended fail. The client of `getClient` belongs to all tasks of its thread, and goes on.
   */
  async close(): Promise<void> {
    if (this.#isClosed || this.#transport.isShared) return;
    this.#isClosed = true;
    await this.parts.close("the client was closed");
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
