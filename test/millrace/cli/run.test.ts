import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@millrace/distributed";
import { expect, it, onTestFinished } from "vitest";
import { until } from "../../cluster/lib/until.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { root } from "../../lib/workspace.ts";

const program = join(root, "packages/millrace/bin/millrace.js");
const script = join(import.meta.dirname, "fixtures/script.mjs");
const waiting = join(import.meta.dirname, "fixtures/script-that-waits.mjs");
const small = ["--nworkers", "2", "--nthreads", "1", "--memory-limit", "256MiB"];
const folder = scratchFolder();

function spawned(...argv: string[]): ChildProcessWithoutNullStreams {
  const outside = Object.entries(process.env).filter(([name]) => !name.startsWith("MILLRACE_"));
  const config = { XDG_RUNTIME_DIR: folder, XDG_CONFIG_HOME: join(folder, "config") };
  const env = { ...Object.fromEntries(outside), ...config };
  const child = spawn(process.execPath, [program, ...argv], { stdio: "pipe", env });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function ran(...argv: string[]): Promise<{ code: number; out: string[]; err: string }> {
  const child = spawned("run", ...argv);
  const written = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (written.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (written.err += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, out: written.out.trimEnd().split("\n"), err: written.err };
}

async function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return line.toString();
}

function expectGone(pids: readonly number[]): void {
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
}

interface Pids {
  readonly own: number;
  readonly pids: readonly number[];
}

it("a script runs on a cluster of its own, which ends with it", async () => {
  const { code, out, err } = await ran(...small, script, "7", "--nworkers", "many");
  expect({ code, err }).toEqual({ code: 7, err: "" });
  const [first = "", second = ""] = out;
  expect(JSON.parse(first)).toEqual({ executor: "cluster", more: ["--nworkers", "many"], sum: 45 });
  const { own, pids } = JSON.parse(second) as Pids;
  expect(pids).toHaveLength(4);
  expect(pids).not.toContain(own);
  expectGone([own, ...pids]);
});

it("a script runs on the cluster that is named, and leaves it as it was", async () => {
  const cluster = spawned("cluster", "--port", "0", "--json", ...small);
  const { url, schedulerFile } = JSON.parse(await firstLine(cluster)) as Record<string, string>;
  for (const place of [
    ["--scheduler-file", schedulerFile ?? ""],
    ["--scheduler", url ?? ""],
  ]) {
    const { code, out } = await ran(...place, script, "0");
    expect(code).toBe(0);
    const { pids } = JSON.parse(out[1] ?? "") as Pids;
    for (const pid of pids) expect(process.kill(pid, 0)).toBe(true);
  }
  const stranger = await ran("--scheduler", url ?? "", "--token", "another-one", script, "0");
  expect({ code: stranger.code, out: stranger.out }).toEqual({ code: 2, out: [""] });
  expect(stranger.err).toMatch(/\nmillrace: .*the token is missing or wrong/);
  const { token } = JSON.parse(readFileSync(schedulerFile ?? "", "utf8")) as { token: string };
  const answer = await fetch(`${(url ?? "").replace("ws", "http")}/api/v1/cluster`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(await answer.json()).toMatchObject({ clientCount: 0, tasks: { memory: 0 } });
  cluster.kill("SIGTERM");
  expect(await once(cluster, "exit")).toEqual([0, null]);
});

it("a script that is told to end does so, and so does its cluster", async () => {
  const child = spawned("run", ...small, waiting);
  const pids = JSON.parse(await firstLine(child)) as number[];
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([143, null]);
  expectGone(pids);
});

it("what a script has begun on a cluster ends with it, by Ctrl-C too", async () => {
  const cluster = spawned("cluster", "--port", "0", "--json", ...small);
  const { schedulerFile = "" } = JSON.parse(await firstLine(cluster)) as Record<string, string>;
  await using client = await Client.connect({ schedulerFile });
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const child = spawned("run", "--scheduler-file", schedulerFile, waiting);
    await firstLine(child);
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([code, null]);
    // The scheduler waits a minute for a client whose connection broke.
    await until("nothing is left", async () => (await client.info()).runCount === 0, 5_000);
    expect((await client.info()).clientCount).toBe(1);
  }
});

it("one line tells what is wrong with what was typed", async () => {
  const none = await ran(join(folder, "none.mjs"));
  expect(none.code).toBe(2);
  expect(none.err.replaceAll(folder, "…")).toMatchInlineSnapshot(`
    "millrace: run: there is no such file, got "…/none.mjs", wanted the path of a script. Correct it.
    "
  `);
});

it("a script with another copy of the package is told so", async () => {
  const graph = join(folder, "node_modules/@millrace/graph");
  mkdirSync(join(graph, "dist"), { recursive: true });
  cpSync(join(root, "packages/graph/package.json"), join(graph, "package.json"));
  writeFileSync(join(graph, "dist/index.js"), "");
  writeFileSync(join(folder, "script.mjs"), "console.log('never');\n");
  const { code, err, out } = await ran(...small, join(folder, "script.mjs"));
  expect({ code, out }).toEqual({ code: 2, out: [""] });
  expect(err).toMatch(/^millrace: run: the script has a Millrace of its own, got ".*, wanted that/);
});
