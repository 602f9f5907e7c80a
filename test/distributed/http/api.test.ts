import type {
  ApiAttempt,
  ApiCluster,
  ApiEvent,
  ApiEvents,
  ApiGroups,
  ApiRuns,
  ApiStories,
  ApiStory,
  ApiTask,
  ApiTasks,
  ApiTaskStream,
  ApiWorkers,
} from "@millrace/distributed";
import { Client } from "@millrace/distributed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Served, token, until } from "./served.ts";

let served: Served;
let client: Client;

beforeAll(async () => {
  served = await Served.start();
  await served.addWorker("alice");
  await served.addWorker("bob");
  client = await Client.connect(served.server.url, { token, name: "tester" });
});

afterAll(async () => {
  await client.close();
  await served[Symbol.asyncDispose]();
});

const read = <T>(path: string): Promise<T> => served.read<T>(path);
const square = (n: number): number => n * n;
/** A key as it stands in an address. */
const quoted = (key: string): string => encodeURIComponent(key);

async function pagesOf<T extends { readonly next: string | null }, I>(
  path: string,
  itemsOf: (page: T) => readonly I[],
): Promise<readonly (readonly I[])[]> {
  const pages: (readonly I[])[] = [];
  for (let next: string | null = ""; next !== null;) {
    const page: T = await read<T>(`${path}${next === "" ? "" : `&cursor=${next}`}`);
    pages.push(itemsOf(page));
    next = page.next;
  }
  return pages;
}

describe("the cluster", () => {
  it("is shown with versions, counts and limits", async () => {
    const cluster = await read<ApiCluster>("/api/v1/cluster");
    expect(cluster).toMatchObject({
      version: /^\d+\.\d+\.\d+$/.exec(cluster.version)?.[0],
      node: process.version,
      url: served.server.url,
      pid: process.pid,
      workerCount: 2,
      threadCount: 2,
      clientCount: 1,
      memoryBytesMax: 2 ** 29,
      limits: { workerTimeoutMs: 15_000, attemptsMax: 65_536, eventsMax: 1_024, pageMax: 1_000 },
    });
    expect(cluster.startedMs).toBeLessThanOrEqual(cluster.nowMs);
  });

  it("has limits of its own where it was told some", async () => {
    const settings = { workerTimeoutMs: Infinity, attemptsMax: 10, journalMax: 4, storyMax: 0 };
    await using other = await Served.start({ settings });
    const { limits } = await other.read<ApiCluster>("/api/v1/cluster");
    expect(limits).toMatchObject({
      workerTimeoutMs: null,
      attemptsMax: 10,
      eventsMax: 4,
      storyMax: 0,
    });
  });
});

describe("workers", () => {
  it("are listed with what they have and do, page by page", async () => {
    const pages = await pagesOf<ApiWorkers, string>("/api/v1/workers?limit=1", ({ workers }) =>
      workers.map(({ name }) => name),
    );
    expect(pages).toEqual([["alice"], ["bob"]]);
    const [worker] = (await read<ApiWorkers>("/api/v1/workers")).workers;
    expect(worker).toMatchObject({
      status: "running",
      threads: 1,
      memoryBytesMax: 2 ** 28,
      sentCount: 0,
      resources: { GPU: { total: 2, free: 2 } },
    });
    const { workers } = await until(
      () => read<ApiWorkers>("/api/v1/workers"),
      (found) => found.workers.every(({ process: told }) => told !== null),
    );
    for (const { process: told } of workers) {
      expect(told).toMatchObject({ memoryBytes: 0, diskBytes: 0 });
      expect(told?.residentBytes).toBeGreaterThan(10e6);
      expect(told?.cpuSeconds).toBeGreaterThan(0);
    }
    expect(worker?.joinedMs).toBeLessThanOrEqual(worker?.lastSeenMs ?? 0);
  });

  it("that come and go are in the events, with the reason", async () => {
    const { next } = await read<ApiEvents>("/api/v1/events?limit=0");
    const carol = await served.addWorker("carol");
    await carol.close();
    const { events, forgotten } = await until(
      () => read<ApiEvents>(`/api/v1/events?since=${next}`),
      ({ events: found }) => found.length === 2,
    );
    const facts = { worker: "carol", epoch: expect.any(Number), atMs: expect.any(Number) };
    expect(events).toEqual([
      { ...facts, kind: "worker-joined", number: next, threads: 1, address: expect.any(String) },
      {
        ...facts,
        kind: "worker-left",
        number: next + 1,
        reason: "the worker was closed",
        tasks: 0,
        values: 0,
      },
    ]);
    expect(forgotten).toBe(0);
  });
});

describe("runs and tasks", () => {
  it("a run is listed while something of it is wanted, the newest first", async () => {
    const futures = client.map(square, [1, 2, 3], { key: "squares" });
    await client.gather(futures);
    const later = client.submit(square, [4]);
    await later.result();
    const { runs } = await read<ApiRuns>("/api/v1/runs");
    expect(runs.map(({ taskCount }) => taskCount)).toEqual([1, 3]);
    expect(runs[1]).toMatchObject({
      client: "tester",
      status: "done",
      outputCount: 3,
      tasks: { memory: 3, queued: 0, processing: 0, erred: 0 },
      retriedCount: 0,
      priority: 0,
    });
    const pages = await pagesOf<ApiRuns, number>("/api/v1/runs?limit=1", (page) =>
      page.runs.map(({ run }) => run),
    );
    expect(pages.flat()).toEqual(runs.map(({ run }) => run));
    for (const each of [...futures, later]) each.release();
    await until(
      () => read<ApiRuns>("/api/v1/runs"),
      (found) => found.runs.length === 0,
    );
  });

  it("tasks are counted by state, and listed where a run or a state is asked for", async () => {
    const futures = client.map(square, [1, 2, 3, 4, 5], { key: "listed" });
    await client.gather(futures);
    const all = await read<ApiTasks>("/api/v1/tasks");
    expect([all.counts.memory, all.tasks, all.next]).toEqual([5, [], null]);
    const pages = await pagesOf<ApiTasks, ApiTask>(
      "/api/v1/tasks?state=memory&limit=2",
      ({ tasks }) => tasks,
    );
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(pages.flat().map(({ key }) => key)).toEqual(futures.map(({ key }) => key));
    expect(pages[0]?.[0]).toMatchObject({
      group: "listed",
      state: "memory",
      copies: 1,
      failures: 0,
      deaths: 0,
      isSuspect: false,
    });
    expect(["alice", "bob"]).toContain(pages[0]?.[0]?.worker);
    const [first] = (await read<ApiRuns>("/api/v1/runs")).runs;
    const own = await read<ApiTasks>(`/api/v1/tasks?run=${first?.run}`);
    expect(own.tasks).toEqual(pages.flat());
    expect((await read<ApiTasks>("/api/v1/tasks?run=999999")).counts.memory).toBe(0);
    for (const each of futures) each.release();
  });

  it("what a task went through is told by its key", async () => {
    using future = client.submit(square, [9], { key: 'odd "key" <b>/ü' });
    await future.result();
    const { tasks, story } = await read<ApiStory>(`/api/v1/story?key=${quoted(future.key)}`);
    expect(tasks.map(({ key, state }) => [key, state])).toEqual([[future.key, "memory"]]);
    expect(story.map(({ from, to }) => `${from} to ${to}`)).toEqual([
      "queued to processing",
      "processing to memory",
    ]);
    expect(story.map(({ worker }) => worker)).toEqual([tasks[0]?.worker, tasks[0]?.worker]);
    const none = await read<ApiStory>("/api/v1/story?key=unknown");
    expect(none).toEqual({ tasks: [], story: [] });
    const { story: all, next } = await read<ApiStories>("/api/v1/stories?limit=2");
    expect(all.map(({ key }) => key)).toEqual([future.key, future.key]);
    expect(await read<ApiStories>(`/api/v1/stories?since=${next}`)).toEqual({
      story: [],
      next,
      forgotten: 0,
    });
  });

  it("a slot that has another task by now does not lend it its story", async () => {
    const first = client.submit(square, [1], { key: "first-in-slot" });
    await first.result();
    const slot = (await read<ApiStory>("/api/v1/story?key=first-in-slot")).tasks[0]?.task;
    first.release();
    await until(
      () => read<ApiStory>("/api/v1/story?key=first-in-slot"),
      ({ tasks }) => tasks.length === 0,
    );
    using second = client.submit(square, [2], { key: "second-in-slot" });
    await second.result();
    const { tasks, story } = await read<ApiStory>("/api/v1/story?key=second-in-slot");
    expect(tasks[0]?.task).toBe(slot);
    expect(story).toHaveLength(2);
  });
});

describe("attempts", () => {
  it("are a stream that is read from where one has come to", async () => {
    const { next } = await read<ApiTaskStream>("/api/v1/task-stream?limit=0");
    const futures = client.map(square, [1, 2, 3], { key: "streamed" });
    await client.gather(futures);
    const failing = client.submit(
      function failing(): number {
        throw new Error("no");
      },
      [],
      { key: "failing", retries: 1 },
    );
    await expect(failing.result()).rejects.toThrow();
    const { attempts } = await read<ApiTaskStream>(`/api/v1/task-stream?since=${next}`);
    expect(attempts.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4].map((n) => next + n));
    const told = attempts.map(({ key, group, outcome }) => [key, group, outcome]);
    const inOrder = told.toSorted((a, b) => String(a).localeCompare(String(b)));
    expect(inOrder).toEqual([
      ["failing", "failing", "failed"],
      ["failing", "failing", "failed"],
      ...[0, 1, 2].map((n) => [futures[n]?.key, "streamed", "done"]),
    ]);
    for (const { startMs, endMs } of attempts) expect(startMs).toBeLessThanOrEqual(endMs);
    const part = await read<ApiTaskStream>(`/api/v1/task-stream?since=${next + 1}&limit=2`);
    expect([part.attempts, part.next]).toEqual([attempts.slice(1, 3), next + 3]);
    for (const each of [...futures, failing]) each.release();
    const later = await until(
      () => read<ApiTaskStream>(`/api/v1/task-stream?since=${next}&limit=1`),
      ({ attempts: [first] }) => first?.key === null,
    );
    expect(later.attempts[0]).toEqual({ ...(attempts[0] as ApiAttempt), key: null });
  });

  it("of a worker that died have no beginning, and its tasks are told of", async () => {
    await using other = await Served.start({ settings: { allowedFailures: 1 } });
    const worker = await other.addWorker("mortal");
    await using own = await Client.connect(other.server.url, { token });
    const future = own.submit(() => new Promise<number>(() => undefined), [], { key: "stuck" });
    await until(
      () => other.read<ApiTasks>("/api/v1/tasks?state=processing"),
      ({ tasks }) => tasks.length === 1,
    );
    await worker.close();
    const { attempts } = await until(
      () => other.read<ApiTaskStream>("/api/v1/task-stream"),
      ({ attempts: found }) => found.length === 1,
    );
    expect(attempts[0]).toMatchObject({
      key: "stuck",
      worker: "mortal",
      startMs: null,
      outcome: "lost",
    });
    const { events } = await other.read<ApiEvents>("/api/v1/events");
    expect(events.find(({ kind }) => kind === "worker-left")).toMatchObject({ tasks: 1 });
    future.release();
  });
});

describe("groups", () => {
  it("say what tasks of one kind cost in all runs, also when these are gone", async () => {
    const double = (n: number): number => 2 * n;
    for (let round = 0; round < 2; round++) {
      const futures = client.map(double, [1, 2, 3]);
      await client.gather(futures);
      for (const each of futures) each.release();
    }
    const { groups } = await read<ApiGroups>("/api/v1/groups?limit=1000");
    const [group, ...others] = groups.filter(({ name }) => name === "double");
    expect(others).toEqual([]);
    expect(group).toMatchObject({ doneCount: 6, failedCount: 0, lostCount: 0 });
    expect(group?.functions).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(group?.meanSeconds).toBeCloseTo((group?.totalSeconds ?? 0) / 6, 12);
    expect(group?.longestSeconds).toBeLessThanOrEqual(group?.totalSeconds ?? 0);
    expect(group?.madeBytes).toBeGreaterThan(0);
  });
});

describe("events", () => {
  it("tell what became of runs, and why tasks failed", async () => {
    const { next } = await read<ApiEvents>("/api/v1/events?limit=0");
    const failing = client.submit(
      (): number => {
        throw new Error("secret");
      },
      [],
      { key: "fails", retries: 2 },
    );
    await expect(failing.result()).rejects.toThrow();
    failing.release();
    const { events } = await until(
      () => read<ApiEvents>(`/api/v1/events?since=${next}`),
      (found) => found.events.some(({ kind }) => kind === "run-ended"),
    );
    const run = events.find(
      (event): event is Extract<ApiEvent, { kind: "run-accepted" }> =>
        event.kind === "run-accepted",
    )?.run;
    const plain = events.map(({ atMs: _, number: __, ...facts }) => facts);
    expect(plain).toMatchObject([
      { kind: "run-accepted", run, client: "tester", tasks: 1 },
      { kind: "task-failed", run, key: "fails", failure: "threw", attempts: 3 },
      { kind: "run-ended", run, client: "tester", tasks: 1, failed: 1 },
    ]);
    // What user code throws is a value of the user.
    expect(JSON.stringify(events)).not.toContain("secret");
  });

  it("about runs do not push out those about workers, and a gap is told", async () => {
    await using other = await Served.start({ settings: { journalMax: 4 } });
    await other.addWorker("w");
    await using own = await Client.connect(other.server.url, { token });
    for (let n = 0; n < 10; n++) {
      using future = own.submit(square, [n]);
      await future.result();
    }
    const found = await until(
      () => other.read<ApiEvents>("/api/v1/events?since=0&limit=1000"),
      ({ next }) => next === 22,
    );
    expect(found.events.slice(0, 2).map(({ kind }) => kind)).toEqual([
      "worker-joined",
      "client-joined",
    ]);
    expect(found.forgotten).toBe(22 - found.events.length);
    expect(found.forgotten).toBeGreaterThan(10);
  });
});
