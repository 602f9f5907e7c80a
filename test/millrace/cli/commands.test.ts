import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@millrace/distributed";
import { describe, expect, it, onTestFinished } from "vitest";
import { root } from "../../lib/workspace.ts";
import type { Ready } from "./run-main.ts";
import { isolated, run, schedulerHere, started } from "./run-main.ts";

const folder = isolated();

describe("a scheduler", () => {
  it("says where it is, is found by its file, and takes it away at its end", async () => {
    const { running, url, schedulerFile } = await schedulerHere();
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect(schedulerFile).toBe(
      join(folder.path, `millrace/scheduler-${url.split(":").at(-1)}.json`),
    );
    const status = await run(["status", url]).ended;
    expect(status.code).toBe(0);
    expect(status.out).toMatch(
      /^scheduler \S+ at ws:\/\/\S+, up \d+ s: 0 workers, 0 threads, 0 clients\n$/,
    );
    running.stop();
    expect((await running.ended).code).toBe(0);
    expect(readdirSync(join(folder.path, "millrace"))).toEqual([]);
  });

  it("gives people a link to its page, which opens once and does not hold the token", async () => {
    process.env["MILLRACE_TOKEN"] = "a-token-of-my-own";
    const running = started("scheduler", "--port", "0");
    const [ready = "", page = ""] = (await running.ready).split("\n");
    expect(ready).toMatch(/^millrace scheduler ready at ws:/);
    expect(page).toMatch(/^page, to be opened once: http:\/\/127\.0\.0\.1:\d+\/\?token=/);
    expect(page).not.toContain("a-token-of-my-own");
    const link = page.replace("page, to be opened once: ", "");
    const statuses = [];
    for (let time = 0; time < 2; time++) {
      statuses.push((await fetch(link, { redirect: "manual" })).status);
    }
    expect(statuses).toEqual([303, 401]);
  });

  it("lets in nobody with another token, and says so", async () => {
    const { url } = await schedulerHere();
    process.env["MILLRACE_TOKEN"] = "another";
    const { code, err } = await run(["status", url]).ended;
    expect(code).toBe(2);
    expect(err).toContain('got "the token is missing or wrong"');
  });

  it("takes its token from outside, and never writes it to its log", async () => {
    process.env["MILLRACE_TOKEN"] = "a-token-of-my-own";
    const path = join(folder.path, "here.json");
    const { running, schedulerFile } = await schedulerHere("--scheduler-file", path);
    expect(schedulerFile).toBe(path);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ token: "a-token-of-my-own" });
    delete process.env["MILLRACE_TOKEN"];
    expect((await run(["status", "--scheduler-file", path]).ended).code).toBe(0);
    running.stop();
    const { out, err } = await running.ended;
    expect(out + err).not.toContain("a-token-of-my-own");
  });

  it("ends by itself when nobody needs it, where that is wanted", async () => {
    const running = started("scheduler", "--port", "0", "--idle-timeout", "1s");
    const { code, err } = await running.ended;
    expect(code).toBe(0);
    expect(err).toContain('scheduler ended reason="there was no client for 1 s"');
  });

  it("writes the number of its process, and takes it away", async () => {
    const path = join(folder.path, "scheduler.pid");
    // Of a process that cannot be.
    writeFileSync(path, "4194999\n");
    const { running } = await schedulerHere("--pid-file", path);
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
    running.stop();
    await running.ended;
    expect(readdirSync(folder.path)).not.toContain("scheduler.pid");
  });

  it("warns of a token that is short, or that others can see", async () => {
    const { running } = await schedulerHere("--token", "short");
    running.stop();
    const events = (await running.ended).err
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(["token in arguments", "weak token", "scheduler ended"]);
  });
});

describe("workers", () => {
  const small = ["--nthreads", "1", "--memory-limit", "256MiB", "--death-timeout", "5s"];

  it("are known to the scheduler once they say that they are ready, and retire", async () => {
    const { url } = await schedulerHere();
    const flags = ["--nworkers", "2", "--name", "w", "--resources", "gpu=2"];
    const workers = started("worker", url, ...small, ...flags);
    expect(await workers.ready).toBe(`millrace worker ready: 2 workers of 1 threads at ${url}\n`);
    const { out } = await run(["status", url, "--json"]).ended;
    const status = JSON.parse(out) as { workers: { name: string }[] };
    expect(status.workers.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([
      {
        name: "w-0",
        threads: 1,
        memoryBytesMax: 256 * 2 ** 20,
        resources: { gpu: { total: 2, free: 2 } },
      },
      {
        name: "w-1",
        threads: 1,
        memoryBytesMax: 256 * 2 ** 20,
        resources: { gpu: { total: 2, free: 2 } },
      },
    ]);
    workers.stop();
    expect((await workers.ended).code).toBe(0);
  });

  it("without a nanny are one process, by the file of the scheduler", async () => {
    const { schedulerFile } = await schedulerHere();
    const flags = ["--scheduler-file", schedulerFile, "--no-nanny", "--json"];
    const worker = started("worker", ...small, ...flags, "--name", "alone");
    expect(JSON.parse(await worker.ready)).toMatchObject({ kind: "worker", names: ["alone"] });
    worker.stop();
    expect((await worker.ended).code).toBe(0);
  });

  it("that are told to end have done so when their time is up, with a nanny or without", async () => {
    const { schedulerFile } = await schedulerHere();
    const flags = ["--scheduler-file", schedulerFile, "--no-nanny", "--terminate-timeout", "10ms"];
    const never = new Promise<never>(() => undefined);
    const busy = { ended: never, retire: () => never, close: () => never };
    const worker = run(["worker", ...small, ...flags], { startWorker: async () => busy });
    await worker.ready;
    worker.stop();
    const { code, err } = await worker.ended;
    expect(code).toBe(0);
    expect(err).toContain("worker killed");
  });

  it("that are refused end at once, with what the scheduler said", async () => {
    const { url } = await schedulerHere();
    process.env["MILLRACE_TOKEN"] = "another";
    const { code, out, err } = await run(["worker", url, ...small, "--name", "w"]).ended;
    expect({ code, out }).toEqual({ code: 2, out: "" });
    const last = err.trimEnd().split("\n").at(-1) ?? "";
    expect(last).toMatch(/^millrace: worker w: .*the token is missing or wrong/);
  });
});

describe("a cluster", () => {
  const small = ["--nworkers", "2", "--nthreads", "1", "--memory-limit", "256MiB", "--name", "w"];

  it("is a scheduler and its workers, which end with it", async () => {
    const running = started("cluster", "--port", "0", "--json", ...small);
    const ready = JSON.parse(await running.ready) as Ready & { names: string[] };
    expect(ready).toMatchObject({ kind: "cluster", names: ["w-0", "w-1"], threads: 1 });
    const { token } = JSON.parse(readFileSync(ready.schedulerFile, "utf8")) as { token: string };
    await using client = await Client.connect(ready.url, { token });
    const pids = [...(await client.run(() => process.pid)).values()];
    await client.close();
    running.stop();
    expect((await running.ended).code).toBe(0);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(readdirSync(join(folder.path, "millrace"))).toEqual([]);
  });

  it("says to people how many workers it has, and where its page is", async () => {
    const running = started("cluster", "--port", "0", ...small);
    const [ready, page] = (await running.ready).split("\n");
    expect(ready).toMatch(/^millrace cluster ready: 2 workers of 1 threads at ws:\S+, found by \//);
    expect(page).toMatch(/^page, to be opened once: http:/);
  });

  it("ends by itself, where that is wanted", async () => {
    const running = started("cluster", "--port", "0", "--idle-timeout", "1s", ...small);
    expect((await running.ended).code).toBe(0);
  });

  it("ends where its workers cannot start, and says why", async () => {
    writeFileSync(join(folder.path, "file"), "");
    const noFolder = ["--local-directory", join(folder.path, "file")];
    const { code, err } = await run(["cluster", "--port", "0", ...small, ...noFolder]).ended;
    expect(code).toBe(2);
    expect(err).toMatch(/^millrace: .*file/);
    expect(readdirSync(folder.path)).toEqual(["file"]);
  });
});

describe("what is set", () => {
  it("is shown with where it comes from, and secrets are not", async () => {
    const path = join(folder.path, "millrace.yaml");
    writeFileSync(
      path,
      "port: 1234\nthreads: 2\ntoken: s3cret-of-the-file\nresources:\n  gpu: 1\n",
    );
    process.env["MILLRACE_CONFIG"] = path;
    process.env["MILLRACE_THREADS"] = "3";
    const { code, out } = await run(["config"]).ended;
    expect(code).toBe(0);
    expect(out.replaceAll(folder.path, "…")).toMatchInlineSnapshot(`
      "threads    3  from MILLRACE_THREADS
      resources  {"gpu":1}  from …/millrace.yaml:4
      port       1234  from …/millrace.yaml:1
      token      "(secret)"  from …/millrace.yaml:3
      "
    `);
    const shown = JSON.parse((await run(["config", "--json"]).ended).out) as { name: string }[];
    expect(shown.map(({ name }) => name)).toEqual(["threads", "resources", "port", "token"]);
  });

  it("is nothing where nothing is set", async () => {
    expect(await run(["config"]).ended).toEqual({ code: 0, out: "Nothing is set.\n", err: "" });
  });

  it("counts for a command, and a flag counts more", async () => {
    process.env["MILLRACE_PORT"] = "99";
    process.env["MILLRACE_JSON"] = "yes";
    process.env["MILLRACE_SCHEDULER_FILE"] = join(folder.path, "f.json");
    const running = started("scheduler", "--port", "0");
    expect(JSON.parse(await running.ready)).toMatchObject({
      event: "ready",
      schedulerFile: join(folder.path, "f.json"),
    });
  });
});

it("help and version are asked for, and no mistakes", async () => {
  const [help, version, worker] = await Promise.all([
    run(["--help"]).ended,
    run(["--version"]).ended,
    run(["worker", "--help"]).ended,
  ]);
  expect([help.code, version.code, worker.code]).toEqual([0, 0, 0]);
  expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  const names = ["scheduler", "worker", "cluster", "run", "status", "config", "certs"];
  for (const name of names) expect(help.out).toContain(name);
  expect(worker.out).toContain("--no-nanny");
  expect(worker.out.replaceAll(/\s+/g, " ")).toContain("--host <host> where peers find it");
});

describe("the program itself", () => {
  const program = join(root, "packages/millrace/bin/millrace.js");

  function spawned(...argv: string[]): ChildProcessWithoutNullStreams {
    const child = spawn(process.execPath, [program, ...argv], { stdio: "pipe" });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  }

  it("writes one line and no stack, and exits with 2", async () => {
    const child = spawned("worker", "tcp://127.0.0.1:1");
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, "close")) as [number];
    expect({ code, lines: err.trimEnd().split("\n").length }).toEqual({ code: 2, lines: 1 });
  });

  it("leaves nothing behind after Ctrl-C, without a terminal", async () => {
    const child = spawned("scheduler", "--port", "0");
    await once(child.stdout, "data");
    expect(readdirSync(join(folder.path, "millrace"))).toHaveLength(1);
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(readdirSync(join(folder.path, "millrace"))).toEqual([]);
  });

  it("leaves nothing behind when its terminal is closed", async () => {
    const child = spawned("scheduler", "--port", "0", "--json");
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { schedulerFile } = JSON.parse(line.toString()) as Ready;
    child.kill("SIGHUP");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(existsSync(schedulerFile)).toBe(false);
  });

  it("does not mind that nobody reads what it writes", async () => {
    const child = spawned("worker", "ws://127.0.0.1:1", "--token", "t", "--death-timeout", "2s");
    child.stderr.destroy();
    child.stdout.destroy();
    expect(await once(child, "exit")).toEqual([2, null]);
  });

  it("ends at once after a second Ctrl-C", async () => {
    const scheduler = spawned("scheduler", "--port", "0", "--json");
    const [line] = (await once(scheduler.stdout, "data")) as [Buffer];
    const { url } = JSON.parse(line.toString()) as Ready;
    const flags = ["--nthreads", "1", "--memory-limit", "256MiB"];
    const worker = spawned("worker", url, ...flags, "--json");
    await once(worker.stdout, "data");
    // A worker that is frozen does not retire.
    let err = "";
    worker.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const pid = (await workerOf(worker.pid ?? 0)) ?? 0;
    process.kill(pid, "SIGSTOP");
    worker.kill("SIGINT");
    while (!err.includes("workers end")) await once(worker.stderr, "data");
    worker.kill("SIGINT");
    expect(await once(worker, "exit")).toEqual([130, null]);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    scheduler.kill("SIGTERM");
    expect(await once(scheduler, "exit")).toEqual([0, null]);
  });
});

/** The process that another has started. */
async function workerOf(parent: number): Promise<number | undefined> {
  const child = spawn("ps", ["-A", "-o", "pid=,ppid="], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  return rows.find(([, ppid]) => ppid === parent)?.[0];
}
