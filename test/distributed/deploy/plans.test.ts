import { describe, expect, it } from "vitest";
import { planScheduler } from "../../../packages/distributed/dist/deploy/plan-scheduler.js";
import {
  planWorkers,
  type MachineFacts,
} from "../../../packages/distributed/dist/deploy/plan-workers.js";
import {
  parseSchedulerUrl,
  schedulerUrlFor,
} from "../../../packages/distributed/dist/deploy/scheduler-url.js";

const GIB = 2 ** 30;
const facts: MachineFacts = {
  cores: 8,
  memoryBytes: 16 * GIB,
  name: "node-1",
  pid: 42,
  temporary: "/tmp",
};

describe("workers", () => {
  it("are one with all that the machine has, unless told otherwise", () => {
    expect(planWorkers({}, facts)).toEqual({
      names: ["node-1-42"],
      threads: 8,
      memoryBytesMax: 16 * GIB,
      localDirectory: "/tmp",
      resources: {},
      deathTimeoutMs: 60_000,
      hasNanny: true,
      nanny: {
        terminateMs: 30_000,
        lifetimeMs: Infinity,
        lifetimeStaggerMs: 0,
        lifetimeRestart: false,
      },
    });
  });

  it("share threads and memory, and have names of their own", () => {
    const { names, threads, memoryBytesMax } = planWorkers({ nworkers: 3, name: "w" }, facts);
    expect({ names, threads, memoryBytesMax }).toEqual({
      names: ["w-0", "w-1", "w-2"],
      threads: 2,
      memoryBytesMax: Math.floor((16 * GIB) / 3),
    });
  });

  it("are as many as fit the machine where that is left to it", () => {
    const counts = (cores: number, nthreads?: number): [number, number] => {
      const settings = {
        nworkers: "auto",
        ...(nthreads === undefined ? {} : { nthreads }),
      } as const;
      const { names, threads } = planWorkers(settings, { ...facts, cores });
      return [names.length, threads];
    };
    expect([counts(1), counts(4), counts(8), counts(64), counts(8, 4), counts(2, 4)]).toEqual([
      [1, 1],
      [4, 1],
      [3, 2],
      [8, 8],
      [2, 4],
      [1, 4],
    ]);
  });

  it("have the threads that executors are set to have, unless told otherwise", () => {
    expect(planWorkers({ threads: 3 }, facts).threads).toBe(3);
    expect(planWorkers({ threads: 3, nthreads: 5 }, facts).threads).toBe(5);
    expect(planWorkers({ threads: 3, nthreads: "auto" }, facts).threads).toBe(8);
  });

  it("on more workers than cores have a thread each", () => {
    expect(planWorkers({ nworkers: 20 }, facts).threads).toBe(1);
  });

  it("take what is set", () => {
    const plan = planWorkers(
      {
        memoryLimit: "2GiB",
        localDirectory: "/spill",
        resources: { gpu: 1 },
        deathTimeout: "5m",
        terminateTimeout: 0,
        lifetime: "1h",
        lifetimeStagger: "5m",
        lifetimeRestart: true,
      },
      facts,
    );
    expect(plan).toMatchObject({
      memoryBytesMax: 2 * GIB,
      localDirectory: "/spill",
      resources: { gpu: 1 },
      deathTimeoutMs: 300_000,
      nanny: {
        terminateMs: 0,
        lifetimeMs: 3_600_000,
        lifetimeStaggerMs: 300_000,
        lifetimeRestart: true,
      },
    });
  });

  it("that would have too little memory are refused, whoever has decided that", () => {
    const little = { ...facts, memoryBytes: GIB };
    expect(() => planWorkers({ nworkers: 10 }, little)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: --memory-limit: it is too little for a worker, got 102 MiB, which is the memory of the machine by 10 workers, wanted at least 128 MiB. Start fewer workers.]`,
    );
    expect(() => planWorkers({ memoryLimit: 127 * 2 ** 20 }, facts)).toThrow("at least 128 MiB");
    expect(planWorkers({ memoryLimit: "128MiB" }, little).memoryBytesMax).toBe(128 * 2 ** 20);
  });
});

describe("a scheduler", () => {
  it("is on loopback at port 8786, unless told otherwise", () => {
    expect(planScheduler({})).toEqual({
      host: "127.0.0.1",
      port: 8786,
      token: undefined,
      tlsFiles: undefined,
      insecureNetwork: false,
      hosts: [],
      idleTimeoutMs: undefined,
      noWorkersTimeoutMs: Infinity,
      schedulerFile: undefined,
    });
  });

  it("takes what is set", () => {
    const settings = {
      host: "[::1]",
      port: 0,
      tlsCa: "a",
      tlsCert: "b",
      tlsKey: "c",
      idleTimeout: "1m",
      noWorkersTimeout: "5s",
      allowedHosts: ["x"],
    };
    expect(planScheduler(settings)).toMatchObject({
      host: "::1",
      port: 0,
      tlsFiles: { ca: "a", cert: "b", key: "c" },
      idleTimeoutMs: 60_000,
      noWorkersTimeoutMs: 5_000,
      hosts: ["x"],
    });
  });
});

describe("an address", () => {
  it("is taken apart, and put together in one way", () => {
    const said = ["ws://a.example", "WS://a:1/", "wss://[::1]:5/ws", "ws://127.0.0.1:65535/ws/"];
    expect(said.map((each) => parseSchedulerUrl("url", each))).toEqual([
      { url: "ws://a.example:8786", isSecure: false, host: "a.example", port: 8786 },
      { url: "ws://a:1", isSecure: false, host: "a", port: 1 },
      { url: "wss://[::1]:5", isSecure: true, host: "::1", port: 5 },
      { url: "ws://127.0.0.1:65535", isSecure: false, host: "127.0.0.1", port: 65_535 },
    ]);
  });

  it("for others is a name of the certificate, or an address of the machine", () => {
    const url = (host: string, certified: string[], addresses: string[]): string =>
      schedulerUrlFor({ host, port: 1, isSecure: certified.length > 0 }, certified, addresses);
    expect([
      url("127.0.0.1", [], ["10.0.0.7"]),
      url("0.0.0.0", [], ["10.0.0.7"]),
      url("0.0.0.0", ["localhost", "c.example"], ["10.0.0.7"]),
      url("::", [], ["fe80::1"]),
      url("0.0.0.0", [], []),
      url("h.example", ["c.example"], []),
    ]).toEqual([
      "ws://127.0.0.1:1",
      "ws://10.0.0.7:1",
      "wss://c.example:1",
      "ws://[fe80::1]:1",
      "ws://127.0.0.1:1",
      "wss://h.example:1",
    ]);
  });
});
