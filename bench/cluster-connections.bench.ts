import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "@millrace/distributed";
import type { Bench, BenchRow } from "./bench.ts";
import { median } from "./measure.ts";

/** After each of `steps` as many connections are open; `idleMs` nobody asks for anything. */
type Parameters = {
  readonly steps: readonly number[];
  readonly calls: number;
  readonly idleMs: number;
};

const millrace = join(import.meta.dirname, "../packages/millrace/bin/millrace.js");
const peer = join(import.meta.dirname, "cluster-connections-peer.ts");
const perProcess = 1_000;

/**
 * A scheduler in a process of its own, two workers with work, and many connections without, half of
 * them workers and half clients, all with their heartbeats. The time is that of one call and its
 * result beside them; memory is what the process of the scheduler has grown by.
 */
export const bench: Bench<Parameters> = {
  name: "cluster-connections",
  question: "What do many idle connections cost a scheduler, and who has work beside them?",
  parameters: {
    small: { steps: [0, 20], calls: 5, idleMs: 50 },
    full: { steps: [0, 1_000, 5_000], calls: 200, idleMs: 10_000 },
  },
  async run({ steps, calls, idleMs }) {
    const folder = mkdtempSync(join(tmpdir(), "millrace-connections-"));
    const file = join(folder, "scheduler.json");
    const processes: Started[] = [];
    try {
      processes.push(await start([millrace, "scheduler", "--port", "0", "--scheduler-file", file]));
      const workers = ["first", "second"];
      for (const name of workers) {
        const options = ["--scheduler-file", file, "--nthreads", "1", "--name", name];
        processes.push(await start([millrace, "worker", ...options]));
      }
      await using client = await Client.connect({ schedulerFile: file });
      const rows: BenchRow[] = [];
      let [open, sum, bytesBefore] = [0, 0, 0];
      for (const count of steps) {
        while (open < count) {
          const more = Math.min(perProcess, count - open);
          processes.push(await start(["--import", "tsx", peer, file, String(more)]));
          open += more;
        }
        const times: number[] = [];
        for (let n = 0; n < calls; n++) {
          const startMs = performance.now();
          using future = client.submit((i: number) => i + 1, [n], { workers });
          sum += await future.result();
          times.push(performance.now() - startMs);
        }
        const before = await usage(file);
        await pause(idleMs);
        const { bytes, seconds } = await usage(file);
        if (open === 0) bytesBefore = bytes;
        const medianMs = median(times);
        rows.push({
          case: `${open} connections`,
          medianMs,
          ratio: medianMs / (rows[0]?.medianMs ?? medianMs),
          slowestMs: Math.max(...times),
          "kB a connection": open === 0 ? "-" : ((bytes - bytesBefore) / open / 1e3).toFixed(1),
          "% of a core, idle": ((1e5 * (seconds - before.seconds)) / idleMs).toFixed(1),
        });
      }
      return { rows, answer: String(sum) };
    } finally {
      for (const each of processes.toReversed()) await each.end();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** A process that has said that it is ready. */
interface Started {
  end(): Promise<void>;
}

async function start(args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, args, { stdio: "pipe" });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words = (words + chunk.toString()).slice(-4_096)));
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const check = (): void => {
    if (child.exitCode === null || child.exitCode === 0) return;
    throw new Error(`${args.join(" ")} ended with ${child.exitCode}:\n${words}`);
  };
  await Promise.race([firstLine(child), ended]);
  check();
  return {
    end: async () => {
      child.stdin.end();
      // Peers end by themselves; all others are told.
      if (!args.includes(peer)) child.kill("SIGTERM");
      await ended;
      check();
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) return;
  await createInterface({ input: stdout })[Symbol.asyncIterator]().next();
  stdout.resume();
}

/** What the scheduler says of its process. */
async function usage(file: string): Promise<{ readonly bytes: number; readonly seconds: number }> {
  const found = JSON.parse(readFileSync(file, "utf8")) as Record<"url" | "token", string>;
  const at = new URL("/metrics", found.url.replace("ws", "http"));
  const answer = await fetch(at, { headers: { Authorization: `Bearer ${found.token}` } });
  const text = await answer.text();
  const metric = (name: string): number =>
    Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
  return {
    bytes: metric("millrace_scheduler_resident_memory_bytes"),
    seconds: metric("millrace_scheduler_cpu_seconds_total"),
  };
}
