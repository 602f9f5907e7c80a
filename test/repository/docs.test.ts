import { beforeAll, describe, expect, it } from "vitest";

import { documentedBlocks } from "../lib/documented-blocks.ts";
import { runBlocks, type Failures } from "../lib/run-blocks.ts";

const blocks = documentedBlocks();
let failures: Failures = new Map();

beforeAll(async () => {
  failures = await runBlocks(blocks);
}, 300_000);

it("there are blocks to run", () => {
  expect(blocks.length).toBeGreaterThan(0);
});

it("every block of code is marked ts, so that none escapes", () => {
  const wrong = blocks.filter(({ info }) => !/^ts( no-run\b.*)?$/.test(info));
  expect(wrong.map(({ name, info }) => `${name}: ${info}`)).toEqual([]);
});

it("every block that is not run says why: ```ts no-run: <reason>", () => {
  const wrong = blocks.filter(({ noRun }) => noRun !== undefined && noRun.length < 8);
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

describe("a documented block passes the type checker and does what it promises", () => {
  it.each(blocks.map(({ name }) => name))("%s", (name) => {
    expect(failures.get(name)).toBeUndefined();
  });
});
