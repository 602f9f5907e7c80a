import { expect, it } from "vitest";
import { Driven, joins } from "./driven.ts";

const names = Array.from({ length: 30 }, (_, t) => `t${t}`);
/** Many tasks that read one. */
const readers = { a: [], ...Object.fromEntries(names.map((name) => [name, ["a"]])) };
/** One task that reads many. */
const sum = { ...Object.fromEntries(names.map((name) => [name, []])), s: names };

/** A scheduler that ends ten tasks at a time with another one, and a worker of it. */
function startsWith(): Driven {
  const driven = new Driven({ endedAtOnce: 10 });
  driven.feed(joins(7));
  return driven;
}

/** How many outputs the client was told to have failed. */
function failedCount({ told }: Driven): number {
  return told.reduce(
    (count, message) => count + (message.kind === "failed" ? message.outputs.length : 0),
    0,
  );
}

it("a failure comes to those who read the task a part at a time", () => {
  const driven = startsWith();
  driven.submitTasks(readers, names);
  driven.reportFailed(7);
  expect(failedCount(driven)).toBeLessThan(10);
  driven.until(0);
  expect(failedCount(driven)).toBe(30);
});

it("tasks that nobody needs any more are let go of a part at a time, and others are heard", () => {
  const driven = startsWith();
  driven.submitTasks(sum, ["s"]);
  driven.reportFailed(7);
  expect(failedCount(driven)).toBe(1);
  expect(driven.machine.load(0).taskCount).toBeGreaterThan(15);
  driven.submit(1, { priority: 1 });
  driven.workOff();
  driven.until(0);
  expect(driven.machine.load(0).taskCount).toBe(0);
});

it("what is tried again does not fail for what had failed before", () => {
  const driven = startsWith();
  const run = driven.submitTasks(readers, names);
  driven.reportFailed(7);
  driven.hear({ kind: "retry", run, round: 1 });
  const before = failedCount(driven);
  driven.until(0);
  driven.workOff();
  expect(failedCount(driven)).toBe(before);
  expect(driven.machine.load(0).taskCount).toBe(0);
});

it("a run may go before all of its tasks have ended, and its slots to another one", () => {
  const driven = startsWith();
  for (const [reads, keys] of [
    [readers, names],
    [sum, ["s"]],
  ] as const) {
    const run = driven.submitTasks(reads, keys);
    driven.reportFailed(7);
    driven.hear({ kind: "release", run, outputs: undefined });
    driven.submit(30, {});
    driven.until(0);
    driven.workOff();
    expect(driven.machine.load(0).taskCount).toBe(0);
  }
});

it("to try again where nothing has failed changes nothing", () => {
  const driven = startsWith();
  const run = driven.submitTasks(sum, ["s"]);
  driven.hear({ kind: "retry", run, round: 1 });
  driven.workOff();
  expect(driven.machine.load(0).taskCount).toBe(0);
});
