import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@millrace/distributed";
import type { ClientOptions } from "@millrace/distributed";
import { createToken } from "../../../packages/distributed/dist/deploy/security/token.js";
import type { SchedulerSettings } from "../../../packages/distributed/dist/scheduler/settings.js";
import type { SchedulerServer } from "../../../packages/distributed/dist/scheduler/server/scheduler-server.js";
import type { NannySettings } from "../../../packages/distributed/dist/nanny/nanny-settings.js";
import type { WorkerTiming } from "../../../packages/distributed/dist/worker/host/worker-timing.js";
import { openWorkerDirectory } from "../../../packages/distributed/dist/worker/store/worker-directory.js";
import { checkedScheduler } from "./checked-scheduler.ts";
import { Events } from "./events.ts";
import { TestWorker } from "./test-worker.ts";
import { until } from "./until.ts";

/** What a cluster of a test is made of. */
export interface TestClusterOptions {
  /** Where its workers spill, and whatever the test writes. */
  readonly folder: string;
  readonly workers?: number;
  readonly threads?: number;
  readonly memoryBytesMax?: number;
  readonly scheduler?: Partial<SchedulerSettings>;
  readonly timing?: Partial<WorkerTiming>;
  readonly nanny?: Partial<Omit<NannySettings, "memoryBytesMax">>;
  /** What stands behind a proxy: the connections to the scheduler, those for values, or both. */
  readonly proxied?: "control" | "data" | "both";
  readonly deathTimeoutMs?: number;
  /** Lines of workers that would be alarming elsewhere. */
  readonly expected?: RegExp;
  /** Options of node for workers. */
  readonly execArgv?: readonly string[];
}

const token = createToken();

/** What no log may hold, whatever has happened to a cluster. */
const alarming = /unhandled|fatal|uncaught|assert/i;

/**
 * A scheduler in this process, whose machine checks itself, and workers in processes that can be
 * killed, stopped and cut off. When it is closed nothing of it may be left.
 */
export class TestCluster implements AsyncDisposable {
  readonly server: SchedulerServer;
  readonly events: Events;
  readonly workers: TestWorker[] = [];
  readonly #options: TestClusterOptions;
  readonly #clients: Client[] = [];
  #count = 0;

  static async start(options: TestClusterOptions): Promise<TestCluster> {
    const events = new Events();
    const server = await checkedScheduler(token, events, options.scheduler);
    const cluster = new TestCluster(server, events, options);
    mkdirSync(cluster.localDirectory, { recursive: true });
    const { workers = 2 } = options;
    await Promise.all(Array.from({ length: workers }, () => cluster.add()));
    return cluster;
  }

  private constructor(server: SchedulerServer, events: Events, options: TestClusterOptions) {
    this.server = server;
    this.events = events;
    this.#options = options;
  }

  /** What lets into it. */
  get token(): string {
    return token;
  }

  get localDirectory(): string {
    return join(this.#options.folder, "workers");
  }

  /** One more worker, known to the scheduler. */
  async add(): Promise<TestWorker> {
    const { threads = 1, memoryBytesMax = 2 ** 29, deathTimeoutMs = 10_000 } = this.#options;
    const { timing = {}, nanny = {}, proxied, execArgv } = this.#options;
    const { url: scheduler, port } = this.server;
    const worker = await TestWorker.start({
      options: {
        scheduler,
        token,
        name: `worker-${this.#count++}`,
        threads,
        memoryBytesMax,
        localDirectory: this.localDirectory,
        resources: {},
        host: "127.0.0.1",
        deathTimeoutMs,
        timing,
      },
      settings: { backoffMs: 10, backoffMsMax: 100, restartsMax: 1_000, ...nanny },
      ...((proxied === "control" || proxied === "both") && { proxiedPort: port }),
      ...(execArgv !== undefined && { execArgv }),
      hasProxiedData: proxied === "data" || proxied === "both",
    });
    this.workers.push(worker);
    return worker;
  }

  /** A client of its own. */
  async connect(options: ClientOptions = {}, url: string = this.server.url): Promise<Client> {
    const client = await Client.connect(url, { token, ...options });
    this.#clients.push(client);
    return client;
  }

  /** The worker that a task runs on, told by the name that the task has written somewhere. */
  named(name: string): TestWorker {
    const worker = this.workers.find((each) => each.name === name);
    if (worker === undefined) throw new Error(`there is no worker ${name}`);
    return worker;
  }

  /** Ends everything; throws where something of it is left, or something alarming was logged. */
  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await Promise.all(this.workers.map((worker) => worker.close()));
    await this.server.close();
    await this.#nothingIsLeft();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #nothingIsLeft(): Promise<void> {
    for (const { control, data } of this.workers) {
      await until(
        "the end of connections",
        () => !((control?.openCount ?? 0) + (data?.openCount ?? 0)),
      );
    }
    // What killed workers leave goes with the next one.
    const next = await openWorkerDirectory(this.localDirectory);
    await next.remove();
    const left = readdirSync(this.localDirectory);
    if (left.length > 0) throw new Error(`files are left: ${left.join(", ")}`);
    for (const { level, event, facts } of this.events.all) {
      if (level === "error")
        throw new Error(`the scheduler logged ${event} ${JSON.stringify(facts)}`);
    }
    for (const { name, nanny } of this.workers) {
      const { stdout, stderr } = nanny.logs();
      const lines = `${stdout}\n${stderr}`.split("\n");
      const line = lines.find((each) => alarming.test(each) && !this.#options.expected?.test(each));
      if (line !== undefined) throw new Error(`${name} wrote: ${line}`);
    }
  }
}
