import { capture } from "@millrace/closure";
import { runProgram } from "@millrace/graph";
import { expect, it } from "vitest";
import { encodeValue } from "../../../../packages/distributed/src/codec/encode-value.ts";
import type {
  ShippedFunction,
  ShippedProgram,
} from "../../../../packages/distributed/src/messages/shipped.ts";
import { ThreadPrograms } from "../../../../packages/distributed/src/worker/threads/thread-programs.ts";
import type { PostedValue } from "../../../../packages/distributed/src/worker/threads/thread-messages.ts";

const control = { step: 0, throwIfOver: () => undefined, pause: () => undefined };

function shipped(name: string, fn: (...args: never[]) => unknown): ShippedFunction {
  return { name, bytes: capture(fn).bytes };
}

/** A program that calls one function with its input and a value written into it. */
function callOf(fn: string, value?: unknown): ShippedProgram {
  const args = [
    { kind: "input", input: 0 },
    { kind: "literal", value },
  ] as const;
  return { steps: [{ fn, args }], inputCount: 1, constantCount: 0 };
}

async function resultOf(programs: ThreadPrograms, program: number): Promise<unknown> {
  return runProgram(await programs.get(program), [20], [], control);
}

it("a program is there at once as soon as its functions have been revived", async () => {
  const programs = new ThreadPrograms();
  programs.define(
    [shipped("f", (x: number, y: number) => x + y)],
    [{ program: 1, spec: callOf("f", 22) }],
  );
  expect(await resultOf(programs, 1)).toBe(42);
  await Promise.resolve();
  expect(programs.get(1)).not.toBeInstanceOf(Promise);
});

it("a function is revived once for all programs that call it", async () => {
  const programs = new ThreadPrograms();
  programs.define([shipped("f", () => new Date())], [{ program: 1, spec: callOf("f") }]);
  programs.define([], [{ program: 2, spec: callOf("f", 1) }]);
  const [one, two] = [await programs.get(1), await programs.get(2)];
  expect(one.steps[0]?.fn).toBe(two.steps[0]?.fn);
});

it("functions of the package graph are known without being sent", async () => {
  const programs = new ThreadPrograms();
  programs.define([], [{ program: 1, spec: callOf("identity") }]);
  expect(await resultOf(programs, 1)).toBe(20);
});

it("a value in a program is alive once, and holds the functions that came with it", async () => {
  const twice = (x: number): number => 2 * x;
  const block = encodeValue({ twice }, { functions: { refOf: () => 0 }, shared: true });
  const value: PostedValue = { block, functions: ["twice"], isMade: false };
  const programs = new ThreadPrograms();
  programs.define(
    [
      shipped("twice", twice),
      shipped("call", (x: number, fns: { twice: (n: number) => number }) => fns.twice(x)),
    ],
    [{ program: 1, spec: callOf("call", value) }],
  );
  expect(await resultOf(programs, 1)).toBe(40);
});

it("a value that is made is what its function returns", async () => {
  const block = encodeValue(() => undefined, { functions: { refOf: () => 0 }, shared: true });
  const programs = new ThreadPrograms();
  programs.define([shipped("make", () => new Map([["a", 1]]))], []);
  const value = { block, functions: ["make"], isMade: true };
  expect(await programs.value(value)).toEqual(new Map([["a", 1]]));
});

it("a plain value needs no waiting", () => {
  const value = { block: encodeValue([1, 2]), functions: [], isMade: false };
  expect(new ThreadPrograms().value(value)).toEqual([1, 2]);
});

it("a function that cannot be revived fails the program, and no other", async () => {
  const programs = new ThreadPrograms();
  programs.define(
    [{ name: "broken", bytes: Uint8Array.of(1, 2, 3) }, shipped("f", (x: number) => x)],
    [
      { program: 1, spec: callOf("broken") },
      { program: 2, spec: callOf("f") },
    ],
  );
  await expect(resultOf(programs, 1)).rejects.toThrow();
  await expect(resultOf(programs, 1)).rejects.toThrow();
  expect(await resultOf(programs, 2)).toBe(20);
});

it("code that was never sent, or is forgotten, is missed by name", async () => {
  const programs = new ThreadPrograms();
  programs.define([], [{ program: 1, spec: callOf("absent") }]);
  await expect(programs.get(1)).rejects.toThrow("a thread has no function absent");
  programs.forget([1], []);
  expect(() => programs.get(1)).toThrow("a thread has no program 1");
});

it("a program that is forgotten and defined anew is the new one", async () => {
  const programs = new ThreadPrograms();
  programs.define([shipped("f", (x: number) => x + 1)], [{ program: 1, spec: callOf("f") }]);
  programs.forget([1], ["f"]);
  programs.define([shipped("g", (x: number) => x + 2)], [{ program: 1, spec: callOf("g") }]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await resultOf(programs, 1)).toBe(22);
});
