import { Client } from "@millrace/distributed";
import { CancelledError, Delayed } from "@millrace/graph";
import { expect, test } from "vitest";
import { client, cluster } from "./lib/open-cluster.ts";

const fails = (): number => {
  throw new Error("no");
};
const identity = (n: number): number => n;
const returnsOne = (_: unknown): number => 1;

/** Another client, whose runs have other numbers than those of the first. */
async function otherClient(): Promise<Client> {
  const other = await Client.connect(cluster);
  await other.gather(other.map((n: number) => 100 * n, [1, 2, 3]));
  return other;
}

test("what could not be sent stays failed when it is tried again", async () => {
  const future = client.submit(returnsOne, [{ a: new WeakMap() }]);
  const error = await future.result().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "CaptureError" });
  client.retry(future);
  expect(future.status).toBe("error");
  await expect(future.result()).rejects.toBe(error);
});

test("a closed client tries nothing again and keeps nothing", async () => {
  const other = await Client.connect(cluster);
  const future = other.submit(fails, []);
  await expect(future.result()).rejects.toThrow("no");
  await other.close();
  expect(() => other.retry(future)).toThrow("Client.retry: the client was closed");
  expect(() => other.fireAndForget(future)).toThrow("Client.fireAndForget: the client was closed");
  client.retry(future);
  await expect(future.result()).rejects.toThrow("no");
});

test("what another client has tried again with success has a value for all", async () => {
  await using other = await otherClient();
  const name = `retry-${process.pid}-${Date.now()}`;
  const future = client.submit(
    async (flag: string): Promise<string> => {
      const [fs, { tmpdir }] = await Promise.all([import("node:fs"), import("node:os")]);
      const path = `${tmpdir()}/millrace-${flag}`;
      if (fs.existsSync(path)) {
        fs.unlinkSync(path);
        return "again";
      }
      fs.writeFileSync(path, "");
      throw new Error("first");
    },
    [name],
  );
  await expect(future.result()).rejects.toThrow("first");
  await client.variable<unknown>(name).set(future);
  const theirs = (await other.variable(name).get()) as typeof future;
  await expect(theirs.result()).rejects.toThrow("first");
  other.retry(theirs);
  expect(await theirs.result()).toBe("again");
  await expect.poll(() => future.status).toBe("finished");
  client.retry(future);
  expect(await future.result()).toBe("again");
  await client.variable(name).delete();
});

test("what is cancelled here runs on for another client that was given it", async () => {
  await using other = await otherClient();
  const name = `cancel-${process.pid}-${Date.now()}`;
  const future = client.submit(
    (n: number) => new Promise<number>((resolve) => setTimeout(() => resolve(n), 300)),
    [5],
  );
  const same = future.again();
  await client.variable<unknown>(name).set(future);
  const theirs = (await other.variable(name).get()) as typeof future;
  await client.variable(name).delete();
  await future.cancel();
  expect([future.status, same.status]).toEqual(["cancelled", "cancelled"]);
  expect(await theirs.result()).toBe(5);
});

test("a client asks about the futures of another one", async () => {
  await using other = await otherClient();
  const [own] = await client.scatter([7]);
  const mine = own === undefined ? [] : [own];
  const [holders] = await client.whoHas(mine);
  expect(holders).toHaveLength(1);
  expect(await other.whoHas(mine)).toEqual([holders]);
  await other.replicate(mine);
  expect((await client.whoHas(mine))[0]).toHaveLength(2);
});

test("what was released, cancelled or never sent cannot be read by tasks", async () => {
  const released = client.submit(identity, [1]);
  const later = Delayed.call(identity, [released]);
  await released.settled();
  released.release();
  const gone = { code: "distributed/released" };
  await expect(client.submit(identity, [released]).result()).rejects.toMatchObject(gone);
  await expect(client.gather(client.map(identity, [released]))).rejects.toMatchObject(gone);
  await expect(later.compute({ executor: client })).rejects.toMatchObject(gone);
  await expect(client.whoHas([released])).rejects.toMatchObject(gone);
  const cancelled = client.submit(identity, [1]);
  await cancelled.cancel();
  await expect(client.submit(identity, [cancelled]).result()).rejects.toBeInstanceOf(
    CancelledError,
  );
  const unsent = client.submit(returnsOne, [new WeakMap()]);
  const reader = client.submit(identity, [unsent]);
  const error = await unsent.result().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "CaptureError" });
  await expect(reader.result()).rejects.toBe(error);
  await expect(client.submit(identity, [unsent]).result()).rejects.toBe(error);
});

test("a client that was closed gives no values any more", async () => {
  const other = await Client.connect(cluster);
  const one = other.submit(identity, [1]);
  expect(await one.result()).toBe(1);
  const pending = other.submit(() => new Promise<number>(() => undefined), []);
  const computed = Delayed.call(() => new Promise(() => undefined), []).compute({
    executor: other,
  });
  const taken = other.queue("nobody puts").get();
  const ends = Promise.allSettled([computed, taken]);
  await other.close();
  const closed = { name: "DistributedError", code: "distributed/client-closed" };
  await expect(one.result()).rejects.toMatchObject(closed);
  await expect(pending.result()).rejects.toMatchObject(closed);
  expect(await ends).toMatchObject([{ reason: closed }, { reason: closed }]);
  await expect(client.gather([one])).rejects.toMatchObject(closed);
  await expect(client.submit(identity, [one]).result()).rejects.toMatchObject(closed);
});

test("what tasks read is theirs from the call on, also while values of others are brought", async () => {
  await using other = await Client.connect(cluster);
  const theirs = other.submit(
    (n: number) => new Promise<number>((resolve) => setTimeout(() => resolve(n), 200)),
    [1],
  );
  const own = client.submit(identity, [2]);
  await own.settled();
  const sum = client.submit((a: number, b: number) => a + b, [theirs, own]);
  own.release();
  expect(await sum.result()).toBe(3);
});
