import { once } from "node:events";
import net from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";

import { encodeControl } from "../../../packages/distributed/src/codec/control/control-frame.ts";
import {
  encodeGreeting,
  type Hello,
} from "../../../packages/distributed/src/wire/data/greeting.ts";
import {
  blockOf,
  bytesOf,
  connect,
  framed,
  keeper,
  peerOf,
  say,
  serve,
  whole,
} from "./data-sides.ts";

const hello: Hello = { role: "worker", token: "secret", isChecked: false };
const secret = blockOf(40);

function fetchFrame(): Buffer {
  const ids = Float64Array.of(1);
  const pieces = Int32Array.of(-1);
  return framed(encodeControl({ kind: "fetch", number: 0, ids, versions: ids, pieces }));
}

it("a wrong token is told so, in one way whatever is wrong, and nothing is given", async () => {
  let asked = 0;
  const server = await serve(
    {},
    {
      token: "secret-of-the-cluster",
      blockOf: async () => {
        asked++;
        return secret;
      },
    },
  );
  const tokens = ["", "secret", "secret-of-the-cluster ", "x".repeat(3000), "\u0000"];
  const answers = await Promise.all(
    tokens.map((token) => say(server, encodeGreeting({ ...hello, token }), fetchFrame())),
  );
  expect(new Set(answers.map((answer) => answer.toString("hex"))).size).toBe(1);
  expect(answers[0]!.toString("latin1")).not.toContain("secret");
  const failure = connect({ token: "wrong" }).fetch(peerOf(server), whole(1));
  await expect(failure).rejects.toMatchObject({ code: "distributed/refused" });
  await expect(failure).rejects.toThrow('"the token is not the one of this cluster"');
  expect(asked).toBe(0);
});

it("another version is told with both versions, before its token is looked at", async () => {
  const server = await serve({ 1: secret });
  const answer = await say(server, encodeGreeting({ ...hello, token: "" }, 7), fetchFrame());
  expect(answer.toString("latin1")).toContain("this worker speaks version 1, not 7");
});

it.each([
  ["a page", Buffer.from("GET / HTTP/1.1\r\nHost: worker\r\n\r\n")],
  ["TLS", Buffer.from("16030100f8010000f40303", "hex")],
  ["nothing but zeros", Buffer.alloc(4096)],
  ["a long greeting", Buffer.concat([encodeGreeting(hello).subarray(0, 8), Buffer.alloc(4, 0xff)])],
  ["a greeting of 5 KB", encodeLong(5000)],
  ["a greeting without fields", brokenGreeting({ role: "worker" })],
  ["a token that is a number", brokenGreeting({ ...hello, token: 1 })],
])("whoever says %s is told nothing, and the connection ends", async (_what, bytes) => {
  const server = await serve({ 1: secret });
  expect((await say(server, bytes)).length).toBe(0);
  await expect.poll(() => server.connectionCount).toBe(0);
});

it("whoever says nothing, or half of a greeting, is cut off in time", async () => {
  const server = await serve({ 1: secret }, { limits: { handshakeMs: 30 } });
  const half = encodeGreeting(hello).subarray(0, 20);
  expect(await Promise.all([say(server), say(server, half)])).toEqual([
    Buffer.alloc(0),
    Buffer.alloc(0),
  ]);
  await expect.poll(() => server.connectionCount).toBe(0);
});

it("more strangers than may wait are cut off at once, and a peer that was let in stays", async () => {
  const server = await serve({ 1: secret }, { limits: { unauthenticatedMax: 3 } });
  const client = connect();
  await client.fetch(peerOf(server), whole(1));
  const { port } = new URL(server.address.replace("tcp:", "http:"));
  const strangers = Array.from({ length: 20 }, () => net.connect(Number(port), "127.0.0.1"));
  for (const stranger of strangers) stranger.on("error", () => stranger.destroy()).resume();
  await expect.poll(() => strangers.filter(({ destroyed }) => destroyed).length).toBe(17);
  expect(server.connectionCount).toBe(4);
  expect((await client.fetch(peerOf(server), whole(1))).map(bytesOf)).toEqual([bytesOf(secret)]);
  for (const stranger of strangers) stranger.destroy();
  await expect.poll(() => server.connectionCount).toBe(1);
  expect(await connect().fetch(peerOf(server), whole(1))).toHaveLength(1);
});

it("a peer beyond those that may be connected gets the place of an idle one, or is refused", async () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const server = await serve(
    {},
    {
      limits: { connectionsMax: 2 },
      blockOf: async ({ id }) => (id === 1 ? opened.then(() => secret) : secret),
    },
  );
  const clients = Array.from({ length: 4 }, () => connect());
  await clients[0]!.fetch(peerOf(server), whole(2));
  const busy = clients[1]!.fetch(peerOf(server), whole(1));
  await expect.poll(() => server.connectionCount).toBe(2);
  await clients[2]!.fetch(peerOf(server), whole(2));
  await expect.poll(() => clients.map((each) => each.connectionCount)).toEqual([0, 1, 1, 0]);
  const busyToo = clients[2]!.fetch(peerOf(server), whole(1));
  await expect(clients[3]!.fetch(peerOf(server), whole(2))).rejects.toThrow(
    'a worker refuses this peer, got "this worker serves 2 peers already"',
  );
  open();
  expect(await Promise.all([busy, busyToo])).toHaveLength(2);
});

const table = { counts: Int32Array.of(1), lengths: Float64Array.of(4), checks: new Uint32Array() };
const names = { ids: Float64Array.of(1), versions: Float64Array.of(1) };

it.each<[string, readonly unknown[]]>([
  ["another kind", [{ kind: "stop" }]],
  ["no kind", [{}]],
  ["a list", [[1, 2]]],
  [
    "columns of different lengths",
    [{ kind: "fetch", number: 0, ...names, pieces: new Int32Array(2) }],
  ],
  [
    "a column of another kind",
    [{ kind: "fetch", number: 0, ...names, pieces: Float64Array.of(-1) }],
  ],
  ["blocks without a push", [{ kind: "named-blocks", ...table, ...names }]],
  ["an end without a push", [{ kind: "pushed", checks: new Uint32Array() }]],
  [
    "a push in a push",
    [
      { kind: "push", number: 0 },
      { kind: "push", number: 1 },
    ],
  ],
  [
    "a question in a push",
    [
      { kind: "push", number: 0 },
      { kind: "fetch", number: 1, ...names, pieces: Int32Array.of(-1) },
    ],
  ],
  [
    "checksums in a push without",
    [
      { kind: "push", number: 0 },
      { kind: "pushed", checks: Uint32Array.of(1) },
    ],
  ],
  [
    "too much",
    [
      { kind: "push", number: 0 },
      { kind: "named-blocks", ...table, ...names, lengths: Float64Array.of(2 ** 50) },
    ],
  ],
  [
    "less than no parts",
    [
      { kind: "push", number: 0 },
      { kind: "named-blocks", ...table, ...names, counts: Int32Array.of(-1) },
    ],
  ],
  [
    "an endless length",
    [
      { kind: "push", number: 0 },
      { kind: "named-blocks", ...table, ...names, lengths: Float64Array.of(Infinity) },
    ],
  ],
])("a peer that asks with %s is cut off", async (_what, messages) => {
  const { kept, take } = keeper();
  const server = await serve({ 1: secret }, { take });
  const frames = messages.map((message) => framed(encodeControl(message)));
  await say(server, encodeGreeting(hello), ...frames);
  expect(kept).toEqual([]);
  await expect.poll(() => server.connectionCount).toBe(0);
});

it("frames longer than a mebibyte, and of no bytes, are refused from their length", async () => {
  const server = await serve({ 1: secret });
  for (const length of [2 ** 20 + 1, 2 ** 32 - 1, 0]) {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(length);
    await say(server, encodeGreeting(hello), head);
  }
  await expect.poll(() => server.connectionCount).toBe(0);
});

it.each<[string, readonly Uint8Array[]]>([
  ["before its first block", []],
  ["in a frame", [Uint8Array.of(90, 0)]],
  [
    "in a block",
    [
      framed(encodeControl({ kind: "named-blocks", ...table, ...names })),
      secret.header.subarray(0, 2),
    ],
  ],
  [
    "after a block",
    [framed(encodeControl({ kind: "named-blocks", ...table, ...names })), Buffer.from("data")],
  ],
])("a peer that stops %s of what it pushes is cut off", async (_where, bytes) => {
  const { take } = keeper();
  const limits = { progressMs: 60, idleMs: 1e6, handshakeMs: 1e6 };
  const server = await serve({}, { take, limits });
  const push = framed(encodeControl({ kind: "push", number: 1 }));
  await say(server, encodeGreeting(hello), push, ...bytes);
  await expect.poll(() => server.connectionCount).toBe(0);
});

it("whatever bytes come, before a token and after, the server goes on", async () => {
  const { take } = keeper();
  const server = await serve(
    { 1: secret },
    { take, limits: { handshakeMs: 30, progressMs: 30, idleMs: 30 } },
  );
  const valid = [
    fetchFrame(),
    framed(encodeControl({ kind: "push", number: 1 })),
    framed(encodeControl({ kind: "named-blocks", ...table, ...names })),
    Buffer.from("data"),
    framed(encodeControl({ kind: "pushed", checks: new Uint32Array() })),
  ];
  const damage = fc.tuple(fc.nat(), fc.nat(255));
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.constantFrom(...valid, encodeGreeting(hello)), fc.array(damage, { maxLength: 2 }))
      .map(([bytes, changes]) => {
        const changed = Buffer.from(bytes);
        for (const [at, value] of changes) changed[at % changed.length] = value;
        return changed;
      }),
  );
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(piece, { maxLength: 8 }), async (isIn, pieces) => {
      await say(server, ...(isIn ? [encodeGreeting(hello)] : []), ...pieces);
    }),
    { numRuns: 150 },
  );
  await expect.poll(() => server.connectionCount).toBe(0);
  expect((await connect().fetch(peerOf(server), whole(1))).map(bytesOf)).toEqual([bytesOf(secret)]);
});

it("a peer that asks byte by byte is answered all the same", async () => {
  const server = await serve({ 1: secret });
  const { port } = new URL(server.address.replace("tcp:", "http:"));
  const socket = net.connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  for (const byte of Buffer.concat([encodeGreeting(hello), fetchFrame()])) {
    socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  let answer = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    answer = Buffer.concat([answer, bytes]);
  });
  await expect.poll(() => answer.includes(Buffer.from(secret.header))).toBe(true);
  socket.destroy();
});

function encodeLong(length: number): Buffer {
  const bytes = Buffer.alloc(12 + length);
  encodeGreeting(hello).copy(bytes, 0, 0, 8);
  bytes.writeUInt32LE(length, 8);
  return bytes;
}

function brokenGreeting(message: object): Buffer {
  const prefix = encodeGreeting(hello).subarray(0, 8);
  return Buffer.concat([prefix, framed(encodeControl(message))]);
}
