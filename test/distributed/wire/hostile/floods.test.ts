import { BlockwiseLayer, LayeredGraph, blockInput, blockStep } from "@millrace/graph";
import { describe, expect, test } from "vitest";
import { encodeControl } from "../../../../packages/distributed/dist/codec/control/control-frame.js";
import { standIn } from "../../../../packages/distributed/dist/scheduler/stand-in.js";
import { pause } from "../../../cluster/lib/until.ts";
import { Attacked } from "./attacked.ts";
import { frameOf, opcodes } from "./raw-peer.ts";

const attacked = new Attacked();
/** A function that is never run. */
const code = { name: "f1".repeat(32), bytes: new Uint8Array(10) };
const mib = 2 ** 20;

const nothing = new Uint8Array(0);
const beat = encodeControl([{ kind: "heartbeat", sentMs: 1 }]);
const floods: readonly (readonly [string, Buffer])[] = [
  ["empty pings", frameOf(nothing, { opcode: opcodes.ping })],
  ["pings", frameOf(new Uint8Array(100), { opcode: opcodes.ping })],
  ["answers that nobody asked for", frameOf(nothing, { opcode: opcodes.pong })],
  ["frames without messages", frameOf(encodeControl([]))],
  ["heartbeats", frameOf(beat)],
];

describe.each(["worker", "client"] as const)(
  "a %s that sends eight megabytes at once of",
  (role) => {
    test.each(floods)("%s keeps nobody waiting", { timeout: 60_000 }, async (_, frame) => {
      const peer = await attacked.welcome(role);
      const who = { name: "hostile", address: "tcp://127.0.0.1:9", host: "h", resources: {} };
      if (role === "worker") {
        const offer = { ...who, threads: 1, memoryBytesMax: 1 };
        peer.fromWorker({ kind: "offer", offer });
      }
      const bytes = Buffer.alloc(8 * mib - ((8 * mib) % frame.length), frame);
      for (let n = 0; n < 2 && !peer.isClosed; n++) {
        peer.write(bytes);
        for (let round = 0; round < 5; round++) await attacked.innocentWork();
      }
    });
  },
);

// Input 62.
describe("a peer that never reads", () => {
  test("and asks for answers to pings costs no memory", async () => {
    const peer = await attacked.welcome("worker");
    peer.socket.pause();
    const ping = frameOf(new Uint8Array(125), { opcode: opcodes.ping });
    const many = Buffer.concat(Array.from({ length: 8_000 }, () => ping));
    const before = (await attacked.scheduler.measure()).rssBytes;
    for (let n = 0; n < 40; n++) {
      peer.write(many);
      await pause(10);
    }
    const after = (await attacked.scheduler.measure()).rssBytes;
    expect((after - before) / mib).toBeLessThan(40);
  });

  test("and beats all the time costs no more than it may", async () => {
    const peer = await attacked.welcome("worker");
    const resources = {};
    const who = { name: "hostile", address: "tcp://127.0.0.1:9" };
    const rest = { host: "h", threads: 1, memoryBytesMax: 1, resources };
    peer.fromWorker({ kind: "offer", offer: { ...who, ...rest } });
    peer.socket.pause();
    const before = (await attacked.scheduler.measure()).rssBytes;
    for (let n = 0; n < 200; n++) {
      for (let k = 0; k < 100; k++) peer.fromWorker({ kind: "heartbeat", sentMs: k });
      await pause(5);
    }
    const after = (await attacked.scheduler.measure()).rssBytes;
    expect((after - before) / mib).toBeLessThan(100);
  });
});

test("connections that come and go all the time leave nothing", async () => {
  for (let n = 0; n < 300; n++) {
    const peer = await attacked.welcome(n % 2 === 0 ? "client" : "worker");
    peer.end();
  }
});

test("runs that are submitted and released all the time leave nothing", async () => {
  const peer = await attacked.welcome("client");
  const graph = new LayeredGraph().withLayer(
    new BlockwiseLayer("x", {
      count: 100,
      inputs: [{ kind: "index" }],
      steps: [blockStep(standIn(code.name), blockInput(0))],
    }),
  );
  const settings = {
    optimize: true,
    priority: 0,
    retries: 0,
    timeoutMs: undefined,
    resources: undefined,
    workers: ["nobody"],
    allowOtherWorkers: false,
    lookahead: undefined,
    events: false,
    progress: false,
  };
  const functions = [code];
  const before = (await attacked.scheduler.measure()).rssBytes;
  for (let run = 0; run < 1_000; run++) {
    peer.fromClient({ kind: "submit", run, graph, keys: ["x/1"], functions, holds: [], settings });
    peer.fromClient({ kind: "release", run, outputs: undefined });
    if (run % 50 === 0) await pause(5);
  }
  const after = (await attacked.scheduler.measure()).rssBytes;
  expect((after - before) / mib).toBeLessThan(100);
  expect(peer.isClosed).toBe(false);
});
