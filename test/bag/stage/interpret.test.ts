import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { expect, it } from "vitest";

const program = join(import.meta.dirname, "../fixtures/run-pipelines.mjs");
const forbid = "--disallow-code-generation-from-strings";

function answers(...flags: string[]): Record<string, unknown> {
  const text = execFileSync(process.execPath, [...flags, program], { encoding: "utf8" });
  return JSON.parse(text) as Record<string, unknown>;
}

it("where no code may be generated, every pipeline gives the same answer", () => {
  const generated = answers();
  expect(Object.keys(generated)).toHaveLength(31);
  expect(generated["topk"]).toStrictEqual([0, 1, 2, 3]);
  expect(answers(forbid)).toStrictEqual(generated);
});

it("the flag does forbid what the loop is made with", () => {
  const make = ["-e", "new Function('return 1')"];
  expect(() => execFileSync(process.execPath, [forbid, ...make], { stdio: "pipe" })).toThrow(
    "EvalError",
  );
});
