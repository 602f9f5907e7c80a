import { expect, it } from "vitest";

import { explainStage } from "../../../packages/bag/dist/stage/compile.js";
import { read } from "../../lib/workspace.ts";

const shown = explainStage([
  { kind: "flatMap", fn: (line: string) => line.split(" "), extra: 0 },
  {
    kind: "filter",
    fn: (word: string, least: number) => word.length >= least,
    extra: 1,
    keep: true,
  },
  { kind: "count" },
]);

it("docs/internals/stage.md shows the loop as it is written", () => {
  const page = read("docs/internals/stage.md");
  const [, block] = /```text\n("use strict";[\s\S]*?)\n```/.exec(page) ?? [];
  expect(block).toBe(shown);
});

it("nothing that a user gives becomes code: names, callbacks and values are reached by name", () => {
  const hostile = '"]; throw new Error("code"); //';
  const text = explainStage([
    { kind: "pluck", key: hostile, fallback: undefined, hasFallback: false },
    { kind: "map", fn: Object.assign(() => hostile, { toString: () => hostile }), extra: 0 },
    { kind: "topk", k: 3, key: () => hostile },
  ]);
  expect(text).not.toContain("throw new");
});
