import { capture, CaptureError, revive } from "@millrace/closure";
import { expect, test } from "vitest";

const rate = 3;
const scale = (x: number): number => x * rate;

test("a function comes back with its helpers and captured values", async () => {
  const offset = { value: 4, unused: "x".repeat(10_000) };
  const fn = (x: number): number => scale(x) + offset.value;
  const packed = capture(fn);
  expect(packed.bytes.byteLength).toBeLessThan(2_000);
  expect((await revive<typeof fn>(packed))(2)).toBe(10);
});

test("the same function gives the same object, equal functions the same hash", () => {
  const make = (k: number) => (x: number) => x + k;
  const first = make(1);
  expect(capture(first)).toBe(capture(first));
  expect(capture(make(1)).hash).toBe(capture(first).hash);
  expect(capture(make(2)).hash).not.toBe(capture(first).hash);
});

test("what cannot travel is refused with the way to it", () => {
  const pending = Promise.resolve(1);
  const config = { pending };
  const helper = (): Promise<number> => config.pending;
  const top = (): Promise<number> => helper();
  const error = refusal(top);
  expect(error.code).toBe("closure/promise");
  expect(error.trail).toEqual(["top", "helper", "config.pending"]);
});

function refusal(fn: () => unknown): CaptureError {
  try {
    capture(fn);
  } catch (error) {
    if (error instanceof CaptureError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
