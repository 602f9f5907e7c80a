import net from "node:net";
import type { AddressInfo } from "node:net";
import type { SentWorkerOptions } from "../../../packages/distributed/dist/nanny/nanny-messages.js";
import type { NannySettings } from "../../../packages/distributed/dist/nanny/nanny-settings.js";
import { Nanny } from "../../../packages/distributed/dist/nanny/nanny.js";
import { Events } from "./events.ts";
import { gone, isAlive } from "./processes.ts";
import { Proxy } from "./proxy.ts";
import { until } from "./until.ts";

/** What a worker of a test is made of. */
export interface TestWorkerOptions {
  readonly options: SentWorkerOptions;
  readonly settings: Partial<Omit<NannySettings, "memoryBytesMax">>;
  /** The port of the scheduler, where both are to be joined by a proxy. */
  readonly proxiedPort?: number;
  /** Others reach its values by a proxy too. */
  readonly hasProxiedData?: boolean;
  readonly execArgv?: readonly string[];
}

/** A worker process under its nanny, and the proxies around it. */
export class TestWorker {
  readonly name: string;
  readonly nanny: Nanny;
  readonly events: Events;
  /** Between it and the scheduler. */
  readonly control: Proxy | undefined;
  /** Between others and its values. */
  readonly data: Proxy | undefined;
  /** All that it was stopped by and not let go on. */
  readonly #stopped = new Set<number>();

  /** A worker that its scheduler knows. */
  static async start({
    options,
    settings,
    proxiedPort,
    hasProxiedData = false,
    execArgv = [],
  }: TestWorkerOptions): Promise<TestWorker> {
    const events = new Events();
    const control = proxiedPort === undefined ? undefined : await Proxy.start(proxiedPort);
    const servedPort = hasProxiedData ? await freePort() : 0;
    const data = hasProxiedData ? await Proxy.start(servedPort) : undefined;
    const worker = {
      ...options,
      ...(control !== undefined && { scheduler: `ws://127.0.0.1:${control.port}` }),
      ...(data !== undefined && { contact: { host: "127.0.0.1", port: data.port, servedPort } }),
    };
    const nanny = Nanny.start({ worker, settings, log: events, execArgv });
    const end = await Promise.race([nanny.ready, nanny.ended]);
    if (end !== undefined) throw new Error(`no worker: ${end.kind}, ${end.reason}`);
    return new TestWorker(worker.name, nanny, events, control, data);
  }

  private constructor(
    name: string,
    nanny: Nanny,
    events: Events,
    control: Proxy | undefined,
    data: Proxy | undefined,
  ) {
    this.name = name;
    this.nanny = nanny;
    this.events = events;
    this.control = control;
    this.data = data;
  }

  /** Its process, which there must be. */
  get pid(): number {
    const { pid } = this.nanny;
    if (pid === undefined) throw new Error(`${this.name} has no process now`);
    return pid;
  }

  /** All processes that it has had. */
  get pids(): readonly number[] {
    return this.events.of("worker started").map(({ facts }) => facts["pid"] as number);
  }

  /** Whether it has a process that the scheduler knows. */
  get isReady(): boolean {
    const names = this.events.all.map(({ event }) => event);
    const started = names.lastIndexOf("worker started");
    const { pid } = this.nanny;
    return names.lastIndexOf("worker ready") > started && pid !== undefined && isAlive(pid);
  }

  /** Kills its process, and waits until that is gone; the nanny starts another one. */
  async kill(): Promise<void> {
    const { pid } = this;
    process.kill(pid, "SIGKILL");
    await gone(pid);
  }

  /** Waits until the process that came after a dead one is known to the scheduler. */
  async isBack(): Promise<void> {
    await until(`another ${this.name}`, () => this.isReady, 30_000);
  }

  /** Its process does nothing more, as if the machine were frozen. */
  stop(): void {
    process.kill(this.pid, "SIGSTOP");
    this.#stopped.add(this.pid);
  }

  /** It goes on. */
  resume(): void {
    for (const pid of this.#stopped) if (isAlive(pid)) process.kill(pid, "SIGCONT");
    this.#stopped.clear();
  }

  /** Ends it, with whatever it takes, and waits for the end of all its processes. */
  async close(): Promise<void> {
    this.resume();
    await this.nanny.close();
    for (const pid of this.pids) await gone(pid);
    await this.control?.close();
    await this.data?.close();
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
