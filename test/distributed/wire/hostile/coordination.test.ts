import { describe, expect, test } from "vitest";
import type { Demand } from "../../../../packages/distributed/dist/messages/coordination.js";
import { HeldOutput } from "../../../../packages/distributed/dist/messages/shipped.js";
import { pause, until } from "../../../cluster/lib/until.ts";
import { Attacked } from "./attacked.ts";

const attacked = new Attacked();
const block = { header: Uint8Array.of(1, 2, 3), buffers: [] };
const nothing = { block, holds: [] };

describe("a client is cut off that demands", () => {
  const named = { kind: "coordinate", request: 1, name: "q" };
  const wrong: readonly (readonly [string, unknown])[] = [
    ["something unknown", { ...named, what: "queue-steal" }],
    ["what every object has", { ...named, what: "constructor" }],
    ["nothing", { ...named }],
    ["by a number that is none", { ...named, what: "queue-size", request: -1 }],
    ["of a name that is none", { ...named, what: "queue-size", name: { part: 0 } }],
    ["of a name without end", { ...named, what: "queue-size", name: "x".repeat(300) }],
    ["a queue of a length that is none", { ...named, what: "queue-put", lengthMax: NaN, block }],
    ["to keep a value that is none", { ...named, what: "queue-put", lengthMax: 1, block: 7 }],
    ["to keep a part that never came", { ...named, what: "topic-publish", block: { part: 3 } }],
    ["to wait, maybe", { ...named, what: "event-get", waits: "maybe" }],
    ["a lock of another kind", { ...named, what: "acquire", space: "file", leasesMax: 1 }],
    [
      "a semaphore without leases",
      { ...named, what: "acquire", space: "semaphore", leasesMax: 0, waits: true },
    ],
    ["to give back half a lease", { kind: "coordinate", request: 1, what: "let-go", lease: 0.5 }],
    [
      "a variable of another kind",
      { ...named, what: "variable-get", space: "queue", waits: false, run: 0 },
    ],
    [
      "that half a future is kept",
      {
        ...named,
        what: "variable-set",
        space: "variable",
        isNew: false,
        block: new Uint8Array(3),
        holds: Int32Array.of(1),
      },
    ],
    ["to subscribe to no topic", { kind: "coordinate", request: 1, what: "topic-subscribe" }],
    ["an end of no subscription", { kind: "coordinate", request: 1, what: "topic-leave" }],
    ["to take back what has no number", { kind: "coordinate", request: 1, what: "withdraw" }],
  ];
  test.each(wrong)("%s", async (_, message) => {
    const peer = await attacked.welcome("client");
    peer.control([message]);
    await peer.closed();
  });
});

describe("nobody else is harmed by a client that", () => {
  const say = async (demands: readonly Demand[]): Promise<boolean> => {
    const peer = await attacked.welcome("client");
    for (const [request, demand] of demands.entries()) {
      peer.fromClient({ kind: "coordinate", request, demand });
    }
    await pause(100);
    return peer.isClosed;
  };

  test("speaks of leases, subscriptions and demands that are not there", async () => {
    const numbers = [0, 1, 2 ** 31, Number.MAX_SAFE_INTEGER];
    const demands = numbers.flatMap((n): Demand[] => [
      { kind: "let-go", lease: n },
      { kind: "topic-next", subscription: n },
      { kind: "topic-leave", subscription: n },
      { kind: "withdraw", request: n },
    ]);
    expect(await say(demands)).toBe(false);
  });

  test("gives back the lease of somebody else", async () => {
    const lock = attacked.client.lock("kept");
    await using lease = await lock.acquire();
    const demands = Array.from({ length: 64 }, (_, n): Demand => ({ kind: "let-go", lease: n }));
    expect(await say(demands)).toBe(false);
    // It is the innocent one who has it still.
    expect(await lock.tryAcquire()).toBeUndefined();
    lease.release();
  });

  test("takes from the subscription of somebody else", async () => {
    const topic = attacked.client.topic<number>("told");
    await using heard = await topic.subscribe();
    const demands = Array.from({ length: 64 }, (_, n): Demand[] => [
      { kind: "topic-next", subscription: n },
      { kind: "topic-leave", subscription: n },
    ]);
    expect(await say(demands.flat())).toBe(false);
    await topic.publish(7);
    for await (const value of heard) {
      expect(value).toBe(7);
      break;
    }
  });

  test("keeps values with futures that it has not", async () => {
    const holds = [new HeldOutput(5, 0), new HeldOutput(-1, -1), new HeldOutput(2 ** 31, 2 ** 31)];
    const value = { block, holds };
    const own: Demand[] = [
      { kind: "queue-put", name: "queue", lengthMax: 0, value },
      { kind: "topic-publish", name: "topic", value },
      { kind: "variable-set", space: "published", name: "published", isNew: true, value },
    ];
    for (const demand of own) await say([demand]);
    expect(await attacked.client.queue("queue").size()).toBe(0);
  });

  test("uses names that every object has, and numbers twice", async () => {
    const names = ["__proto__", "constructor", "toString", "", "\u0000"];
    const demands = names.flatMap((name): Demand[] => [
      { kind: "queue-get", name, waits: true, run: 0 },
      { kind: "queue-put", name, lengthMax: 1, value: nothing },
      { kind: "variable-get", space: "variable", name, waits: false, run: 0 },
      { kind: "event-set", name },
      { kind: "acquire", space: "lock", name, leasesMax: 1, waits: false },
    ]);
    const peer = await attacked.welcome("client");
    const before = peer.received.length;
    for (const demand of demands) peer.fromClient({ kind: "coordinate", request: 1, demand });
    await until("answers", () => peer.received.length > before, 20_000);
  });

  test("waits for everything, and goes", async () => {
    for (let round = 0; round < 5; round++) {
      const peer = await attacked.welcome("client");
      for (let n = 0; n < 2_000; n++) {
        const name = `n${n % 50}`;
        const waits = true;
        const demands: Demand[] = [
          { kind: "queue-get", name, waits, run: n },
          { kind: "event-get", name, waits },
          { kind: "acquire", space: "lock", name, leasesMax: 1, waits },
          { kind: "topic-subscribe", name },
        ];
        const demand = demands[n % demands.length] as Demand;
        peer.fromClient({ kind: "coordinate", request: n, demand });
      }
      peer.end();
    }
    await pause(100);
    // What it had waited for is free for others.
    await using lease = await attacked.client.lock("n2").acquire();
    expect(lease).toBeDefined();
  });
});
