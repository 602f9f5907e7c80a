import { wait } from "@millrace/distributed";
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

  test("a key that is no text, or an empty one", () => {
    for (const key of ["", 5 as never]) {
      expect(() => client.submit(identity, [1], { key })).toThrow("Client.submit: bad key");
      expect(() => client.map(identity, [1], { key })).toThrow("Client.map: bad key");
    }
    expect(() => client.map(identity, [1], { key: "a/b" })).toThrow(
      'Client.map: bad key, got "a/b", wanted a text without a slash',
    );
  });

  test("a choice among no workers", () => {
    const none = { workers: [] };
    const wanted =
      "bad annotation 'workers', got an array of 0, wanted an array of one or more worker names";
    expect(() => client.submit(identity, [1], none)).toThrow(wanted);
    expect(() => client.map(identity, [1], none)).toThrow(wanted);
  });

  test("what is no future", () => {
    const none = undefined as never;
    expect(() => client.retry(none)).toThrow("Client.retry: this is no future, got undefined");
  });
});
