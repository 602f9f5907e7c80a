import { expect, test } from "vitest";

import type { SchedulerEvent } from "../../../packages/distributed/src/scheduler/scheduler-events.ts";
import { Driven, joins } from "./driven.ts";

const [holder, one, two] = [11, 12, 13];
const denied = (epoch: number, ...rows: readonly (readonly number[])[]): SchedulerEvent => {
  return { kind: "worker-said", epoch, message: { kind: "denied", rows: rows.flat() } };
};

/** A worker that holds as many values as are read by one task each on two others. */
function withHolder(count: number): Driven {
  const driven = new Driven({ allowedFailures: 1 });
  driven.feed(joins(holder));
  driven.submit(count, {});
  for (let n = 0; n < count; n++) driven.report(holder, 1);
  driven.feed(joins(one), joins(two));
  return driven;
}

const heldBy = ({ machine }: Driven, worker: number): readonly number[] | undefined =>
  machine.snapshot.workers.find(({ epoch }) => epoch === worker)?.held;
const isThere = ({ machine }: Driven): boolean =>
  machine.snapshot.workers.some(({ epoch }) => epoch === holder);

test("nobody is believed who was never sent to the worker that it tells of", () => {
  const driven = withHolder(8);
  const before = heldBy(driven, holder);
  expect(before?.length).toBeGreaterThan(6);
  for (let n = 0; n < 8; n++) driven.feed(denied(n % 2 === 0 ? one : two, [n, 1, holder, 1]));
  expect(isThere(driven)).toBe(true);
  expect(heldBy(driven, holder)).toEqual(before);
});

test("what is told of nobody, of oneself or of what nobody holds is nothing", () => {
  const driven = withHolder(4);
  driven.feed(denied(holder, [0, 1, holder, 1], [1, 1, holder, 0], [2, 1, holder, 1]));
  driven.feed(denied(one, [99, 1, holder, 1], [0, 7, holder, 1], [0, 1, 77, 1], [0, 1, -1, 0]));
  expect(isThere(driven)).toBe(true);
});
