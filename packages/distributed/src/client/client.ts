import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  CallArguments,
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
import { quoteValue } from "@millrace/graph";
import { pageUrl } from "../deploy/security/page-ticket.ts";
import { DistributedError, invalidArgument } from "../errors.ts";
import type { ClientMessage, ToClientMessage } from "../messages/client-messages.ts";
import { packFromClient, unpackToClient } from "../wire/client-wire.ts";
import { DataClient } from "../wire/data/data-client.ts";
import type { Dialed, SchedulerAddress } from "../wire/dial.ts";
import { reach } from "../wire/dial.ts";
import { Session } from "../wire/session.ts";
import type { Tls } from "../wire/tls.ts";
import { hostIdentity } from "../worker/store/process-identity.ts";
import { Bringing } from "./bring.ts";
import type { Holder } from "./futures/copies.ts";
import { rebalance, replicate, whoHas } from "./futures/copies.ts";
import type { Future } from "./futures/future.ts";
import type { GatherOptions } from "./futures/gather.ts";
import { gather } from "./futures/gather.ts";
import type { ScatterOptions } from "./futures/scatter.ts";
import { Scattering } from "./futures/scatter.ts";
import type { Returned, SubmitOptions } from "./futures/submit.ts";
import { Submitting } from "./futures/submit.ts";
import { RunClient } from "./run-client.ts";
import { ApiReader } from "./watch/api-reader.ts";
import { dump } from "./watch/dump.ts";
import type { ClusterInfo } from "./watch/questions.ts";
import { clusterInfo, logOf, logsOfAll } from "./watch/questions.ts";

/** How a client connects. */
export interface ClientOptions {
  /** What the scheduler lets in; a cluster of this process needs none. */
  readonly token?: string | undefined;
  /** Certificates, for `wss://`. */
  readonly tls?: Tls | undefined;
  /** What the scheduler calls this client. */
  readonly name?: string | undefined;
  /** How long to look for the scheduler, milliseconds; default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** Something that has a scheduler, such as a cluster of this process. */
export interface HasScheduler {
  readonly scheduler: SchedulerAddress;
}

const timeoutMsDefault = 10_000;
/** A connection that broke at once is not followed by another one at once. */
const redialAfterMs = 50;

/**
 * A connection to a scheduler and its workers; every collection can be computed on it. Values that
 * are asked for come from the workers that have them, never through the scheduler.
 *
 * Functions, and what they read from outside, are sent as they are when they are first used. The
 * process goes on until its clients are closed.
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
  readonly #address: SchedulerAddress;
  readonly #session: Session<ClientMessage, ToClientMessage>;
  readonly #sessionId: string;
  /** Aborted when it is closed. */
  readonly #closing = new AbortController();
  readonly #data: DataClient;
  readonly #runs: RunClient;
  readonly #submitting: Submitting;
  readonly #scattering: Scattering;
  readonly #api: ApiReader;
  #isClosed = false;

  /**
   * Connects to a cluster, or to the scheduler at an address.
   *
   * @throws VersionMismatchError, DistributedError `distributed/refused` where the token is wrong,
   *   `distributed/unreachable` where no scheduler is found in time, `distributed/invalid-argument`
   */
  static async connect(to: string | HasScheduler, options: ClientOptions = {}): Promise<Client> {
    const address = addressOf(to, options);
    const name = options.name ?? "client";
    const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
    const id = randomUUID();
    const hello = { role: "client", name, session: { id, heard: undefined } } as const;
    return new Client(name, address, id, await reach(address, hello, timeoutMs));
  }

  private constructor(name: string, address: SchedulerAddress, id: string, dialed: Dialed) {
    const { token, tls } = address;
    this.name = name;
    this.#address = address;
    this.#sessionId = id;
    this.#api = new ApiReader(address, "Client");
    this.#data = new DataClient({ token, tls, host: hostIdentity(), role: "client" });
    const bringing = new Bringing(this.#data);
    this.#session = new Session<ClientMessage, ToClientMessage>({
      pack: packFromClient,
      unpack: unpackToClient,
      heard: (messages) => {
        for (const message of messages) {
          if (message.kind === "finished") bringing.meet(message.peers);
          this.#runs.told(message);
        }
      },
      broke: (reason) => void this.#redial(reason, dialed.session?.graceMs ?? 0),
      ended: (reason) => this.#runs.lost(reason),
    });
    this.#runs = new RunClient({
      tell: (message) => this.#session.send(message),
      bring: (from) => bringing.bring(from),
    });
    this.#submitting = new Submitting(this.#runs);
    this.#scattering = new Scattering(this.#runs, this.#data);
    this.#session.resume(dialed.socket, 0);
  }

  /** Its connection broke: what it asked for goes on, if it finds back in time. */
  async #redial(broke: string, graceMs: number): Promise<void> {
    const { signal } = this.#closing;
    const session = { id: this.#sessionId, heard: this.#session.heardCount };
    const hello = { role: "client", name: this.name, session } as const;
    try {
      await sleep(redialAfterMs, undefined, { signal });
      const dialed = await reach(this.#address, hello, graceMs, { signal });
      if (signal.aborted) dialed.socket.terminate();
      else this.#session.resume(dialed.socket, dialed.session?.heard ?? 0);
    } catch (error) {
      this.#session.end(`${broke}; ${(error as Error).message}`);
    }
  }

  /** The values of `keys`, in their order. */
  run(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
  ): Promise<unknown[]> {
    this.#checkOpen("run");
    return this.#runs.run(graph, keys, options);
  }

  /** The values of `keys` one by one, with bounded look-ahead. */
  stream(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: StreamOptions,
  ): AsyncIterable<Finished> {
    this.#checkOpen("stream");
    return this.#runs.stream(graph, keys, options);
  }

  /** Runs `keys` and leaves their values with the workers. */
  persist(
    graph: TaskGraph | LayeredGraph,
    keys: readonly Key[],
    options: ExecutorOptions,
  ): Promise<{ graph: LayeredGraph; keys: readonly Key[] }> {
    this.#checkOpen("persist");
    return this.#runs.persist(graph, keys, options);
  }

  /**
   * Calls a function on a worker, once, and gives a future of what it returns. Futures and other
   * lazy things among the arguments, also inside arrays, plain objects, Maps and Sets, are values
   * when it is called. A promise that it returns is waited for.
   *
   * @throws CaptureError for a function that cannot travel, GraphError, DistributedError
   *   `distributed/invalid-argument`, `distributed/client-closed`
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
    this.#checkOpen("Client.submit");
    return this.#submitting.submit(fn, args, options);
  }

  /** Calls a function for each item, as `submit` does; gives futures in the order of the items. */
  map<T, R>(
    fn: (item: T) => R,
    items: Iterable<Lazy<T>>,
    options: SubmitOptions = {},
  ): readonly Future<Awaited<R>>[] {
    this.#checkOpen("Client.map");
    return this.#submitting.map(fn, items, options);
  }

  /**
   * The values of futures, in their order. Rejects with the error of the first that fails; with
   * `errors: "skip"` those that fail are left out.
   */
  async gather<T>(futures: Iterable<Future<T>>, options: GatherOptions = {}): Promise<T[]> {
    this.#checkOpen("Client.gather");
    return gather(futures, options);
  }

  /**
   * Brings values of this process to workers, and gives a future of each, in their order, when all
   * are there. They go straight to the workers, one worker each, or all of them to every worker by
   * `broadcast`. Nothing can make them again: the task of a value that is lost with its worker
   * fails.
   *
   * @throws SerializationError; DistributedError `distributed/not-scattered`
   * @example
   * ```ts
   * import { Client, LocalCluster } from "@millrace/distributed";
   *
   * await using cluster = await LocalCluster.start({ workers: 2 });
   * await using client = await Client.connect(cluster);
   * const [table] = await client.scatter([new Map([["a", 1]])], { broadcast: true });
   * const looked = client.map((key: string) => key, ["a"]);
   * [table?.status, (await client.gather(looked)).length]; // => ["finished", 1]
   * ```
   */
  async scatter<T>(
    values: Iterable<T>,
    options: ScatterOptions = {},
  ): Promise<readonly Future<T>[]> {
    this.#checkOpen("Client.scatter");
    return this.#scattering.scatter(values, options);
  }

  /** The workers that have the values of futures, in the order given. */
  async whoHas(futures: Iterable<Future<unknown>>): Promise<readonly (readonly Holder[])[]> {
    this.#checkOpen("Client.whoHas");
    return whoHas(this.#runs, futures);
  }

  /**
   * Has `copies` workers keep the values of futures, all workers where it is not given; more copies
   * than that stay. Rejects as `result` does where one has failed.
   */
  async replicate(futures: Iterable<Future<unknown>>, copies?: number): Promise<void> {
    this.#checkOpen("Client.replicate");
    await replicate(this.#runs, futures, copies);
  }

  /** Spreads values over the workers, so that each is as full as the others. */
  async rebalance(): Promise<void> {
    this.#checkOpen("Client.rebalance");
    await rebalance(this.#runs);
  }

  /** Its task runs to its end, also when the future is released. */
  fireAndForget(future: Future<unknown>): void {
    future.keep();
  }

  /** Tries again what has failed. */
  retry(future: Future<unknown>): void {
    future.retry();
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
    this.#checkOpen("Client.info");
    return clusterInfo(this.#api);
  }

  /**
   * The last lines of the logs of all workers, by their names, or of one. Each worker keeps up to
   * 1,000 of them. Of all, one that does not answer has a line that says so.
   *
   * @throws DistributedError `distributed/request-failed` where the worker that is named is not
   *   there or does not answer, `distributed/unreachable`, `distributed/client-closed`
   */
  async workerLogs(name?: string): Promise<ReadonlyMap<string, readonly string[]>> {
    this.#checkOpen("Client.workerLogs");
    return name === undefined
      ? logsOfAll(this.#api)
      : new Map([[name, await logOf(this.#api, name)]]);
  }

  /** The last lines of the log of the scheduler, as `workerLogs`. */
  async schedulerLogs(): Promise<readonly string[]> {
    this.#checkOpen("Client.schedulerLogs");
    return logOf(this.#api, undefined);
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
    this.#checkOpen("Client.dump");
    await dump(this.#api, path);
  }

  /**
   * The address of a page that shows the scheduler, for a browser. It lets in once, within 15
   * minutes, and does not hold the token.
   */
  pageUrl(): string {
    return pageUrl(this.#address.url, this.#address.token, Date.now());
  }

  #checkOpen(api: string): void {
    if (!this.#isClosed) return;
    throw new DistributedError(
      "distributed/client-closed",
      `${api}: the client was closed, got a call, wanted one before. Connect another client.`,
    );
  }

  /** Lets go of everything that it holds; runs that have not ended fail. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#runs.lost("the client was closed");
    this.#closing.abort();
    this.#session.close("the client was closed");
    await this.#data.close();
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function addressOf(to: string | HasScheduler, { token, tls }: ClientOptions): SchedulerAddress {
  if (typeof to !== "string") {
    if (typeof (to as Partial<HasScheduler> | undefined)?.scheduler?.url === "string") {
      return to.scheduler;
    }
    throw notAnAddress(quoteValue(to));
  }
  const url = URL.canParse(to) ? new URL(to) : undefined;
  if (url?.protocol !== "ws:" && url?.protocol !== "wss:") throw notAnAddress(quoteValue(to));
  return { url: `${url.protocol}//${url.host}`, token, tls };
}

function notAnAddress(got: string): Error {
  return invalidArgument(
    "Client.connect",
    "this is no scheduler",
    got,
    'an address such as "ws://127.0.0.1:8786", or a cluster',
    "Look at what `millrace scheduler` has printed when it was ready.",
  );
}
