import { capture, revive } from "@millrace/closure";
import { expect, test } from "vitest";
import { fromText } from "./refusal.ts";

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
