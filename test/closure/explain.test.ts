import { readFileSync } from "node:fs";
import { capture, explain } from "@millrace/closure";
import { List } from "immutable";
import { expect, test, vi } from "vitest";

test("explain lists every value with its way, size and manner", () => {
  const config = { limit: 3, apiToken: "t0k3n", unused: new WeakMap() };
  const helper = (x: number): number => Math.min(x, config.limit) + config.apiToken.length;
  const job = (x: number): unknown => [helper(x), readFileSync, List.of(x)];
  const lines = explain(job)
    .replace(/hash \w+/, "hash ...")
    .replace(/from file:\/\/\S*\/(\S+):\d+/g, "from $1")
    .replace(/immutable@[\d.]+/, "immutable@x")
    .replace(/\d+ bytes/, "n bytes")
    .replace(/^ +\d+ /gm, "  n ");
  expect(lines).toMatchInlineSnapshot(`
    "job travels as n bytes, hash ...
         bytes  value
      n  job: function from explain.test.ts, by value
      n  job: node:fs, by reference
      n  job: immutable/dist/immutable.js of immutable@x, by reference
      n  job -> helper: function from explain.test.ts, by value
      n  job -> helper -> config: object (2 of 3 properties), by value  (looks like a secret: apiToken)"
  `);
});

test("explain throws what capture throws", () => {
  const pending = Promise.resolve();
  const job = (): unknown => pending;
  expect(() => explain(job)).toThrow(/captured by job -> pending/);
});

test("a capture above a megabyte warns and names the heaviest way", () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const table = { small: 1, large: new Float64Array(200_000) };
  const job = (): unknown => table;
  capture(job);
  const [message, options] = warn.mock.calls[0] as unknown as [string, object];
  expect(options).toEqual({ code: "MILLRACE_LARGE_CAPTURE" });
  expect(message.replace(/\d{7}/, "n")).toMatchInlineSnapshot(
    `"capture: job travels as n bytes, most of them in job -> table.large.buffer. Every worker gets a copy: read the data inside the function, or pass it as an input of the task."`,
  );
  vi.restoreAllMocks();
});
