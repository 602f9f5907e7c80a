import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";

import { decodeValue } from "../../../packages/distributed/src/codec/decode-value.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { sliceBlock } from "../../../packages/distributed/src/codec/pieces.ts";
import { parseAddress } from "../../../packages/distributed/src/wire/data/data-address.ts";
import { gate } from "../../lib/gate.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { blockOf, bytesOf, connect, keeper, peerOf, serve, whole } from "./data-sides.ts";

const MIB = 2 ** 20;

it("a value arrives to the bit, in one shared memory, buffers at multiples of 64", async () => {
  const value = { rows: new Float64Array(50_000).fill(-0), names: ["a", undefined, NaN] };
  const server = await serve({ 1: encodeValue(value) });
  const [block] = await connect().fetch(peerOf(server), whole(1));
  expect(decodeValue(block!)).toStrictEqual(value);
  const { header, buffers } = block!;
  expect(header.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(buffers.length).toBeGreaterThan(0);
  for (const buffer of buffers) {
    expect(buffer.buffer).toBe(header.buffer);
    expect(buffer.byteOffset % 64).toBe(0);
  }
});

it("any blocks arrive as they are, with and without checksums, over TCP and a Unix socket", async () => {
  const folder = scratchFolder();
  let blocks: ReturnType<typeof blockOf>[] = [];
  const { kept, take } = keeper();
  const server = await serve(
    {},
    { socketDirectory: folder, blockOf: async ({ id }) => blocks[id], take },
  );
  const sides = [
    { client: connect({ checksums: "always" }), peer: peerOf(server) },
    { client: connect({ host: "there" }), peer: peerOf(server) },
    { client: connect({ checksums: "always" }), peer: peerOf(server, "here") },
  ];
  // Around all places where bytes are cut, copied together or left where they are.
  const length = fc.oneof(
    fc.nat(200),
    fc.nat(70_000),
    fc.constantFrom(0, 63, 64, 65, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, MIB, MIB + 1),
  );
  const arbitrary = fc.array(fc.tuple(length, fc.array(length, { maxLength: 4 })), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(arbitrary, fc.constantFrom(...sides), async (shapes, { client, peer }) => {
      blocks = shapes.map(([header, buffers]) => blockOf(header, ...buffers));
      const wanted = blocks.map(bytesOf);
      const got = await client.fetch(peer, whole(...blocks.keys(), 1e9));
      expect(got.map(bytesOf)).toEqual([...wanted, undefined]);
      kept.length = 0;
      const named = blocks.map((block, id) => ({ id, version: 3, block }));
      const refusals = await client.push(peer, named);
      expect(refusals).toEqual(blocks.map(() => undefined));
      expect(kept.map(({ block }) => bytesOf(block))).toEqual(wanted);
      expect(kept.map(({ name }) => name)).toEqual(named.map(({ id }) => ({ id, version: 3 })));
    }),
    { numRuns: 40 },
  );
});

it("of a value in pieces only the piece travels", async () => {
  const items = [new Uint8Array(300_000).fill(1), "two", new Uint8Array(200_000).fill(3)];
  const block = encodeValue(items, { pieces: true });
  const server = await serve({ 1: block });
  const wants = [2, 1, 0].map((piece) => ({ id: 1, version: 0, piece }));
  const got = await connect().fetch(peerOf(server), wants);
  expect(got.map((piece) => decodeValue(piece!))).toEqual(items.toReversed());
  expect(got.map(bytesOf)).toEqual([2, 1, 0].map((j) => bytesOf(sliceBlock(block, j))));
  expect(got[2]!.header.buffer.byteLength).toBeLessThan(310_000);
});

it("what is not to be had is undefined, whatever the reason, and the rest still comes", async () => {
  const warnings: unknown[] = [];
  const server = await serve(
    {},
    {
      blockOf: async ({ id }) => {
        if (id === 1) throw new Error("the disk is broken");
        return id === 2 ? undefined : blockOf(5);
      },
      log: { debug: () => undefined, warn: (_event, facts) => warnings.push(facts) },
    },
  );
  const noPiece = { id: 4, version: 0, piece: 9 };
  const got = await connect().fetch(peerOf(server), [...whole(1, 2, 3), noPiece, ...whole(5)]);
  expect(got.map((block) => block?.header.length)).toEqual([undefined, undefined, 5, undefined, 5]);
  expect(warnings).toHaveLength(2);
});

it("many small blocks come in one answer, in the order of the question", async () => {
  const server = await serve({}, { blockOf: async ({ id }) => blockOf(id % 100) });
  const ids = Array.from({ length: 40_000 }, (_, n) => 40_000 - n);
  const got = await connect().fetch(peerOf(server), whole(...ids));
  expect(got.map((block) => block?.header.length)).toEqual(ids.map((id) => id % 100));
  expect(server.connectionCount).toBe(1);
});

it("nothing is asked and nothing given without a connection", async () => {
  const client = connect();
  const nobody = { address: "tcp://127.0.0.1:1", host: "there" };
  expect([await client.fetch(nobody, []), await client.push(nobody, [])]).toEqual([[], []]);
});

it("questions beyond the connections wait behind others, and each gets its own answer", async () => {
  const open = gate();
  const server = await serve(
    {},
    {
      blockOf: async ({ id }) => {
        await open.promise;
        return blockOf(id);
      },
    },
  );
  const client = connect({ limits: { connectionsMax: 1 } });
  const asked = [1, 2, 3, 4].map((id) => client.fetch(peerOf(server), whole(id, id + 10)));
  await expect.poll(() => server.connectionCount).toBe(1);
  open.resolve();
  const got = await Promise.all(asked);
  expect(got.map((blocks) => blocks.map((block) => block?.header.length))).toEqual([
    [1, 11],
    [2, 12],
    [3, 13],
    [4, 14],
  ]);
  expect([client.connectionCount, server.connectionCount]).toEqual([1, 1]);
});

it("a connection serves one question after the other", async () => {
  const server = await serve({ 1: blockOf(3) });
  const client = connect();
  for (let n = 0; n < 5; n++) await client.fetch(peerOf(server), whole(1));
  expect([client.connectionCount, server.connectionCount]).toEqual([1, 1]);
});

it("a worker takes no more answers and bytes upon itself than it may, and all are given", async () => {
  let asked = 0;
  let most = 0;
  const server = await serve(
    {},
    {
      limits: { answersMax: 2, answerBytesMax: 100_000 },
      blockOf: async ({ id }) => {
        most = Math.max(most, ++asked);
        await Promise.resolve();
        asked--;
        return blockOf(id, 90_000);
      },
    },
  );
  const clients = Array.from({ length: 8 }, () => connect());
  const got = await Promise.all(
    clients.map((client, n) => client.fetch(peerOf(server), whole(n, n + 100))),
  );
  expect(got.flat().map((block) => block?.header.length)).toEqual(
    clients.flatMap((_, n) => [n, n + 100]),
  );
  // One value of each question is looked for at a time: they are large.
  expect(most).toBeLessThanOrEqual(2);
});

it("who shares the machine uses the Unix socket, others the network", async () => {
  const folder = scratchFolder();
  const server = await serve({ 1: blockOf(3) }, { socketDirectory: folder });
  const { socketPath } = parseAddress("test", server.address);
  expect(existsSync(socketPath!)).toBe(true);
  const elsewhere = { ...peerOf(server, "here"), address: `${server.address}.gone` };
  const [got] = await connect().fetch(elsewhere, whole(1));
  expect(bytesOf(got)).toEqual(bytesOf(blockOf(3)));
  await server.close();
  expect(readdirSync(folder)).toEqual([]);
});

it("without a Unix socket, since its path is too long, the network serves all", async () => {
  const folder = join(scratchFolder(), "x".repeat(90));
  const server = await serve({ 1: blockOf(3) }, { socketDirectory: folder });
  expect(parseAddress("test", server.address).socketPath).toBeUndefined();
  const [got] = await connect().fetch(peerOf(server, "here"), whole(1));
  expect(bytesOf(got)).toEqual(bytesOf(blockOf(3)));
});

it("a block that cannot be taken is told with the reason, the others are taken", async () => {
  const { kept, take } = keeper();
  const server = await serve(
    {},
    {
      take: async (name, block) => {
        if (name.id === 2) throw new Error("memory is full");
        await take(name, block);
      },
    },
  );
  const named = [1, 2, 3].map((id) => ({ id, version: 0, block: blockOf(id, 100_000) }));
  const refusals = await connect().push(peerOf(server), named);
  expect(refusals).toEqual([undefined, "memory is full", undefined]);
  expect(kept.map(({ name }) => name.id)).toEqual([1, 3]);
});

it("a worker that takes no blocks refuses each", async () => {
  const server = await serve({ 1: blockOf(3) });
  const client = connect();
  const named = [1, 2].map((id) => ({ id, version: 0, block: blockOf(id, 100_000) }));
  const refusals = await client.push(peerOf(server), named);
  expect(refusals).toEqual(["this worker takes no blocks", "this worker takes no blocks"]);
  expect(await client.fetch(peerOf(server), whole(1))).toHaveLength(1);
});

it("a worker reads no more of a push than it can take", async () => {
  const open = gate();
  let taken = 0;
  const server = await serve(
    {},
    {
      take: async () => {
        taken++;
        await open.promise;
      },
    },
  );
  const block = blockOf(1, 8 * MIB);
  const named = Array.from({ length: 40 }, (_, id) => ({ id, version: 0, block }));
  const pushed = connect().push(peerOf(server), named);
  await expect.poll(() => taken).toBeGreaterThan(7);
  expect(taken).toBeLessThan(40);
  open.resolve();
  expect(await pushed).toEqual(named.map(() => undefined));
  expect(taken).toBe(40);
});
