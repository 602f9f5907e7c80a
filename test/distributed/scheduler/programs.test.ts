import type { Arg, Program } from "@millrace/graph";
import { makeProgram, ownFunctions } from "@millrace/graph";
import { expect, it } from "vitest";

import { HeldOutput, ShippedValue } from "../../../packages/distributed/src/messages/shipped.ts";
import { contentOf } from "../../../packages/distributed/src/scheduler/program-content.ts";
import { Programs } from "../../../packages/distributed/src/scheduler/programs.ts";
import { standIn } from "../../../packages/distributed/src/scheduler/stand-in.ts";

const input = { kind: "input", input: 0 } as const;
const other = { kind: "input", input: 1 } as const;
const literal = (value: unknown): Arg => ({ kind: "literal", value });
const block = { header: new Uint8Array(1), buffers: [] };

/** Arguments that are all different. */
const args: readonly Arg[] = [
  input,
  other,
  { kind: "constant", constant: 0 },
  { kind: "inputs", start: 0, count: 2 },
  { kind: "inputs", start: 0, count: 1 },
  { kind: "pieces", of: input, piece: other },
  { kind: "pieces", of: other, piece: input },
  { kind: "array", items: [] },
  { kind: "array", items: [input, other] },
  { kind: "array", items: [{ kind: "array", items: [input] }, other] },
  { kind: "array", items: [{ kind: "array", items: [input, other] }] },
  { kind: "set", items: [input, other] },
  { kind: "map", entries: [[input, other]] },
  { kind: "object", entries: [["a", input]] },
  { kind: "object", entries: [["a", input]], isBare: true },
  { kind: "object", entries: [['a","b', input]] },
  ...[0, -0, Number.NaN, 1, 1n, "1", "1n", "a\nb", "a\\nb", "shipped", true, "true"].map(literal),
  ...[null, "null", undefined, "undefined", Infinity].map(literal),
  literal(new ShippedValue(block, [], "one")),
  literal(new ShippedValue(block, [], "two")),
  literal(new HeldOutput(1, 2)),
  literal(new HeldOutput(12, 0)),
];

const program = (...all: readonly Arg[]): Program =>
  makeProgram([{ fn: ownFunctions.identity, args: all }], 2, 1);

it("programs that differ in anything have different content", () => {
  const programs = [
    ...args.map((arg) => program(arg)),
    ...args.map((arg) => program(arg, input)),
    program(),
    makeProgram([{ fn: standIn("other"), args: [input] }], 2, 1),
    makeProgram([{ fn: ownFunctions.identity, args: [input] }], 3, 1),
    makeProgram([{ fn: ownFunctions.identity, args: [input] }], 2, 0),
  ];
  expect(new Set(programs.map(contentOf)).size).toBe(programs.length);
});

it("equal programs are one record, values being told by their tokens", () => {
  const programs = new Programs();
  const value = (header: number): Program =>
    program(literal(new ShippedValue({ header: Uint8Array.of(header), buffers: [] }, [], "same")));
  expect(programs.take(value(1))).toBe(programs.take(value(2)));
  expect(programs.take(program(input))).not.toBe(programs.take(program(other)));
});

it("references nested as deep as tasks may have them are no matter", () => {
  let arg: Arg = input;
  for (let level = 0; level < 1_002; level++)
    arg = { kind: "map", entries: [[arg, arg === input ? other : input]] };
  const programs = new Programs();
  expect(programs.take(program(arg))).toBe(programs.take(program(arg)));
});

it("an argument of very many others is no matter", () => {
  const items = Array.from({ length: 300_000 }, () => input);
  expect(contentOf(program({ kind: "array", items })).length).toBeGreaterThan(300_000);
});
