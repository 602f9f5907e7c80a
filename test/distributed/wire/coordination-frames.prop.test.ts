import fc from "fast-check";
import { expect, test } from "vitest";

import type { Block } from "../../../packages/distributed/dist/codec/block.js";
import type {
  CoordinateMessage,
  CoordinatedMessage,
  Demand,
  Outcome,
  PassedValue,
} from "../../../packages/distributed/dist/messages/coordination.js";
import { HeldOutput } from "../../../packages/distributed/dist/messages/shipped.js";
import {
  packCoordinate,
  packCoordinated,
  unpackCoordinate,
  unpackCoordinated,
} from "../../../packages/distributed/dist/wire/coordination-wire.js";
import type { Fields } from "../../../packages/distributed/dist/wire/incoming.js";
import { Incoming } from "../../../packages/distributed/dist/wire/incoming.js";
import { Outgoing } from "../../../packages/distributed/dist/wire/outgoing.js";
import { wireLimits } from "../../../packages/distributed/dist/wire/wire-limits.js";

const bytes = fc.uint8Array({ maxLength: 5_000, size: "max" });
const block: fc.Arbitrary<Block> = fc.record({
  header: bytes,
  buffers: fc.array(bytes, { maxLength: 3 }),
});
const value: fc.Arbitrary<PassedValue> = fc.record({
  block,
  holds: fc.array(
    fc.tuple(fc.nat(), fc.nat()).map(([run, output]) => new HeldOutput(run, output)),
    { maxLength: 5 },
  ),
});
// Names of what objects have, too.
const name = fc.oneof(
  fc.string({ maxLength: 100, unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "x".repeat(256), ""),
);
const number = fc.maxSafeNat();
const flag = fc.boolean();
const variables = fc.constantFrom("variable" as const, "published" as const);

/** Every demand there is, by its kind: a new one is a compile error here. */
const demands: { readonly [K in Demand["kind"]]: fc.Arbitrary<Extract<Demand, { kind: K }>> } = {
  "queue-put": fc.record({ kind: fc.constant("queue-put"), name, lengthMax: number, value }),
  "queue-get": fc.record({ kind: fc.constant("queue-get"), name, waits: flag, run: number }),
  "queue-size": fc.record({ kind: fc.constant("queue-size"), name }),
  "queue-clear": fc.record({ kind: fc.constant("queue-clear"), name }),
  acquire: fc.record({
    kind: fc.constant("acquire"),
    space: fc.constantFrom("lock" as const, "semaphore" as const),
    name,
    leasesMax: fc.integer({ min: 1 }),
    waits: flag,
  }),
  "let-go": fc.record({ kind: fc.constant("let-go"), lease: number }),
  "event-set": fc.record({ kind: fc.constant("event-set"), name }),
  "event-clear": fc.record({ kind: fc.constant("event-clear"), name }),
  "event-get": fc.record({ kind: fc.constant("event-get"), name, waits: flag }),
  "variable-set": fc.record({
    kind: fc.constant("variable-set"),
    space: variables,
    name,
    isNew: flag,
    value,
  }),
  "variable-get": fc.record({
    kind: fc.constant("variable-get"),
    space: variables,
    name,
    waits: flag,
    run: number,
  }),
  "variable-delete": fc.record({ kind: fc.constant("variable-delete"), space: variables, name }),
  "variable-names": fc.record({ kind: fc.constant("variable-names"), space: variables }),
  "topic-publish": fc.record({ kind: fc.constant("topic-publish"), name, value }),
  "topic-subscribe": fc.record({ kind: fc.constant("topic-subscribe"), name }),
  "topic-next": fc.record({ kind: fc.constant("topic-next"), subscription: number }),
  "topic-leave": fc.record({ kind: fc.constant("topic-leave"), subscription: number }),
  "actor-open": fc.record({ kind: fc.constant("actor-open"), name, value }),
  "actor-hold": fc.record({ kind: fc.constant("actor-hold"), name }),
  "actor-let-go": fc.record({ kind: fc.constant("actor-let-go"), name }),
  "actor-host": fc.record({ kind: fc.constant("actor-host"), name, worker: name }),
  "actor-next": fc.record({ kind: fc.constant("actor-next"), name, run: number }),
  "actor-call": fc.record({ kind: fc.constant("actor-call"), name, run: number, value }),
  "actor-answer": fc.record({ kind: fc.constant("actor-answer"), name, call: number, value }),
  entrust: fc.record({ kind: fc.constant("entrust"), value }),
  "actor-end": fc.record({
    kind: fc.constant("actor-end"),
    name,
    reason: fc.string({ maxLength: 500 }),
  }),
  "worker-names": fc.record({ kind: fc.constant("worker-names") }),
  leave: fc.record({ kind: fc.constant("leave") }),
  withdraw: fc.record({ kind: fc.constant("withdraw"), request: number }),
};
const outcomes: { readonly [K in Outcome["kind"]]: fc.Arbitrary<Extract<Outcome, { kind: K }>> } = {
  done: fc.record({ kind: fc.constant("done") }),
  number: fc.record({ kind: fc.constant("number"), number }),
  names: fc.record({
    kind: fc.constant("names"),
    names: fc.array(fc.string({ unit: "binary" }), { maxLength: 300, size: "max" }),
  }),
  value: fc.record({ kind: fc.constant("value"), block, futures: number }),
  call: fc.record({ kind: fc.constant("call"), call: number, block, futures: number }),
  nothing: fc.record({ kind: fc.constant("nothing") }),
  batch: fc.record({
    kind: fc.constant("batch"),
    blocks: fc.array(block, { maxLength: 5 }),
    dropped: number,
  }),
  withdrawn: fc.record({ kind: fc.constant("withdrawn") }),
  refused: fc.record({
    kind: fc.constant("refused"),
    why: fc.constantFrom("full" as const, "at-odds" as const, "gone" as const),
    reason: fc.string({ maxLength: 500 }),
  }),
};
const demand: fc.Arbitrary<Demand> = fc.oneof(...Object.values<fc.Arbitrary<Demand>>(demands));
const outcome: fc.Arbitrary<Outcome> = fc.oneof(...Object.values<fc.Arbitrary<Outcome>>(outcomes));
const coordinate: fc.Arbitrary<CoordinateMessage> = fc.record({
  kind: fc.constant("coordinate"),
  request: number,
  demand,
});
const coordinated: fc.Arbitrary<CoordinatedMessage> = fc.record({
  kind: fc.constant("coordinated"),
  request: number,
  outcome,
});

/** Frames as they come out of a socket. */
function framesOf<M>(
  list: readonly M[],
  pack: (message: M, out: Outgoing) => unknown,
): Uint8Array[] {
  const out = new Outgoing(wireLimits);
  for (const message of list) out.add(pack(message, out));
  return out.take().map((frame) => new Uint8Array(Buffer.concat(frame)));
}

function read<M>(frames: readonly Uint8Array[], unpack: (fields: Fields) => M): M[] {
  const incoming = new Incoming(wireLimits);
  return frames.flatMap((frame) => incoming.read(frame)).map(unpack);
}

/** Bytes as texts, since where they lie does not matter. */
function shown(message: unknown): unknown {
  return JSON.parse(
    JSON.stringify(message, (_key, each: unknown) =>
      ArrayBuffer.isView(each)
        ? Buffer.from(each.buffer, each.byteOffset, each.byteLength).toString("base64")
        : each,
    ),
  );
}

test("what clients demand comes out of frames as it went in", () => {
  fc.assert(
    fc.property(fc.array(coordinate, { maxLength: 8, size: "max" }), (list) => {
      const got = read(framesOf(list, packCoordinate), unpackCoordinate);
      expect(got.map(shown)).toEqual(list.map(shown));
    }),
    { numRuns: 100 },
  );
});

test("and so does what becomes of it", () => {
  fc.assert(
    fc.property(fc.array(coordinated, { maxLength: 8, size: "max" }), (list) => {
      const got = read(framesOf(list, packCoordinated), unpackCoordinated);
      expect(got.map(shown)).toEqual(list.map(shown));
    }),
    { numRuns: 100 },
  );
});

const spaces = ["lock", "semaphore", "variable", "published"];

/** Whether each field of a demand is something that the machine may be given. */
function isSound([key, field]: readonly [string, unknown]): boolean {
  switch (key) {
    case "kind":
      return Object.hasOwn(demands, field as string);
    case "name":
    case "worker":
      return typeof field === "string" && field.length <= 256;
    case "reason":
      return typeof field === "string";
    case "space":
      return spaces.includes(field as string);
    case "waits":
    case "isNew":
      return typeof field === "boolean";
    case "leasesMax":
      return Number.isSafeInteger(field) && (field as number) >= 1;
    case "value": {
      const { block: own, holds } = field as PassedValue;
      const isWhole = own.header instanceof Uint8Array && Array.isArray(own.buffers);
      return (
        isWhole && holds.flatMap(({ run, output }) => [run, output]).every(Number.isSafeInteger)
      );
    }
    default:
      return Number.isSafeInteger(field) && (field as number) >= 0;
  }
}

/** Refused as damaged, or sound. */
function refusedOrSound(frames: readonly Uint8Array[]): "refused" | "sound" {
  let got: CoordinateMessage[];
  try {
    got = read(frames, unpackCoordinate);
  } catch (error) {
    expect((error as { code?: string }).code).toBe("distributed/corrupt-frame");
    return "refused";
  }
  const wrong = got.flatMap(({ request, demand: each }) =>
    Object.entries({ request, ...each }).filter((field) => !isSound(field)),
  );
  expect(wrong).toEqual([]);
  return "sound";
}

test("demands in damaged frames are refused as such, whatever was damaged", () => {
  const damage = fc.array(
    fc.record({ frame: fc.nat(), at: fc.nat(), to: fc.nat({ max: 255 }), cut: fc.nat({ max: 9 }) }),
    { minLength: 1, maxLength: 4 },
  );
  let refusedCount = 0;
  fc.assert(
    fc.property(coordinate, damage, (message, changes) => {
      const frames = framesOf([message], packCoordinate);
      for (const { frame, at, to, cut } of changes) {
        const n = frame % frames.length;
        const own = frames[n] as Uint8Array;
        if (own.length === 0) continue;
        own[at % Math.min(200, own.length)] = to;
        frames[n] = cut > 7 ? own.subarray(0, at % own.length) : own;
      }
      if (refusedOrSound(frames) === "refused") refusedCount++;
    }),
    { numRuns: 1_000 },
  );
  expect(refusedCount).toBeGreaterThan(300);
});

/** What a control frame can hold, and a field seldom may be. */
const scalars = [undefined, null, true, NaN, Infinity, -1, 0, 0.5, 2 ** 60, "", "x".repeat(257)];
const parts = [{ part: 0 }, { part: 7 }, { part: -1 }, { part: 0, lengths: Int32Array.of(-1) }];
const columns = [Int32Array.of(-1, 2), Float64Array.of(0.5), Float64Array.of(NaN, 1)];
const junk = [...scalars, ...parts, ...columns, "leave", [], {}, new Uint8Array(7)];

test("a demand with a field that is something else is refused, or is a demand", () => {
  let refusedCount = 0;
  let triedCount = 0;
  fc.assert(
    fc.property(fc.record(demands), (all) => {
      for (const each of Object.values<Demand>(all)) {
        const message = { kind: "coordinate", request: 1, demand: each } as const;
        const fields = packCoordinate(message, new Outgoing(wireLimits)) as object;
        for (const field of Object.keys(fields)) {
          for (const instead of junk) {
            const frames = framesOf([message], (known, out) => {
              return { ...(packCoordinate(known, out) as object), [field]: instead };
            });
            triedCount++;
            if (refusedOrSound(frames) === "refused") refusedCount++;
          }
        }
      }
    }),
    { numRuns: 2 },
  );
  expect(refusedCount).toBeGreaterThan(triedCount / 2);
});
