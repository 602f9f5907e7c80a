import { wait } from "@millrace/distributed";
import { TaskGraph } from "@millrace/graph";
import { describe, expect, test } from "vitest";
import { client } from "./lib/open-cluster.ts";

const identity = (n: number): number => n;
const invalid = { name: "DistributedError", code: "distributed/invalid-argument" };

/** An array in an array, and so on. */
function nested(depth: number): unknown[] {
  let outer: unknown[] = [];
  for (let n = 0; n < depth; n++) outer = [outer];
  return outer;
}

describe("map takes the items that submit takes as arguments", () => {
  test("however deep they are", () => {
    const [future] = client.map((_: unknown) => 1, [nested(20_000)]);
    expect(future?.status).toBe("pending");
    future?.release();
  });

  test("with futures in them, in objects without a prototype too", async () => {
    const one = client.submit(identity, [1]);
    const bare = Object.assign(Object.create(null) as { f: number }, { f: one });
    const items = [bare, { f: one }];
    const found = client.map(({ f }: { f: number }) => f + 1, items as never);
    expect(await client.gather(found)).toEqual([2, 2]);
  });
});

describe("what cannot be meant is refused where it is said", () => {
  const one = (): unknown => client.submit(identity, [1]);

  test.each([NaN, -1, 1e12, "5"])("a timeout of %s", async (timeoutMs) => {
    const refused = { ...invalid, message: expect.stringContaining("from 0 to 2147483647") };
    const options = { timeoutMs: timeoutMs as number };
    await expect(wait([one() as never], options)).rejects.toMatchObject(refused);
    await expect(client.queue("bad").get(options)).rejects.toMatchObject(refused);
  });

  test("a signal that is none", async () => {
    const refused = { ...invalid, message: expect.stringContaining("wanted an AbortSignal") };
    const options = { signal: "x" as never };
    await expect(wait([one() as never], options)).rejects.toMatchObject(refused);
    await expect(client.queue("bad").get(options)).rejects.toMatchObject(refused);
  });

  test("a key that is no text, too long a one, or one that is none elsewhere", () => {
    for (const key of ["", 5 as never, "x".repeat(10_000_000), "a\ud83d"]) {
      expect(() => client.submit(identity, [1], { key })).toThrow("Client.submit: bad key");
      expect(() => client.map(identity, [1], { key })).toThrow("Client.map: bad key");
    }
    expect(() => client.map(identity, [1], { key: "a/b" })).toThrow(
      'Client.map: bad key, got "a/b", wanted a text without a slash',
    );
  });

  test("advice that means nothing, by the call that was given it", async () => {
    const wrong = [
      { workers: [] },
      { workers: "worker-0" },
      { retries: -1 },
      { priority: NaN },
      { resources: { gpu: -1 } },
      { allowOtherWorkers: 1 },
    ] as never[];
    for (const options of wrong) {
      const told = (api: string): object => ({
        ...invalid,
        message: expect.stringMatching(`^${api}: bad annotation '\\w+', got `),
      });
      expect(() => client.submit(identity, [1], options)).toThrow(
        expect.objectContaining(told("Client.submit")),
      );
      expect(() => client.map(identity, [1], options)).toThrow(
        expect.objectContaining(told("Client.map")),
      );
      // Nor does it matter what else would be done with the items.
      expect(() => client.map(identity, [], { ...(options as object), pure: true })).toThrow(
        expect.objectContaining(told("Client.map")),
      );
    }
    await expect(client.actor(class {}, [], { resources: { gpu: -1 } })).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("Client.actor: bad annotation 'resources'"),
    });
  });

  test("names that are none, or would be others elsewhere", async () => {
    for (const name of ["", null, 5, "x".repeat(257), "a\ud83d"] as never[]) {
      for (const open of ["queue", "lock", "event", "variable", "topic"] as const) {
        expect(() => client[open](name)).toThrow(expect.objectContaining(invalid));
      }
      expect(() => client.semaphore(name, 1)).toThrow(expect.objectContaining(invalid));
      await expect(client.publish(name, one() as never)).rejects.toMatchObject(invalid);
      await expect(client.actor(class {}, [], { name })).rejects.toMatchObject(invalid);
    }
  });

  test("pure that is neither true nor false", () => {
    const options = { pure: "no" as never };
    expect(() => client.submit(identity, [1], options)).toThrow("Client.submit: bad pure");
    expect(() => client.map(identity, [1], options)).toThrow("Client.map: bad pure");
  });

  test("workers on which a function is to be called", async () => {
    for (const workers of [[], "worker-0", null, [1], 5] as never[]) {
      await expect(client.run(() => 1, [], { workers })).rejects.toMatchObject({
        ...invalid,
        message: expect.stringContaining("Client.run: bad annotation 'workers'"),
      });
    }
    await expect(client.run(() => 1, {} as never)).rejects.toThrow("Client.run: the arguments");
  });

  test("what is no graph, and no list of keys", async () => {
    const graph = TaskGraph.from({ a: 1 });
    const drain = async (...args: unknown[]): Promise<void> => {
      for await (const _ of client.stream(...(args as Parameters<typeof client.stream>)));
    };
    const run = (...args: unknown[]): unknown => client.run(...(args as [never]));
    const persist = (...args: unknown[]): unknown => client.persist(...(args as [never, [], {}]));
    for (const call of [run, persist, drain]) {
      for (const args of [
        [null, ["a"], {}],
        [5, ["a"], {}],
        [{}, ["a"], {}],
        [graph, null, {}],
        [graph, "a", {}],
        [graph, [5], {}],
        [graph, ["a"], null],
      ]) {
        await expect((async () => call(...args))()).rejects.toMatchObject(invalid);
      }
      await expect((async () => call(graph, ["b"], {}))()).rejects.toMatchObject({
        code: "graph/missing-key",
      });
    }
    expect(await client.run(graph, ["a", "a"], {})).toEqual([1, 1]);
  });

  test("what is no path", async () => {
    for (const path of [null, 5, "", []] as never[]) {
      await expect(client.dump(path)).rejects.toMatchObject({
        ...invalid,
        message: expect.stringContaining("Client.dump: bad path") as string,
      });
    }
  });

  test("of a function whose name has a slash, items are mapped", async () => {
    const { "a/b": fn } = { "a/b": (n: number): number => n + 1 };
    expect(await client.gather(client.map(fn, [1]))).toEqual([2]);
  });

  test("what is no future", () => {
    const none = undefined as never;
    expect(() => client.retry(none)).toThrow("Client.retry: this is no future, got undefined");
  });
});

test("a callback for progress that rejects is told by wait, at the beginning or the end", async () => {
  const done = client.submit(identity, [1]);
  await done.settled();
  const rejects = async (): Promise<void> => Promise.reject(new Error("of progress"));
  await expect(wait([done], { onProgress: rejects })).rejects.toThrow("of progress");
  let count = 0;
  const last = async (): Promise<void> => {
    if (count++ > 0) await rejects();
  };
  await expect(wait([done], { onProgress: last })).rejects.toThrow("of progress");
  expect(count).toBe(2);
});
