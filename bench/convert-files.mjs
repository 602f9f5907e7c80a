// The program that dataframe-memory measures:
// node convert-files.mjs <csv> <block size> <limit in MiB>
import { readCsv, readParquet } from "@millrace/dataframe";
import { createThreadsExecutor } from "@millrace/distributed";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [csv, blockSize, limitMiB] = process.argv.slice(2);
const executor = createThreadsExecutor({ threads: 2, memoryLimit: `${limitMiB}MiB` });
const folder = mkdtempSync(join(tmpdir(), "millrace-convert-"));
let peakBytes = 0;
const timer = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 10);

const startMs = performance.now();
const before = process.cpuUsage();
const some = readCsv(csv, { blockSize }).filter((c) => c.v3.gt(10));
const files = await some.toParquet(join(folder, "part-*.parquet"), { executor });
const medianMs = performance.now() - startMs;
const { user, system } = process.cpuUsage(before);
clearInterval(timer);

const [row] = await readParquet(files)
  .agg((c) => ({ n: c.v3.count(), sum: c.v1.sum() }))
  .toRows({ executor });
const csvMiB = statSync(csv).size / 2 ** 20;
process.stdout.write(
  JSON.stringify({
    case: `${Math.round(csvMiB)} MiB of CSV, blocks of ${blockSize}, limit ${limitMiB} MiB`,
    medianMs,
    cpuMs: Math.round((user + system) / 1_000),
    peakMiB: Math.round(peakBytes / 2 ** 20),
    peakRatio: peakBytes / (Number(limitMiB) * 2 ** 20),
    answer: `${Number(row.n)} rows, sum ${Number(row.sum)}`,
  }),
);
rmSync(folder, { recursive: true });
process.exit(0);
