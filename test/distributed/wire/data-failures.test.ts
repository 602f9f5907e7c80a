import { execFile } from "node:child_process";
import net from "node:net";
import { promisify } from "node:util";
import { expect, it } from "vitest";

import { encodeControl } from "../../../packages/distributed/src/codec/control/control-frame.ts";
import type { Block } from "../../../packages/distributed/src/codec/block.ts";
import { VersionMismatchError } from "../../../packages/distributed/src/errors.ts";
import {
  encodeGreeting,
  PROTOCOL_VERSION,
} from "../../../packages/distributed/src/wire/data/greeting.ts";
import { gate } from "../../lib/gate.ts";
import {
  between,
  blockOf,
  bytesOf,
  connect,
  framed,
  keeper,
  listen,
  peerOf,
  serve,
  whole,
} from "./data-sides.ts";

const LARGE = 6_000_000;
const large = blockOf(10, LARGE);
const welcome = encodeGreeting({ kind: "welcome" });

it("a peer that dies in the middle of an answer is told, and nothing stays", async () => {
  const server = await serve({ 1: large });
  const proxy = await between(server, (bytes, before) => (before < 1e6 ? bytes : undefined));
  const client = connect();
  const failure = client.fetch(peerOf(proxy), whole(1));
  await expect(failure).rejects.toMatchObject({ code: "distributed/peer-lost" });
  await expect.poll(() => proxy.sockets.size).toBe(0);
  expect(client.connectionCount).toBe(0);
});

it("a peer that cannot be reached is told", async () => {
  const server = await serve({});
  await server.close();
  const failure = connect().fetch(peerOf(server), whole(1));
  await expect(failure).rejects.toMatchObject({ code: "distributed/peer-lost" });
  await expect(failure).rejects.toThrow(/^fetch: a peer gave no whole answer, got connect ECONN/);
});

it("a peer that never greets is given up", async () => {
  const silent = await listen(() => undefined);
  const client = connect({ limits: { handshakeMs: 20 } });
  await expect(client.fetch(peerOf(silent), whole(1)).catch(withoutPort)).resolves
    .toMatchInlineSnapshot(`
    "fetch: a peer gave no whole answer, got no welcome in 20 ms from tcp://127.0.0.1, wanted all blocks. Ask another worker that has them."
  `);
  expect(client.connectionCount).toBe(0);
});

it("a peer that falls silent within an answer is given up, and not asked again", async () => {
  const server = await serve({ 1: large });
  const half = await between(server, (bytes, before) => (before < 1e6 ? bytes : Buffer.alloc(0)));
  const client = connect({ limits: { progressMs: 40 } });
  await expect(client.fetch(peerOf(half), whole(1)).catch(withoutPort)).resolves
    .toMatchInlineSnapshot(`
    "fetch: a peer gave no whole answer, got no byte in 40 ms from tcp://127.0.0.1, wanted all blocks. Ask another worker that has them."
  `);
  expect(half.count()).toBe(1);
});

it("a peer that looks for a value for long says that it is there", async () => {
  const open = gate<Block>();
  const server = await serve({}, { blockOf: () => open.promise, limits: { progressMs: 60 } });
  const waits = gate();
  let answers = 0;
  const proxy = await between(server, (bytes) => {
    if (++answers === 8) waits.resolve();
    return bytes;
  });
  const client = connect({ limits: { progressMs: 200 } });
  const asked = client.fetch(peerOf(proxy), whole(1));
  await waits.promise;
  open.resolve(blockOf(4));
  expect((await asked).map(bytesOf)).toEqual([bytesOf(blockOf(4))]);
});

it("a peer that reads nothing of its answer is cut off by the worker", async () => {
  const lines: unknown[] = [];
  const log = {
    debug: (_event: string, facts?: object) => lines.push(facts),
    warn: () => undefined,
  };
  const server = await serve({ 1: large }, { limits: { progressMs: 50 }, log });
  const { port } = new URL(server.address.replace("tcp:", "http:"));
  const socket = net.connect(Number(port), "127.0.0.1").pause();
  socket.on("error", () => socket.destroy());
  socket.write(encodeGreeting({ role: "worker", token: "secret", isChecked: false }));
  const ids = new Float64Array(20).fill(1);
  const wanted = { ids, versions: ids, pieces: new Int32Array(20).fill(-1) };
  socket.write(framed(encodeControl({ kind: "fetch", number: 0, ...wanted })));
  await expect.poll(() => lines).toMatchObject([{ reason: "no progress" }]);
  expect(server.connectionCount).toBe(0);
  socket.destroy();
});

it.each([
  ["a bit of a block", 500_000, "the checksum"],
  ["a bit of a header", 290, "the checksum|not intact"],
])("%s that turns on its way is found, and the fetch fails", async (_what, at, found) => {
  const server = await serve({ 1: large });
  const proxy = await between(server, (bytes, before) => {
    if (at < before || at >= before + bytes.length) return bytes;
    const changed = Buffer.from(bytes);
    changed[at - before]! ^= 4;
    return changed;
  });
  const failure = connect({ checksums: "always" }).fetch(peerOf(proxy), whole(1));
  await expect(failure).rejects.toMatchObject({ code: "distributed/corrupt-frame" });
  await expect(failure).rejects.toThrow(new RegExp(found));
});

it("a pushed block of which a bit turns on its way is not taken", async () => {
  const { kept, take } = keeper();
  const server = await serve({}, { take });
  const { port } = new URL(server.address.replace("tcp:", "http:"));
  const proxy = await listen((socket) => {
    let before = 0;
    const behind = net.connect(Number(port), "127.0.0.1");
    socket.on("data", (bytes: Buffer) => {
      if (before <= 2e6 && 2e6 < before + bytes.length) bytes[2e6 - before]! ^= 1;
      before += bytes.length;
      behind.write(bytes);
    });
    behind.pipe(socket);
    behind.on("close", () => socket.destroy());
    behind.on("error", () => socket.destroy());
    socket.on("close", () => behind.destroy());
  });
  const client = connect({ checksums: "always" });
  const pushed = client.push(peerOf(proxy), [{ id: 1, version: 0, block: large }]);
  await expect(pushed).rejects.toMatchObject({ code: "distributed/peer-lost" });
  expect(kept).toEqual([]);
});

it("an answer that announces more than is allowed is refused before memory is taken", async () => {
  const server = await serve({ 1: large, 2: blockOf(9) });
  const client = connect({ limits: { answerBytesMax: LARGE } });
  await expect(client.fetch(peerOf(server), whole(1))).rejects.toThrow(
    "got an announcement of 6000064 bytes, more than 6000000 from",
  );
  expect(await client.fetch(peerOf(server), whole(2))).toHaveLength(1);
});

it.each<[string, readonly object[]]>([
  ["more blocks than were asked for", [table(0, [1, 1], [4, 4])]],
  ["fewer blocks than were asked for", [{ kind: "fetched", number: 0, checks: new Uint32Array() }]],
  ["an answer to another question", [table(7, [1], [4])]],
  [
    "an answer that was not asked",
    [{ kind: "taken", number: 0, refused: new Int32Array(), reasons: [] }],
  ],
  ["checksums that nobody wants", [{ ...table(0, [1], [4]), checks: Uint32Array.of(1) }]],
  ["a length that is no number", [table(0, [1], [NaN])]],
  ["a length below nothing", [table(0, [1], [-1])]],
  ["more than any memory", [table(0, [1], [2 ** 50])]],
  ["a table without its lengths", [table(0, [3], [4])]],
  ["a question", [{ kind: "push", number: 0 }]],
  ["no message", [[]]],
])("a peer that answers with %s is not believed", async (_what, messages) => {
  const liar = await listen((socket) => {
    socket.write(welcome);
    socket.on("data", () => {
      for (const message of messages) socket.write(framed(encodeControl(message)));
    });
  });
  const client = connect({ limits: { answerBytesMax: Infinity } });
  const failure = client.fetch(peerOf(liar), whole(1));
  await expect(failure).rejects.toMatchObject({ code: "distributed/corrupt-frame" });
  expect(client.connectionCount).toBe(0);
});

it("a peer of another version is told with both versions", async () => {
  const other = await listen((socket) => socket.write(encodeGreeting({ kind: "welcome" }, 99)));
  const failure = connect().fetch(peerOf(other), whole(1));
  await expect(failure).rejects.toBeInstanceOf(VersionMismatchError);
  await expect(failure).rejects.toMatchObject({ code: "distributed/version-mismatch" });
  await expect(failure).rejects.toThrow(
    `it speaks version 99, this is version ${PROTOCOL_VERSION}`,
  );
});

it("whoever gives up is told at once, and its connection ends", async () => {
  const server = await serve({}, { blockOf: () => new Promise(() => undefined) });
  const client = connect();
  await expect(
    client.fetch(peerOf(server), whole(1), { signal: AbortSignal.abort(new Error("no")) }),
  ).rejects.toThrow("no");
  const control = new AbortController();
  const asked = client.fetch(peerOf(server), whole(1), { signal: control.signal });
  await expect.poll(() => server.connectionCount).toBe(1);
  control.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
  await expect.poll(() => server.connectionCount).toBe(0);
  expect(client.connectionCount).toBe(0);
});

it("of several questions on a connection one can be given up, the others are answered", async () => {
  const open = gate();
  const server = await serve(
    {},
    { blockOf: async ({ id }) => open.promise.then(() => blockOf(id, 200_000)) },
  );
  const client = connect({ limits: { connectionsMax: 1 } });
  const control = new AbortController();
  const { signal } = control;
  const asked = [
    client.fetch(peerOf(server), whole(1), { signal }),
    client.fetch(peerOf(server), whole(2)),
    client.fetch(peerOf(server), whole(3), { signal }),
    client.fetch(peerOf(server), whole(4)),
  ];
  await expect.poll(() => server.connectionCount).toBe(1);
  control.abort(new Error("enough"));
  open.resolve();
  const got = await Promise.allSettled(asked);
  expect(got.map(({ status }) => status)).toEqual([
    "rejected",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  const [, two, , four] = got as PromiseFulfilledResult<readonly Block[]>[];
  expect([two, four].map((each) => each!.value[0]!.header.length)).toEqual([2, 4]);
  expect(server.connectionCount).toBe(1);
});

it("a push that is given up ends its connection, and questions beside it are asked anew", async () => {
  const open = gate();
  const server = await serve({ 1: blockOf(3) }, { take: () => open.promise });
  const client = connect({ limits: { connectionsMax: 1 } });
  const control = new AbortController();
  const named = [{ id: 1, version: 0, block: large }];
  const pushed = client.push(peerOf(server), named, { signal: control.signal });
  const asked = client.fetch(peerOf(server), whole(1));
  await expect.poll(() => server.connectionCount).toBe(1);
  // The push is heard: its first word is on its way before the abort.
  await new Promise((resolve) => setImmediate(resolve));
  control.abort(new Error("enough"));
  await expect(pushed).rejects.toThrow("enough");
  expect((await asked).map(bytesOf)).toEqual([bytesOf(blockOf(3))]);
  open.resolve();
});

it("a worker that closes ends what it serves, a client what it asks, and both stay closed", async () => {
  const server = await serve({}, { blockOf: () => new Promise(() => undefined) });
  const [one, two] = [connect(), connect()];
  const asked = [one, two].map((client) => client.fetch(peerOf(server), whole(1)));
  const outcomes = Promise.allSettled(asked);
  await expect.poll(() => server.connectionCount).toBe(2);
  await one.close();
  await expect.poll(() => server.connectionCount).toBe(1);
  await Promise.all([server.close(), server.close()]);
  const reasons = (await outcomes).map(
    (outcome) => (outcome as PromiseRejectedResult).reason as Error,
  );
  expect(reasons.map(({ message }) => /got (.*) from/.exec(message)?.[1])).toEqual([
    "an end of this client",
    expect.stringMatching(/an end of the connection|ECONNRESET|ECONNREFUSED/),
  ]);
  await expect(one.fetch(peerOf(server), whole(1))).rejects.toThrow("a call after close()");
});

it("an idle connection is closed by its client, one of a client that forgets by its worker", async () => {
  const server = await serve({ 1: blockOf(3) }, { limits: { idleMs: 40 } });
  const [tidy, lazy] = [connect({ limits: { idleMs: 10 } }), connect()];
  for (const client of [tidy, lazy]) await client.fetch(peerOf(server), whole(1));
  await expect.poll(() => server.connectionCount).toBe(0);
  await expect.poll(() => [tidy, lazy].map((client) => client.connectionCount)).toEqual([0, 0]);
  expect(await lazy.fetch(peerOf(server), whole(1))).toHaveLength(1);
});

it("a connection that is cut just when it is used again does not fail the question", async () => {
  const server = await serve({ 1: blockOf(3) });
  // The first connection dies of its second question.
  const proxy = await between(server, (bytes, before, n) =>
    n === 0 && before > 150 ? undefined : bytes,
  );
  const client = connect();
  for (let n = 0; n < 3; n++) {
    expect((await client.fetch(peerOf(proxy), whole(1))).map(bytesOf)).toEqual([
      bytesOf(blockOf(3)),
    ]);
  }
  expect(proxy.count()).toBe(2);
});

it("idle connections to many workers are closed, the oldest first", async () => {
  const servers = await Promise.all([1, 2, 3].map(() => serve({ 1: blockOf(3) })));
  const client = connect({ limits: { idleMax: 2 } });
  for (const server of servers) await client.fetch(peerOf(server), whole(1));
  await expect.poll(() => servers.map((server) => server.connectionCount)).toEqual([0, 1, 1]);
});

it("an answer that is cut off, or was never begun, gives its place back", async () => {
  const limits = { answersMax: 1, answerBytesMax: 1, progressMs: 5_000 };
  const server = await serve({ 1: large, 2: blockOf(3) }, { limits });
  const proxy = await between(server, (bytes, before) => (before < 1e6 ? bytes : undefined));
  const many = whole(1, 1, 1, 1);
  const cut = Array.from({ length: 6 }, () => connect().fetch(peerOf(proxy), many));
  const outcomes = await Promise.allSettled(cut);
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["rejected"]));
  expect((await connect().fetch(peerOf(server), whole(1, 2))).map(bytesOf)).toEqual(
    [large, blockOf(3)].map(bytesOf),
  );
});

it("a process ends by itself while connections are idle", async () => {
  const server = await serve({ 1: blockOf(3) });
  const url = new URL(
    "../../../packages/distributed/dist/wire/data/data-client.js",
    import.meta.url,
  );
  const code = `
    import { DataClient } from ${JSON.stringify(url.href)};
    const peer = { address: ${JSON.stringify(server.address)}, host: "there" };
    const client = new DataClient({ token: "secret", host: "here" });
    const [block] = await client.fetch(peer, [{ id: 1, version: 0, piece: -1 }]);
    console.log(block.header.length, client.connectionCount);
  `;
  const args = ["--input-type=module", "-e", code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
  expect(stdout).toBe("3 1\n");
});

it("limits and addresses that are no good are told", async () => {
  const failures = [
    async () => connect({ limits: { idleMs: 0 } }),
    async () => connect({ limits: { idlMs: 1 } as object }),
    () => serve({}, { host: "0.0.0.0" }),
    () => serve({}, { token: undefined }),
    () => connect().fetch({ address: "ws://127.0.0.1:1", host: "" }, whole(1)),
    () => connect().fetch({ address: "tcp://127.0.0.1:1?socket=%", host: "" }, whole(1)),
    () => connect().fetch({ address: "tls://127.0.0.1:1", host: "" }, whole(1)),
  ];
  const messages: string[] = [];
  for (const fail of failures) {
    const outcome = await (fail() as Promise<unknown>).catch((error: Error) => error.message);
    messages.push(outcome as string);
  }
  expect(messages).toMatchInlineSnapshot(`
    [
      "DataClient: a limit is no good, got idleMs: 0, wanted an integer from 1. Correct it.",
      "DataClient: there is no such limit, got idlMs, wanted one of connectionsMax, answerBytesMax, handshakeMs, progressMs, idleMs, idleMax. Correct it.",
      "DataServer.listen: peers cannot connect to it, got "0.0.0.0", wanted the address of this machine. Pass \`advertisedHost\`.",
      "DataServer.listen: anybody could read the values, got neither a token nor certificates, wanted one of them. Pass \`token\`.",
      "fetch: it is no address of a worker, got "ws://127.0.0.1:1", wanted such as tcp://127.0.0.1:43211. Take the address that the worker has told.",
      "fetch: it is no address of a worker, got "tcp://127.0.0.1:1?socket=%", wanted such as tcp://127.0.0.1:43211. Take the address that the worker has told.",
      "fetch: TLS on one side only, got "tls://127.0.0.1:1", wanted certificates to connect with. Give both or none of them.",
    ]
  `);
});

function table(number: number, counts: number[], lengths: number[]): object {
  return {
    kind: "blocks",
    number,
    counts: Int32Array.from(counts),
    lengths: Float64Array.from(lengths),
    checks: new Uint32Array(),
  };
}

function withoutPort({ message }: Error): string {
  return message.replace(/:\d+,/, ",");
}
