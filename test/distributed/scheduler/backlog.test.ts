import { expect, it } from "vitest";
import { Driven, joins } from "./driven.ts";

/** Some workers that nobody but the run asks for, and how many tasks are with them or queued. */
const asked = { workers: ["w7"] };
const placed = ({ machine }: Driven): number => machine.load(0).workers[0]?.taskCount ?? 0;

it("tasks that are ready all at once are placed a part at a time", () => {
  const driven = new Driven({ placedAtOnce: 10 });
  driven.feed(joins(7));
  driven.submit(25, asked);
  const { taskCount } = driven.machine.load(0);
  expect([taskCount, placed(driven)]).toEqual([25, 10]);
  driven.until(0, [7]);
  expect([driven.machine.load(0).taskCount, placed(driven)]).toEqual([25, 25]);
});

it("runs with many such tasks take turns, and few are placed at once", () => {
  const driven = new Driven({ placedAtOnce: 10 });
  driven.feed(joins(7));
  driven.submit(1_000, asked);
  driven.submit(5, { ...asked, priority: 1 });
  driven.report(7, 1);
  // The one that was begun is done, and the next one is of the run that came later.
  expect(driven.sent.at(-1)?.[0]).toBeGreaterThanOrEqual(1_000);
});

it("those that wait for a worker are placed a part at a time when it comes", () => {
  const driven = new Driven({ placedAtOnce: 10 });
  driven.submit(25, asked);
  driven.until(0);
  expect(driven.machine.load(0).strandedCount).toBe(25);
  driven.feed(joins(7));
  expect(placed(driven)).toBe(10);
  driven.until(1_000, [7]);
  expect([placed(driven), driven.machine.load(0).strandedCount]).toEqual([25, 0]);
});
