// A program with a cluster of its own, which computes until something ends it.
import { Client, LocalCluster } from "@millrace/distributed";

const cluster = await LocalCluster.start({ workers: 2, memoryLimit: "512MiB" });
const client = await Client.connect(cluster);
const futures = client.map(
  () => new Promise((resolve) => setTimeout(resolve, 60_000)),
  [1, 2, 3, 4],
);
await new Promise((resolve) => setTimeout(resolve, 200));
process.stdout.write("ready\n");
await client.gather(futures);
