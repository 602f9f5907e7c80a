import { Client } from "@millrace/distributed";
import { createToken } from "../../../../packages/distributed/dist/deploy/security/token.js";
import type { SchedulerServerOptions } from "../../../../packages/distributed/dist/scheduler/server/scheduler-server-options.js";
import { RemoteWorker } from "../../../../packages/distributed/dist/worker/host/remote-worker.js";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { Events } from "../../../cluster/lib/events.ts";
import { plainWorker } from "../../../cluster/lib/plain-worker.ts";
import { scratchFolder } from "../../../lib/scratch-folder.ts";
import { RawPeer, letIn, welcome } from "./raw-peer.ts";
import { SchedulerProcess } from "./scheduler-process.ts";

/** For so long the loop of a scheduler may stand still, whatever a peer sends. */
const stallMsMax = 100;

/**
 * A scheduler that is attacked by the tests of a file, with a worker and a client who are innocent:
 * after each test it lives, has stood still for no longer than it may, and they compute something.
 */
export class Attacked {
  readonly token: string = createToken();
  #scheduler: SchedulerProcess | undefined;
  #worker: RemoteWorker | undefined;
  #client: Client | undefined;
  readonly #peers: RawPeer[] = [];

  constructor(options: Pick<SchedulerServerOptions, "limits" | "settings"> = {}) {
    const folder = scratchFolder();
    beforeAll(async () => {
      this.#scheduler = await SchedulerProcess.start({ token: this.token, ...options });
      this.#worker = await RemoteWorker.start({
        ...plainWorker({
          scheduler: this.scheduler.url,
          token: this.token,
          name: "innocent",
          localDirectory: folder,
          log: new Events(),
        }),
        memoryBytesMax: 2 ** 29,
      });
      this.#client = await Client.connect(this.scheduler.url, { token: this.token });
      await this.innocentWork();
    });
    beforeEach(async () => void (await this.scheduler.measure()));
    afterEach(async () => {
      const { stallMs, busyMs } = await this.scheduler.measure();
      for (const peer of this.#peers.splice(0)) peer.end();
      // A busy machine makes every loop stand still; only what the scheduler did itself counts.
      expect(Math.min(stallMs, busyMs)).toBeLessThan(stallMsMax);
      await this.innocentWork();
      const errors = this.scheduler.events.filter(({ level }) => level === "error");
      expect(errors).toEqual([]);
    });
    afterAll(async () => {
      await this.#client?.close();
      await this.#worker?.close();
      await this.#scheduler?.close();
    });
  }

  get scheduler(): SchedulerProcess {
    return this.#scheduler as SchedulerProcess;
  }

  get client(): Client {
    return this.#client as Client;
  }

  /** Somebody who has said nothing yet. */
  stranger(): RawPeer {
    return this.#kept(new RawPeer(this.scheduler.port));
  }

  /** Somebody who has shown the token. */
  async letIn(): Promise<RawPeer> {
    return this.#kept(await letIn(this.scheduler.port, this.token));
  }

  /** Somebody who has said who it is. */
  async welcome(role: "worker" | "client"): Promise<RawPeer> {
    return this.#kept(await welcome(this.scheduler.port, this.token, role));
  }

  #kept(peer: RawPeer): RawPeer {
    this.#peers.push(peer);
    return peer;
  }

  async innocentWork(): Promise<void> {
    const futures = this.client.map((n: number) => n + 1, [1, 2, 3], { workers: ["innocent"] });
    expect(await this.client.gather(futures)).toEqual([2, 3, 4]);
    for (const future of futures) future.release();
  }
}
