import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@millrace/distributed";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { Signals } from "./signals.ts";
import { TestCluster } from "./test-cluster.ts";
import type { TestClusterOptions } from "./test-cluster.ts";

/** A cluster that the tests of a file share, a client, and signals that are new for each test. */
export class SharedCluster {
  #cluster: TestCluster | undefined;
  #client: Client | undefined;
  #signals: Signals | undefined;

  constructor(options: Omit<TestClusterOptions, "folder">) {
    const folder = scratchFolder();
    let count = 0;
    beforeAll(async () => {
      this.#cluster = await TestCluster.start({ ...options, folder });
      this.#client = await this.#cluster.connect();
    });
    beforeEach(() => {
      const own = join(folder, `test-${count++}`);
      mkdirSync(own);
      this.#signals = new Signals(own);
    });
    afterAll(() => this.#cluster?.close());
  }

  get cluster(): TestCluster {
    return this.#cluster as TestCluster;
  }

  get client(): Client {
    return this.#client as Client;
  }

  get signals(): Signals {
    return this.#signals as Signals;
  }

  /** The folder of the signals. */
  get folder(): string {
    return this.signals.folder;
  }
}
