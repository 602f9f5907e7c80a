import { describe, expect, test } from "vitest";
import { encodeControl } from "../../../../packages/distributed/dist/codec/control/control-frame.js";
import { Attacked } from "./attacked.ts";
import type { RawPeer } from "./raw-peer.ts";
import { frameOf, opcodes } from "./raw-peer.ts";

const attacked = new Attacked();

describe("frames that the protocol of WebSockets does not know end the connection:", () => {
  const raw = (first: number, payload: Uint8Array = new Uint8Array(1)): Buffer => {
    const frame = frameOf(payload);
    frame[0] = first;
    return frame;
  };
  const frames: readonly (readonly [string, number, () => Buffer])[] = [
    ["a reserved bit", 1_002, () => raw(0xc2)],
    ["all reserved bits", 1_002, () => raw(0xf2)],
    ["a reserved code of data", 1_002, () => raw(0x83)],
    ["a reserved code of control", 1_002, () => raw(0x8b)],
    [
      "a ping in pieces",
      1_002,
      () => frameOf(new Uint8Array(1), { opcode: opcodes.ping, isLast: false }),
    ],
    [
      "an end in pieces",
      1_002,
      () => frameOf(new Uint8Array(2), { opcode: opcodes.close, isLast: false }),
    ],
    ["a ping of 126 bytes", 1_002, () => frameOf(new Uint8Array(126), { opcode: opcodes.ping })],
    ["an end with a byte", 1_002, () => frameOf(new Uint8Array(1), { opcode: opcodes.close })],
    [
      "an end with a code that is none",
      1_002,
      () => frameOf(Buffer.from([0, 1]), { opcode: opcodes.close }),
    ],
    [
      "an end with a reason that is no text",
      1_007,
      () => frameOf(Buffer.from([3, 232, 255, 255]), { opcode: opcodes.close }),
    ],
    [
      "a piece of nothing",
      1_002,
      () => frameOf(new Uint8Array(1), { opcode: opcodes.continuation }),
    ],
    ["text that is none", 1_007, () => frameOf(Buffer.from([255, 255]), { opcode: opcodes.text })],
    [
      "a length that could be shorter",
      0,
      () => Buffer.concat([Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 1]), Buffer.alloc(5)]),
    ],
    [
      "a length below nothing",
      1_009,
      () => Buffer.from([0x82, 0xff, 255, 255, 255, 255, 255, 255, 255, 255]),
    ],
  ];
  const codes = (peer: RawPeer, before: number): number[] => {
    const found: number[] = [];
    const bytes = peer.received.subarray(before);
    for (let at = 0; at + 1 < bytes.length; at += 2 + (bytes[at + 1] as number)) {
      if (bytes[at] === 0x88 && (bytes[at + 1] as number) >= 2)
        found.push(bytes.readUInt16BE(at + 2));
    }
    return found;
  };
  test.each(frames)("%s", async (_, code, frame) => {
    for (const who of [
      () => attacked.letIn(),
      () => attacked.welcome("client"),
      () => attacked.welcome("worker"),
    ]) {
      const peer = await who();
      const before = peer.received.length;
      peer.write(frame());
      await peer.closed();
      if (code > 0) expect(codes(peer, before)).toContain(code);
    }
  });
  test("two data frames that overlap", async () => {
    const peer = await attacked.welcome("client");
    const bytes = encodeControl([]);
    peer.frame(bytes.subarray(0, 2), { isLast: false }).frame(bytes);
    await peer.closed();
  });
});

test(
  "a million empty pieces of one message end, or cost nothing",
  { timeout: 60_000 },
  async () => {
    const peer = await attacked.welcome("client");
    const piece = frameOf(new Uint8Array(0), { opcode: opcodes.continuation, isLast: false });
    peer.frame(new Uint8Array(0), { isLast: false });
    peer.write(Buffer.alloc(1_000_000 * piece.length, piece));
    while (!peer.isClosed) await attacked.innocentWork();
  },
);

test(
  "half a million pings beside a load cost no more than they may",
  { timeout: 60_000 },
  async () => {
    const peer = await attacked.welcome("client");
    const ping = frameOf(new Uint8Array(100), { opcode: opcodes.ping });
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => ping));
    for (let n = 0; n < 50 && !peer.isClosed; n++) {
      peer.write(many);
      await attacked.innocentWork();
    }
    peer.end();
  },
);
