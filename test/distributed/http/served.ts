import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import { request } from "node:http";
import { request as requestSecurely } from "node:https";
import { tlsOptions } from "../../../packages/distributed/dist/deploy/security/tls.js";
import type { Log } from "../../../packages/distributed/dist/log.js";
import { SchedulerServer } from "../../../packages/distributed/dist/scheduler/server/scheduler-server.js";
import type { SchedulerServerOptions } from "../../../packages/distributed/dist/scheduler/server/scheduler-server-options.js";
import type { Tls } from "../../../packages/distributed/dist/wire/tls.js";
import { RemoteWorker } from "../../../packages/distributed/dist/worker/host/remote-worker.js";
import { plainWorker } from "../../cluster/lib/plain-worker.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";

export const token = "a-token-of-more-than-sixteen-characters";

const folder = scratchFolder();

const silent = (): void => undefined;

/** A log of which nothing is seen. */
export const noLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** What a request was answered. */
export interface Heard {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A scheduler in this process that is asked by raw requests. */
export class Served implements AsyncDisposable {
  readonly server: SchedulerServer;
  readonly #tls: Tls | undefined;
  readonly #workers: RemoteWorker[] = [];

  static async start(options: Partial<SchedulerServerOptions> = {}): Promise<Served> {
    const given = { host: "127.0.0.1", port: 0, token, tls: undefined, log: noLog };
    return new Served(await SchedulerServer.start({ ...given, ...options }), options.tls);
  }

  private constructor(server: SchedulerServer, tls: Tls | undefined) {
    this.server = server;
    this.#tls = tls;
  }

  /** A worker with one thread. */
  async addWorker(name: string, log: Log = noLog, tls?: Tls): Promise<RemoteWorker> {
    const worker = await RemoteWorker.start({
      ...plainWorker({ scheduler: this.server.url, token, name, localDirectory: folder, log }),
      ...(tls !== undefined && { tls }),
      resources: { GPU: 2 },
    });
    this.#workers.push(worker);
    return worker;
  }

  /** Asks as whoever has these headers; a Host that is right is sent unless another is given. */
  ask(path: string, headers: object = {}, options: RequestOptions = {}, tls?: Tls): Promise<Heard> {
    const shown = tls ?? this.#tls;
    return new Promise((resolve, reject) => {
      const given: RequestOptions = {
        host: "127.0.0.1",
        port: this.server.port,
        path,
        agent: false,
        headers: { ...headers },
        ...options,
      };
      const sent =
        shown === undefined ? request(given) : requestSecurely({ ...given, ...tlsOptions(shown) });
      sent.on("error", reject);
      sent.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      });
      sent.end();
    });
  }

  /** What is answered to who has the token, as JSON. */
  async read<T>(path: string): Promise<T> {
    const { status, text } = await this.ask(path, bearer);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await this.server.close();
  }
}

export const bearer = { authorization: `Bearer ${token}` };

/** Asks until what comes is what is waited for. */
export async function until<T>(ask: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> {
  for (;;) {
    const found = await ask();
    if (isThere(found)) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
