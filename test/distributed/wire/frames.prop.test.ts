import fc from "fast-check";
import { expect, test } from "vitest";

import type { Block } from "../../../packages/distributed/dist/codec/block.js";
import { Incoming } from "../../../packages/distributed/dist/wire/incoming.js";
import type { OutgoingFrame } from "../../../packages/distributed/dist/wire/outgoing.js";
import { Outgoing } from "../../../packages/distributed/dist/wire/outgoing.js";
import { wireLimits } from "../../../packages/distributed/dist/wire/wire-limits.js";

/** Short ones stand in their message, long ones go ahead of it. */
const bytes = fc
  .tuple(fc.constantFrom(0, 1, 63, 64, 65, 4_096, 4_097, 70_000), fc.nat({ max: 255 }))
  .map(([length, first]) => Uint8Array.from({ length }, (_, n) => (first + n) & 255));
const blocks: fc.Arbitrary<Block> = fc.record({
  header: bytes,
  buffers: fc.array(bytes, { maxLength: 4 }),
});
const rows = fc.oneof(
  fc.array(fc.integer(), { maxLength: 2_000, size: "max" }),
  fc.array(fc.maxSafeInteger(), { maxLength: 2_000, size: "max" }),
);
const texts = fc.array(fc.string({ unit: "binary" }), { maxLength: 300, size: "max" });

type Message = {
  readonly number: number;
  readonly rows: readonly number[];
  readonly bytes: Uint8Array;
  readonly block: Block;
  readonly texts: readonly string[];
};
const messages: fc.Arbitrary<Message> = fc.record({
  number: fc.nat(),
  rows,
  bytes,
  block: blocks,
  texts,
});

function pack(message: Message, out: Outgoing): unknown {
  return {
    number: message.number,
    rows: out.rows(message.rows),
    bytes: out.bytes(message.bytes),
    block: out.block(message.block),
    texts: out.texts(message.texts),
  };
}

/** The frames as they come out of a socket. */
function received(frames: readonly OutgoingFrame[]): Uint8Array[] {
  return frames.map((frame) => new Uint8Array(Buffer.concat(frame)));
}

function read(frames: readonly Uint8Array[]): Message[] {
  const incoming = new Incoming(wireLimits);
  return frames
    .flatMap((frame) => incoming.read(frame))
    .map((fields) => ({
      number: fields.whole("number"),
      rows: fields.rows("rows", 1),
      bytes: fields.bytes("bytes"),
      block: fields.block("block"),
      texts: fields.texts("texts"),
    }));
}

/** Comparing bytes one by one takes long. */
function shown({ bytes: own, block, ...rest }: Message): unknown {
  const parts = [own, block.header, ...block.buffers];
  const bytes = parts.map((part) => Buffer.from(part).toString("base64"));
  return { ...rest, bytes, rows: rest.rows.join() };
}

test("messages come out of frames as they went in", () => {
  const lists = fc.array(messages, { maxLength: 5 });
  fc.assert(
    fc.property(lists, (list) => {
      const out = new Outgoing(wireLimits);
      for (const message of list) out.add(pack(message, out));
      expect(read(received(out.take())).map(shown)).toEqual(list.map(shown));
    }),
    { numRuns: 60 },
  );
});

test("damaged frames are refused as such, whatever was damaged", () => {
  const damage = fc.array(
    fc.record({ frame: fc.nat(), at: fc.nat(), to: fc.nat({ max: 255 }), cut: fc.nat({ max: 9 }) }),
    { minLength: 1, maxLength: 4 },
  );
  let refused = 0;
  fc.assert(
    fc.property(messages, damage, (message, changes) => {
      const out = new Outgoing(wireLimits);
      out.add(pack(message, out));
      const frames = received(out.take());
      for (const { frame, at, to, cut } of changes) {
        const n = frame % frames.length;
        const bytes = frames[n] as Uint8Array;
        bytes[at % Math.min(64, bytes.length)] = to;
        frames[n] = cut > 7 ? bytes.subarray(0, at % bytes.length) : bytes;
      }
      try {
        read(frames);
      } catch (error) {
        refused++;
        expect((error as { code?: string }).code).toBe("distributed/corrupt-frame");
      }
    }),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(100);
});
