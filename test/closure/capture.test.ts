import { capture, revive } from "@millrace/closure";
import { expect, test } from "vitest";
import { fromText, refusal } from "./refusal.ts";

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

// What istanbul-lib-instrument writes, shortened: a counter function that replaces itself.
const instrumented = `
  "use strict";
  function cov_1a2b3c() {
    var coverageData = { s: { 0: 0, 1: 0 }, f: { 0: 0 }, b: { 0: [0, 0] } };
    var coverage = globalThis.__coverage__ ??= {};
    var actualCoverage = coverage["file.js"] ??= coverageData;
    cov_1a2b3c = function () { return actualCoverage; };
    return actualCoverage;
  }
  cov_1a2b3c();
  const factor = (cov_1a2b3c().s[0]++, 3);
  return (x) => {
    cov_1a2b3c().f[0]++;
    cov_1a2b3c().s[1]++;
    return x > 1 ? (cov_1a2b3c().b[0][0]++, x * factor) : (cov_1a2b3c().b[0][1]++, x);
  };
`;

test("functions instrumented by Istanbul travel, and their counters count for nobody", async () => {
  const fn = fromText(instrumented)() as (x: number) => number;
  const again = await revive<typeof fn>(capture(fn));
  expect([again(1), again(2), again(2)]).toEqual([1, 6, 6]);
  const { __coverage__: counts } = globalThis as { __coverage__?: Record<string, { f: object }> };
  expect(counts?.["file.js"]?.f).toEqual({ 0: 0 });
  delete (globalThis as { __coverage__?: object }).__coverage__;
});
