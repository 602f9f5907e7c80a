import { expect, it } from "vitest";
import { HeldOutput } from "../../../packages/distributed/src/messages/shipped.ts";
import { Driven, joins } from "./driven.ts";

const names = Array.from({ length: 30 }, (_, t) => `t${t}`);
/** One task that reads many. */
const sum = { ...Object.fromEntries(names.map((name) => [name, []])), s: names };

/** A scheduler that lets go of ten tasks at a time, and a worker of it. */
function driven(): Driven {
  const scheduler = new Driven({ letGoAtOnce: 10 });
  scheduler.feed(joins(7));
  return scheduler;
}

it("tasks that nobody needs any more are let go of a part at a time, and others are heard", () => {
  const scheduler = driven();
  scheduler.submitTasks(sum, ["s"]);
  scheduler.reportFailed(7);
  expect(scheduler.failures).toMatchObject([{ kind: "threw", outputs: [0] }]);
  expect(scheduler.machine.load(0).taskCount).toBeGreaterThan(15);
  scheduler.submit(1, { priority: 1 });
  scheduler.workOff();
  scheduler.until(0);
  expect(scheduler.machine.load(0).taskCount).toBe(0);
});

it("those that are needed again meanwhile run", () => {
  const scheduler = driven();
  const run = scheduler.submitTasks(sum, ["s"]);
  scheduler.reportFailed(7);
  scheduler.hear({ kind: "retry", run, round: 1 });
  scheduler.until(0);
  scheduler.workOff();
  expect(scheduler.told.at(-1)).toMatchObject({ kind: "finished", run });
});

it("a run may go before all of its tasks have gone, and its slots to another one", () => {
  const scheduler = driven();
  for (let round = 0; round < 2; round++) {
    const run = scheduler.submitTasks(sum, ["s"]);
    scheduler.reportFailed(7);
    scheduler.hear({ kind: "release", run, outputs: undefined });
    scheduler.submit(30, {});
    scheduler.until(0);
    scheduler.workOff();
    expect(scheduler.machine.load(0).taskCount).toBe(0);
  }
});

it("to try again where nothing has failed changes nothing", () => {
  const scheduler = driven();
  const run = scheduler.submitTasks(sum, ["s"]);
  scheduler.hear({ kind: "retry", run, round: 1 });
  scheduler.workOff();
  expect(scheduler.machine.load(0).taskCount).toBe(0);
});

it("what failed and was let go of is made again for a run that comes to stand for it", () => {
  const scheduler = driven();
  const first = scheduler.submitTasks({ a: [], o: ["a"], z: ["a"] }, ["o", "z"]);
  const second = scheduler.submitHeld("x", new HeldOutput(first, 0));
  scheduler.hear({ kind: "release", run: first, outputs: [0] });
  scheduler.reportFailed(7);
  scheduler.hear({ kind: "retry", run: first, round: 1 });
  const third = scheduler.submitHeld("y", new HeldOutput(second, 0));
  scheduler.workOff();
  expect(scheduler.told).toContainEqual(expect.objectContaining({ kind: "finished", run: third }));
});
