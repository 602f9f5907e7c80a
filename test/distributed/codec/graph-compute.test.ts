import type { Arg } from "@millrace/graph";
import { describe, expect, it } from "vitest";

import { blockBytes } from "../../../packages/distributed/src/codec/block.ts";
import {
  decodeConstants,
  decodePrograms,
  encodeConstants,
  encodePrograms,
} from "../../../packages/distributed/src/codec/graph/compute-block.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { ShippedValue } from "../../../packages/distributed/src/messages/shipped.ts";
import type { ProgramDefinition } from "../../../packages/distributed/src/messages/worker-messages.ts";
import { hashOf, shippedValue } from "./shipped-graphs.ts";

describe("constants", () => {
  it.each([
    [[]],
    [[1, 2, 3]],
    [[undefined]],
    [[0.5, -0, Number.NaN, Infinity]],
    [["a", null, undefined, true, 2n ** 90n, -7, "ö", "\ud800", "x".repeat(70_000)]],
    [Array.from({ length: 10_000 }, (_, i) => i * 1.5)],
    [Object.freeze([1, 2])],
  ])("come back as they were, case %#", (constants) => {
    expect(decodeConstants(encodeConstants(constants))).toStrictEqual([...constants]);
  });

  it("that are shipped are written once, and large parts are not copied", () => {
    const large = new ShippedValue(encodeValue(new Float64Array(1_000)), [hashOf("f")], "t", true);
    const small = shippedValue([1, 2], [hashOf("g"), hashOf("f")]);
    const constants = [1, large, "text", small, large, undefined, small];
    const block = encodeConstants(constants);
    expect(block.buffers).toEqual(large.block.buffers);
    expect(block.buffers[0]).toBe(large.block.buffers[0]);
    const back = decodeConstants(block);
    expect(back).toStrictEqual(constants);
    expect(back[4]).toBe(back[1]);
    expect(back[6]).toBe(back[3]);
    expect((back[1] as ShippedValue).block.buffers[0]).toBe(large.block.buffers[0]);
  });

  it("that are small whole numbers take a byte each", () => {
    const constants = Array.from({ length: 1_000 }, (_, i) => i % 200);
    expect(blockBytes(encodeConstants(constants))).toBeLessThan(1_020);
  });
});

describe("programs", () => {
  const input = { kind: "input", input: 0 } as const;
  const definition = (program: number, ...args: readonly Arg[]): ProgramDefinition => ({
    program,
    spec: { steps: [{ fn: hashOf("f"), args }], inputCount: 3, constantCount: 2 },
  });

  it("come back as they were, with their numbers", () => {
    const value = shippedValue({ a: 1 }, [hashOf("inner")]);
    const programs: readonly ProgramDefinition[] = [
      definition(0),
      definition(2 ** 40, input, { kind: "constant", constant: 1 }),
      definition(7, { kind: "inputs", start: 1, count: 2 }, { kind: "inputs", start: 3, count: 0 }),
      definition(
        8,
        { kind: "literal", value },
        { kind: "pieces", of: input, piece: { kind: "constant", constant: 0 } },
        { kind: "map", entries: [[input, { kind: "set", items: [] }]] },
        { kind: "object", entries: [["__proto__", input]], isBare: true },
      ),
      {
        program: 9,
        spec: {
          steps: [
            { fn: "gather", args: [{ kind: "inputs", start: 0, count: 1_000_000 }] },
            {
              fn: hashOf("g"),
              args: [
                { kind: "step", step: 0 },
                { kind: "literal", value },
              ],
            },
          ],
          inputCount: 1_000_000,
          constantCount: 0,
        },
      },
    ];
    const block = encodePrograms(programs);
    const back = decodePrograms(block);
    expect(back).toStrictEqual(programs);
    expect(blockBytes(block)).toBeLessThan(500);
    expect(decodePrograms(encodePrograms([]))).toEqual([]);
  });

  it("of functions that were not captured are refused", () => {
    const spec = { steps: [{ fn: "eval", args: [] }], inputCount: 0, constantCount: 0 };
    expect(() => encodePrograms([{ program: 1, spec }])).toThrow(
      expect.objectContaining({ code: "distributed/invalid-argument" }),
    );
  });
});

it("one form is not taken for another", () => {
  const blocks = [encodePrograms([]), encodeConstants([1]), encodeConstants([shippedValue([])])];
  const corrupt = expect.objectContaining({ code: "distributed/corrupt-frame" }) as Error;
  expect(() => decodeConstants(blocks[0]!)).toThrow(corrupt);
  for (const block of blocks.slice(1)) expect(() => decodePrograms(block)).toThrow(corrupt);
});
