import { packageVersion } from "../../../../packages/distributed/dist/package-version.js";
import { describe, expect, test } from "vitest";
import { encodeControl } from "../../../../packages/distributed/dist/codec/control/control-frame.js";
import { protocolVersion } from "../../../../packages/distributed/src/wire/greeting.ts";
import { Attacked } from "./attacked.ts";
import type { RawPeer } from "./raw-peer.ts";
import { frameOf, opcodes } from "./raw-peer.ts";

const attacked = new Attacked();

/** A frame of control messages whose MessagePack bytes are these. */
function packed(...bytes: readonly (number | Uint8Array)[]): Buffer {
  const body = Buffer.concat(
    bytes.map((each) => (typeof each === "number" ? Buffer.from([each]) : each)),
  );
  const frame = Buffer.alloc(8 + body.length);
  frame[0] = encodeControl([])[0] as number;
  frame.writeUInt32LE(body.length, 4);
  body.copy(frame, 8);
  return frame;
}

const empty = new Uint8Array(0);
const repeated = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte);
const right = Buffer.from(encodeControl([{ kind: "heartbeat", sentMs: 1 }]));

// Inputs 54 to 56. In an array, where messages stand.
const frames: readonly (readonly [string, (peer: RawPeer) => unknown])[] = [
  ["a frame of 2^31 bytes", (peer) => peer.frame(empty, { length: 2 ** 31 })],
  ["a frame of 2^62 bytes", (peer) => peer.frame(empty, { length: 2n ** 62n })],
  ["a frame of 2^63 bytes", (peer) => peer.frame(empty, { length: 2n ** 63n })],
  ["one byte more than fits", (peer) => peer.frame(new Uint8Array(2 ** 21 + 1))],
  ["more than messages may take", (peer) => peer.frame(packed(0xc6, new Uint8Array(2 ** 20)))],
  ["a frame without a mask", (peer) => peer.frame(right, { isMasked: false })],
  ["a text", (peer) => peer.frame(Buffer.from("{}"), { opcode: opcodes.text })],
  ["an unknown kind of frame", (peer) => peer.frame(right, { opcode: 3 })],
  ["the rest of no message", (peer) => peer.frame(right, { opcode: opcodes.continuation })],
  ["a long ping", (peer) => peer.frame(new Uint8Array(126), { opcode: opcodes.ping })],
  [
    "a message in a hundred thousand fragments",
    (peer) => {
      peer.frame(Buffer.from([1]), { isLast: false });
      const one = frameOf(Buffer.from([1]), { opcode: opcodes.continuation, isLast: false });
      peer.write(Buffer.concat(Array.from({ length: 100_000 }, () => one)));
    },
  ],
  ["nothing", (peer) => peer.frame(empty)],
  ["random bytes", (peer) => peer.frame(repeated(0xa7, 5_000))],
  ["another version", (peer) => peer.frame(Buffer.concat([Buffer.from([99]), right.subarray(1)]))],
  ["half of a message", (peer) => peer.frame(right.subarray(0, right.length - 3))],
  ["a byte behind a message", (peer) => peer.frame(Buffer.concat([right, Buffer.from([0])]))],
  ["a million arrays in each other", (peer) => peer.frame(packed(repeated(0x91, 1_000_000)))],
  ["an array of 2^32 - 1", (peer) => peer.frame(packed(0xdd, repeated(0xff, 4)))],
  ["an object of 2^32 - 1", (peer) => peer.frame(packed(0x91, 0xdf, repeated(0xff, 4)))],
  ["a text of 2^32 - 1", (peer) => peer.frame(packed(0x91, 0xdb, repeated(0xff, 4)))],
  ["bytes of 2^32 - 1", (peer) => peer.frame(packed(0x91, 0xc6, repeated(0xff, 4)))],
  [
    "a megabyte of empty objects",
    (peer) => peer.frame(packed(0xdd, 0, 0x0f, 0xff, 0x00, repeated(0x80, 0x0fff00))),
  ],
  [
    "as many values as are allowed, all of them wrong",
    (peer) => peer.frame(packed(0xdd, 0, 0x01, 0x86, 0x90, repeated(0x80, 0x018690))),
  ],
  ...[0x65, 0x69, 0x70, 0x62, 0x72, 0x78, 0x74, 0xff, 0x00].map(
    (type) =>
      [
        `an extension of the type ${type}`,
        (peer: RawPeer) => peer.frame(packed(0x91, 0xd6, type, 0x91, 0xc0, 0xc0, 0xc0)),
      ] as const,
  ),
  ["an extension of any length", (peer) => peer.frame(packed(0x91, 0xc7, 4, 0x65, repeated(0, 4)))],
  ["a date", (peer) => peer.frame(packed(0x91, 0xd6, 0xff, repeated(1, 4)))],
  [
    "a key that is in every object",
    (peer) => peer.frame(packed(0x91, 0x81, named("__proto__"), 1)),
  ],
  ["a constructor", (peer) => peer.frame(packed(0x91, 0x81, named("constructor"), 1))],
  ["a key that is no text", (peer) => peer.frame(packed(0x91, 0x81, 1, 1))],
  ["a part that is too large", (peer) => peer.frame(part(0, 2 ** 31, 0, empty))],
  ["a stretch of a part out of place", (peer) => peer.frame(part(0, 100, 70, repeated(1, 10)))],
  ["a stretch beyond its part", (peer) => peer.frame(part(0, 10, 0, repeated(1, 11)))],
  ["half a head of a part", (peer) => peer.frame(part(0, 1, 0, empty).subarray(0, 9))],
  [
    "parts that no message names",
    (peer) => {
      for (let n = 0; n < 4; n++) peer.frame(part(n, 2 ** 30, 0, repeated(1, 1)));
    },
  ],
  [
    "a hundred thousand empty parts",
    (peer) => {
      const all = Array.from({ length: 100_000 }, (_, n) => frameOf(part(n, 0, 0, empty)));
      peer.write(Buffer.concat(all));
    },
  ],
];

function named(key: string): Buffer {
  return Buffer.concat([Buffer.from([0xa0 + key.length]), Buffer.from(key)]);
}

function part(number: number, bytes: number, place: number, stretch: Uint8Array): Buffer {
  const head = Buffer.alloc(16);
  head[0] = right[0] as number;
  head[1] = 1;
  head.writeUInt32LE(number, 4);
  head.writeUInt32LE(bytes, 8);
  head.writeUInt32LE(place, 12);
  return Buffer.concat([head, stretch]);
}

describe("a worker that sends it is cut off:", () => {
  test.each(frames)("%s", async (_, attack) => {
    const peer = await attacked.welcome("worker");
    attack(peer);
    await peer.closed();
  });
});

const worker = { protocol: protocolVersion, role: "worker", name: "x" };

describe("who has not said who it is and sends it is cut off:", () => {
  test.each(frames.filter(([name]) => name !== "nothing"))("%s", async (_, attack) => {
    const peer = await attacked.letIn();
    attack(peer);
    await peer.closed();
  });

  test.each([
    ["a message of somebody else", [{ kind: "heartbeat", sentMs: 1 }]],
    ["no object", 7],
    ["no role", { protocol: protocolVersion, name: "x", version: packageVersion }],
    [
      "an unknown role",
      { protocol: protocolVersion, role: "king", name: "x", version: packageVersion },
    ],
    ["no name", { protocol: protocolVersion, role: "client", version: packageVersion }],
    [
      "a name of a thousand characters",
      { ...worker, version: packageVersion, name: "x".repeat(1_000) },
    ],
    [
      "an address of a worker that is none",
      { ...worker, version: packageVersion, address: "http://127.0.0.1:80" },
    ],
    ["no address", { ...worker, version: packageVersion }],
    [
      "a greeting of 5,000 bytes",
      { protocol: protocolVersion, role: "worker", name: "x", pad: "y".repeat(5e3) },
    ],
  ])("a greeting with %s", async (_, greeting) => {
    const peer = await attacked.letIn();
    peer.control(greeting);
    await peer.closed();
  });

  // Input 64 and row 23.
  const numbers = [0, protocolVersion - 1, protocolVersion + 1, 999, -1, 1.5, NaN];
  test.each([...numbers, `${protocolVersion}`, null, true, { of: 3 }, "x\n".repeat(100)])(
    "the protocol %j, which is told beside the one that is wanted",
    async (protocol) => {
      const peer = await attacked.letIn();
      peer.control({ protocol, role: "client", name: "x", version: "9.9.9" });
      const said = await peer.closed();
      expect(said).toContain("client 9.9.9 speaks protocol ");
      if (typeof protocol === "number") expect(said).toContain(`speaks protocol ${protocol},`);
      expect(said).toContain(`scheduler ${packageVersion} needs ${protocolVersion}`);
    },
  );

  test("a protocol and nothing else", async () => {
    const peer = await attacked.letIn();
    peer.control({ protocol: 0 });
    expect(await peer.closed()).toContain("undefined undefined speaks protocol 0, scheduler");
  });

  test.each(["0.0.9", "0.2.0", "1.1.0", "0.10.0", "", "one"])(
    "the version %j, which is told",
    async (version) => {
      const peer = await attacked.letIn();
      peer.control({ protocol: protocolVersion, role: "worker", name: "x", version });
      const said = await peer.closed();
      expect(said).toContain(`worker ${version} and scheduler ${packageVersion} are not of one`);
      expect(said).toContain("install the same version of both");
    },
  );
});
