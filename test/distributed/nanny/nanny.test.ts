import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Log } from "../../../packages/distributed/dist/log.js";
import { Nanny, type NannyOptions } from "../../../packages/distributed/dist/nanny/nanny.js";

const MIB = 2 ** 20;
const main = new URL("fixtures/stand-in.mjs", import.meta.url);
/** Restarts do not wait, so that giving up takes no time. */
const quick = { backoffMs: 1, backoffMsMax: 1 };

interface Told {
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

function start(
  name: string,
  { worker = {}, ...options }: Partial<Omit<NannyOptions, "worker">> & { worker?: object } = {},
): { nanny: Nanny; told: Told[]; seen: (event: string, count: number) => Promise<void> } {
  const told: Told[] = [];
  let changed = (): void => undefined;
  const tell = (event: string, facts: object = {}): void => {
    told.push({ event, facts: facts as Record<string, unknown> });
    changed();
  };
  const seen = async (event: string, count: number): Promise<void> => {
    while (told.filter((each) => each.event === event).length < count) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  const log: Log = { debug: tell, info: tell, warn: tell, error: tell };
  const nanny = Nanny.start({
    worker: {
      scheduler: "ws://127.0.0.1:1",
      name,
      threads: 1,
      memoryBytesMax: Infinity,
      localDirectory: "/",
      resources: {},
      host: "127.0.0.1",
      deathTimeoutMs: 1000,
      ...worker,
    },
    main,
    log,
    settings: quick,
    ...options,
  });
  onTestFinished(async () => {
    await nanny.kill();
  });
  return { nanny, told, seen };
}

const events = (told: readonly Told[]): string[] => told.map(({ event }) => event);

it("a worker is ready, retires when asked, and nothing is left", async () => {
  const { nanny, told } = start("good");
  await Promise.race([nanny.ready, nanny.ended]);
  const { pid } = nanny;
  expect(await nanny.retire()).toEqual({ kind: "retired", reason: "that was wanted" });
  expect(nanny.pid).toBeUndefined();
  expect(() => process.kill(pid ?? 0, 0)).toThrow("ESRCH");
  expect(events(told)).toEqual(["worker started", "worker ready"]);
});

it("a worker that is closed ends without retiring", async () => {
  const { nanny } = start("good");
  await Promise.race([nanny.ready, nanny.ended]);
  expect(await nanny.close()).toEqual({ kind: "closed", reason: "that was wanted" });
});

it("a worker waits for the address of its scheduler, and ends where there will be none", async () => {
  let resolve: (url: string) => void = () => undefined;
  const promise = new Promise<string>((known) => (resolve = known));
  const { nanny } = start("good", { worker: { scheduler: promise } });
  let isReady = false;
  void nanny.ready.then(() => (isReady = true));
  expect(nanny.pid).toBeGreaterThan(0);
  expect(isReady).toBe(false);
  resolve("ws://127.0.0.1:1");
  await Promise.race([nanny.ready, nanny.ended]);
  expect(await nanny.close()).toEqual({ kind: "closed", reason: "that was wanted" });

  const failed = Promise.reject<string>(new Error("no port"));
  const { nanny: other } = start("good", { worker: { scheduler: failed } });
  expect(await other.ended).toEqual({ kind: "closed", reason: "that was wanted" });
});

it("a worker that was killed is there again, and both are told apart", async () => {
  const { nanny, told, seen } = start("good");
  await Promise.race([nanny.ready, nanny.ended]);
  const first = nanny.pid ?? 0;
  process.kill(first, "SIGKILL");
  await seen("worker ready", 2);
  expect(nanny.pid).not.toBe(first);
  const died = told.find(({ event }) => event === "worker died");
  expect(died?.facts["reason"]).toMatch(/^signal SIGKILL of somebody else/);
});

it("a worker that dies again and again is given up, with its last words", async () => {
  const { nanny, told } = start("exit");
  const end = await nanny.ended;
  expect(end.kind).toBe("gave-up");
  expect(end.reason).toMatch(
    /^it was started anew 5 times within 60 s; the last died of exit 7\. Its last words: [^]*stand/,
  );
  expect(events(told).filter((event) => event === "worker started")).toHaveLength(6);
});

describe("there is no other worker after one", () => {
  it("that was refused", async () => {
    const { nanny } = start("refused");
    expect(await nanny.ended).toEqual({ kind: "refused", reason: "protocol 4, wanted 5" });
  });

  it("whose scheduler is lost", async () => {
    const { nanny } = start("lost");
    expect(await nanny.ended).toEqual({ kind: "scheduler-lost", reason: "silent for 60 s" });
  });

  it("whose options are no good", async () => {
    const { nanny } = start("misled");
    const reason = "start: the folder is no folder";
    expect(await nanny.ended).toEqual({ kind: "not-started", reason });
  });
});

it("an error that nobody foresaw is a death, with its stack", async () => {
  const { nanny } = start("throws");
  const { kind, reason } = await nanny.ended;
  expect(kind).toBe("gave-up");
  expect(reason).toContain("a bug, and no mistake of the user");
});

it("a worker that takes too much memory is killed before the system does it", async () => {
  const worker = { memoryBytesMax: 200 * MIB };
  const { nanny } = start("memory", { worker, settings: { ...quick, restartsMax: 0 } });
  const { kind, reason } = await nanny.ended;
  expect(kind).toBe("gave-up");
  const [, peak = "0"] =
    /out of memory: (\d+) MiB of a limit of 200 MiB were taken/.exec(reason) ?? [];
  expect(Number(peak)).toBeGreaterThanOrEqual(190);
});

it("a heap that is full is told as such", async () => {
  const execArgv = ["--max-old-space-size=40"];
  const { nanny } = start("heap", { execArgv, settings: { ...quick, restartsMax: 0 } });
  expect((await nanny.ended).reason).toMatch(/exit 134, the heap limit of JavaScript was reached/);
});

it("a worker that is frozen dies all the same", async () => {
  const { nanny } = start("good", { settings: { ...quick, terminateMs: 200 } });
  await Promise.race([nanny.ready, nanny.ended]);
  process.kill(nanny.pid ?? 0, "SIGSTOP");
  expect(await nanny.retire()).toEqual({
    kind: "killed",
    reason: "it did not end within 0.2 s when asked to",
  });
});

it("a second thought about a worker that retires is quicker", async () => {
  const { nanny } = start("stubborn");
  await Promise.race([nanny.ready, nanny.ended]);
  void nanny.retire();
  expect(await nanny.kill()).toEqual({ kind: "killed", reason: "that was wanted" });
});

it("the last words of a noisy worker are kept, and no more", async () => {
  let bytes = 0;
  const output = (chunk: Buffer): void => {
    bytes += chunk.length;
  };
  const { nanny } = start("noisy", { output, settings: { ...quick, restartsMax: 0 } });
  const { reason } = await nanny.ended;
  expect(reason).toMatch(/x\nthe last line\n.*stand-in/);
  expect(reason.length).toBeLessThan(5000);
  expect(Buffer.byteLength(nanny.logs().stderr)).toBe(64 * 1024);
  expect(nanny.logs().stdout).toBe("spoken\n");
  expect(bytes).toBeGreaterThan(MIB);
});

it("secrets travel over the channel alone: not by arguments or variables", async () => {
  process.env["MILLRACE_TOKEN"] = "from outside";
  onTestFinished(() => {
    delete process.env["MILLRACE_TOKEN"];
  });
  const { nanny } = start("good", { worker: { token: "t0ken" }, json: true });
  await Promise.race([nanny.ready, nanny.ended]);
  await nanny.retire();
  const line = JSON.parse(nanny.logs().stderr) as Record<string, unknown>;
  expect(line).toMatchObject({ level: "info", event: "stand-in", secret: "t0ken", env: "none" });
});

it("a lifetime ends in another worker where that is wanted", async () => {
  const settings = { ...quick, lifetimeMs: 300, lifetimeRestart: true };
  const { nanny, seen } = start("good", { settings });
  await seen("worker ready", 2);
  expect(await nanny.retire()).toMatchObject({ kind: "retired" });
});

it("a module that is not there is told, after some tries", async () => {
  const { nanny } = start("good", { main: new URL("fixtures/absent.mjs", import.meta.url) });
  const { kind, reason } = await nanny.ended;
  expect(kind).toBe("gave-up");
  expect(reason).toContain("absent.mjs");
});

describe("a worker whose nanny is gone ends by itself", () => {
  const path = fileURLToPath(new URL("fixtures/nanny-process.mjs", import.meta.url));

  it.each(["good", "stubborn"])("one that is %s", async (name) => {
    const nanny = spawn(process.execPath, [path, name], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(nanny.stdout, "data")) as [Buffer];
    const worker = Number(line.toString());
    nanny.kill("SIGKILL");
    await once(nanny, "exit");
    while (isRunning(worker)) await new Promise((next) => setTimeout(next, 20));
    expect(nanny.signalCode).toBe("SIGKILL");
  });
});

/** A process that ended and for whose end nobody has asked is no worker any more. */
function isRunning(pid: number): boolean {
  try {
    if (process.platform !== "linux") return process.kill(pid, 0);
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text[text.lastIndexOf(")") + 2] !== "Z";
  } catch {
    return false;
  }
}
