// The program that cluster-start measures: node cluster-start.mjs
const startMs = performance.now();
const { Client, LocalCluster } = await import("@millrace/distributed");
const importedMs = performance.now();

const cluster = await LocalCluster.start({ workers: 2 });
const startedMs = performance.now();
const client = await Client.connect(cluster);
const connectedMs = performance.now();
const answer = await client.submit((n) => n + 1, [41]).result();
const firstMs = performance.now();
await client.close();
await cluster.close();

const times = {
  import: importedMs - startMs,
  start: startedMs - importedMs,
  connect: connectedMs - startedMs,
  first: firstMs - connectedMs,
  whole: firstMs - importedMs,
  answer,
};
process.stdout.write(JSON.stringify(times));
