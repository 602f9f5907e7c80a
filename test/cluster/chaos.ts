import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Client } from "@millrace/distributed";
import { Random } from "../lib/random.ts";
import { Disorder } from "./lib/disorder.ts";
import { drawPipeline } from "./lib/pipelines.ts";
import { TestCluster } from "./lib/test-cluster.ts";
import { until } from "./lib/until.ts";
import { watchMachines } from "./lib/watch-machines.ts";

/**
 * Random pipelines on worker processes that are killed, stopped and cut off all the time. Every
 * answer must be that of the inline executor, and come in time; in the end nothing may be left.
 *
 * `npm run chaos -- --minutes 10 --seed 7 --workers 4 --every 2000`
 */
const options = optionsOf(process.argv.slice(2));
const seed = Number(options.get("seed") ?? Date.now() % 1e9);
const minutes = Number(options.get("minutes") ?? 1);
const workerCount = Number(options.get("workers") ?? 4);
const everyMs = Number(options.get("every") ?? 2_000);

/** How long a pipeline may take, whatever is done to its workers. */
const pipelineMs = 90_000;
/** Pipelines of one client at a time. */
const togetherCount = 3;

const counts = { pipelines: 0, attempts: 0, recomputed: 0, retried: 0 };
const problems: string[] = [];

function optionsOf(args: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [n, arg] of args.entries()) {
    if (arg.startsWith("--")) found.set(arg.slice(2), args[n + 1] ?? "");
  }
  return found;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function problem(text: string): void {
  problems.push(text);
  print(`PROBLEM ${text}`);
}

for (const event of ["unhandledRejection", "uncaughtException"]) {
  process.on(event, (error: unknown) => {
    problem(`${event}: ${error instanceof Error ? error.stack : String(error)}`);
  });
}

/** Keeps what is known when something has gone wrong for the first time. */
async function keepEvidence(cluster: TestCluster, client: Client): Promise<void> {
  if (problems.length > 1) return;
  for (const { name, nanny, events } of cluster.workers) {
    const state = nanny.pid === undefined ? "none" : stateOf(nanny.pid);
    print(`${name}: process ${nanny.pid} (${state}), ${JSON.stringify(events.all.slice(-4))}`);
  }
  mkdirSync(".cache", { recursive: true });
  const path = `.cache/chaos-${seed}.jsonl.gz`;
  await client.dump(path);
  print(`what the scheduler knows is in ${path}`);
}

/** What the system says of a process: its state and its name, where it says so. */
function stateOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(1, 3).join(" ");
  } catch {
    return "not known";
  }
}

/** Runs the pipelines of one number after another; each is drawn from the seed and its number. */
async function runOne(cluster: TestCluster, number: number): Promise<void> {
  const pipeline = drawPipeline(new Random(seed, "pipeline", number));
  const name = `pipeline ${number} (${pipeline.name})`;
  const client = await cluster.connect({ name });
  const seen = new Set<string>();
  const late = AbortSignal.timeout(pipelineMs);
  let progress = "";
  let retried = 0;
  try {
    const expected = await pipeline.expected();
    const hung = new Promise<never>((_, reject) => {
      late.addEventListener("abort", () => reject(new Error(`hangs: ${progress}`)));
    });
    const run = pipeline.onCluster(client, {
      onTask: ({ key, outcome }) => {
        counts.attempts++;
        if (outcome !== "done") return;
        if (seen.has(key)) counts.recomputed++;
        seen.add(key);
      },
      onProgress: (now) => {
        progress = JSON.stringify(now);
        ({ retried } = now);
      },
    });
    const found = await Promise.race([run, hung]);
    if (!isDeepStrictEqual(found, expected)) problem(`${name} gives something else`);
  } catch (error) {
    problem(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    await keepEvidence(cluster, client);
  } finally {
    counts.pipelines++;
    counts.retried += retried;
    await client.close();
  }
}

async function main(): Promise<void> {
  print(`seed ${seed}, ${minutes} minutes, ${workerCount} workers, a fault every ${everyMs} ms`);
  const machines = watchMachines();
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "millrace-chaos-"));
  const timing = { heartbeatMs: 500, silenceMs: 4_000, transferMs: 4_000 };
  const cluster = await TestCluster.start({
    folder,
    workers: workerCount,
    proxied: "both",
    timing,
    scheduler: { workerTimeoutMs: 4_000, allowedFailures: 1_000_000 },
    nanny: { restartsMax: 1_000_000 },
    deathTimeoutMs: 60_000,
  });
  const endMs = performance.now() + minutes * 60_000;
  const disorder = new Disorder(cluster, new Random(seed, "faults"), everyMs);
  const fault = disorder.run(endMs);
  let number = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < endMs && problems.length === 0) await runOne(cluster, number++);
  };
  await Promise.all(Array.from({ length: togetherCount }, lane));
  disorder.stop();
  await fault;
  await disorder.calm();
  await runOne(cluster, number++);
  try {
    machines.validate();
    await until("schedulers remember nothing", () => machines.areIdle());
    await cluster.close();
  } catch (error) {
    problem((error as Error).message);
  }
  rmSync(folder, { recursive: true, force: true });
  print(`seed ${seed}: ${JSON.stringify({ ...counts, ...disorder.counts })}`);
  print(problems.length === 0 ? "clean" : `${problems.length} problems`);
}

try {
  await main();
} catch (error) {
  problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
// Whatever is left would keep it alive; nannies and their workers end with it.
process.exit(problems.length === 0 ? 0 : 1);
