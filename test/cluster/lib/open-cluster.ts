import { Client, LocalCluster } from "@millrace/distributed";
import { afterAll, beforeAll } from "vitest";

/** A cluster as users start it, of two processes, for the tests of the file that imports it. */
export let cluster: LocalCluster;
/** A client of it. */
export let client: Client;

beforeAll(async () => {
  cluster = await LocalCluster.start({ workers: 2, memoryLimit: "1GiB" });
  client = await Client.connect(cluster);
});

afterAll(async () => {
  await client.close();
  await cluster.close();
});
