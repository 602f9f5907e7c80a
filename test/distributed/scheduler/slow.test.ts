import { expect, it } from "vitest";
import { Driven, joins } from "./driven.ts";

/** Five tasks of a group have taken 1 s each, and a sixth has begun at 5 s. */
function sixth(): Driven {
  const driven = new Driven({ windowUs: 0 });
  driven.feed(joins(7));
  driven.submit(7, {});
  for (let n = 1; n <= 5; n++) {
    driven.until(1_000 * n, [7]);
    driven.report(7, 1_000);
  }
  driven.report(7);
  return driven;
}

const taken = { worker: "w7", key: "t5", medianMs: 1_000 };

it("a task that takes five times the median of its group is told of once, after 10 s", () => {
  const driven = sixth();
  driven.until(14_900, [7]);
  expect(driven.logged).toEqual([]);
  driven.until(60_000, [7]);
  const [line] = driven.logged;
  expect(driven.logged).toHaveLength(1);
  expect(line).toMatchObject({ event: "a task takes long", facts: taken });
  const { entries } = driven.machine.view.journal(0, 100);
  expect(entries.filter(({ kind }) => kind === "task-slow")).toMatchObject([{ key: "t5" }]);
});

it("a task that ends in time is not, and one of a group of which little is known after a minute", () => {
  const driven = sixth();
  driven.until(14_000, [7]);
  driven.report(7, 9_000);
  driven.report(7);
  driven.until(20_000, [7]);
  expect(driven.logged).toEqual([]);
  const fresh = new Driven();
  fresh.feed(joins(7));
  fresh.submit(1, {});
  fresh.report(7);
  fresh.until(59_000, [7]);
  expect(fresh.logged).toEqual([]);
  fresh.until(600_000, [7]);
  expect(fresh.logged).toMatchObject([{ event: "a task takes long", facts: { key: "t0" } }]);
});

it("what takes 10 s as a rule is told of when it takes five times as long", () => {
  const driven = new Driven({ windowUs: 0 });
  driven.feed(joins(7));
  driven.submit(6, {});
  for (let n = 1; n <= 5; n++) {
    driven.report(7);
    driven.until(10_000 * n, [7]);
    driven.report(7, 10_000);
  }
  driven.report(7);
  driven.until(99_000, [7]);
  expect(driven.logged).toEqual([]);
  driven.until(103_000, [7]);
  expect(driven.logged).toMatchObject([{ facts: { key: "t5", medianMs: 10_000 } }]);
});
