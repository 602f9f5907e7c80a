import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { expect, it } from "vitest";

import { answersOf } from "../fixtures/run-pipelines.mjs";

const program = join(import.meta.dirname, "../fixtures/run-pipelines.mjs");
const forbid = "--disallow-code-generation-from-strings";

it("where no code may be generated, every pipeline gives the same answer", async () => {
  const generated = await answersOf();
  expect(Object.keys(generated)).toHaveLength(31);
  expect(generated["topk"]).toStrictEqual([0, 1, 2, 3]);
  const text = execFileSync(process.execPath, [forbid, program], { encoding: "utf8" });
  expect(JSON.parse(text)).toStrictEqual(JSON.parse(JSON.stringify(generated)));
});

it("the flag does forbid what the loop is made with", () => {
  const make = ["-e", "new Function('return 1')"];
  expect(() => execFileSync(process.execPath, [forbid, ...make], { stdio: "pipe" })).toThrow(
    "EvalError",
  );
});
