import { Client } from "@millrace/distributed";
import { expect, test } from "vitest";
import type { RemoteWorkerOptions } from "../../../packages/distributed/dist/worker/host/remote-worker.js";
import { RemoteWorker } from "../../../packages/distributed/dist/worker/host/remote-worker.js";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { checkedScheduler } from "../lib/checked-scheduler.ts";
import { Decoy } from "../lib/decoy.ts";
import { Events } from "../lib/events.ts";
import { plainWorker } from "../lib/plain-worker.ts";

const token = "a-token-of-more-than-sixteen-characters";
const folder = scratchFolder();

// Input 60.
test("a worker that gives others nothing of what it claims is sent away, and may not come back", async () => {
  const log = new Events();
  const server = await checkedScheduler(token, log);
  const worker = (name: string, more: Partial<RemoteWorkerOptions> = {}) =>
    RemoteWorker.start({
      ...plainWorker({
        scheduler: server.url,
        token,
        name,
        localDirectory: folder,
        log: new Events(),
      }),
      ...more,
    });
  await using decoy = await Decoy.start(token);
  const { contact } = decoy;
  const liar = await worker("liar", { contact });
  const honest = [await worker("a"), await worker("b")];
  const client = await Client.connect(server.url, { token });
  try {
    const onLiar = { workers: ["liar"], allowOtherWorkers: true };
    const numbers = Array.from({ length: 12 }, (_, n) => n);
    const made = client.map((n: number) => n, numbers, onLiar);
    const read = made.map((value, n) =>
      client.submit((x: number) => x + 1, [value], { workers: [n % 2 === 0 ? "a" : "b"] }),
    );
    expect(await client.gather(read)).toEqual(numbers.map((n) => n + 1));
    expect(await liar.ended).toEqual({
      kind: "distrusted",
      reason: expect.stringMatching(/^connect: the scheduler at .* does not believe this worker/),
    });
    expect(log.of("worker distrusted")).toMatchObject([{ facts: { name: "liar" } }]);
    expect(log.of("worker left").map(({ facts }) => facts["reason"])).toEqual([
      "other workers did not get 3 values, or not intact, that it claims",
    ]);
    const events = await fetch(`http://127.0.0.1:${server.port}/api/v1/events`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(await events.text()).toContain('"kind":"worker-distrusted","worker":"liar"');
    // Another process of the same name and place is no liar yet.
    await (await worker("liar", { contact })).close();
  } finally {
    await client.close();
    for (const each of honest) await each.close();
    await server.close();
  }
});
