import { expect, it } from "vitest";

import { AttemptRing } from "../../../packages/distributed/src/scheduler/attempt-ring.ts";

function ringOf(max: number, count: number): AttemptRing {
  const ring = new AttemptRing(max);
  for (let n = 0; n < count; n++) ring.note(n, 1, 2, 3, 4, 1_000.5 + n, 6.5, "failed");
  return ring;
}

it("an attempt comes back as it was noted", () => {
  expect(ringOf(10, 1).page(0, 10)).toEqual({
    entries: [
      {
        number: 0,
        task: 0,
        attempt: 1,
        arrival: 2,
        group: 3,
        worker: 4,
        endMs: 1_000.5,
        us: 6.5,
        outcome: "failed",
      },
    ],
    next: 1,
    forgotten: 0,
  });
});

it("the oldest are forgotten, and how many of those asked for is told", () => {
  for (const max of [1, 7, 1_000, 3_000]) {
    const ring = ringOf(max, 5_000);
    const { entries, next, forgotten } = ring.page(10, 1e6);
    expect(entries.map(({ task }) => task)).toEqual(
      Array.from({ length: max }, (_, n) => 5_000 - max + n),
    );
    expect([next, forgotten]).toEqual([5_000, 4_990 - max]);
  }
});

it("pages follow each other without a gap", () => {
  const ring = ringOf(100, 250);
  const seen: number[] = [];
  for (let since = 0; since < ring.next;) {
    const { entries, next } = ring.page(since, 17);
    seen.push(...entries.map(({ number }) => number));
    since = next;
  }
  expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => 150 + n));
});

it("what is asked for beyond the end is nothing yet", () => {
  expect(ringOf(10, 3).page(3, 10)).toEqual({ entries: [], next: 3, forgotten: 0 });
  expect(ringOf(10, 3).page(99, 10)).toEqual({ entries: [], next: 3, forgotten: 0 });
  expect(ringOf(10, 3).page(1, 0)).toEqual({ entries: [], next: 1, forgotten: 0 });
});

it("a ring of none holds none", () => {
  expect(ringOf(0, 5).page(0, 10)).toEqual({ entries: [], next: 0, forgotten: 0 });
});
