import { expect, it } from "vitest";
import { Durations } from "../../../../packages/distributed/src/worker/threads/durations.ts";

it("the first task of a program is what it takes, later ones count a fifth", () => {
  const durations = new Durations();
  expect(durations.of(1)).toBeUndefined();
  durations.note(1, 100);
  expect(durations.of(1)).toBe(100);
  durations.note(1, 200);
  expect(durations.of(1)).toBeCloseTo(120);
  expect(durations.of(2)).toBeUndefined();
});

it("a task that took no time at all is known to", () => {
  const durations = new Durations();
  durations.note(1, 0);
  expect(durations.of(1)).toBe(0);
  durations.note(1, 10);
  expect(durations.of(1)).toBeCloseTo(2);
});

it("a program that is forgotten begins anew", () => {
  const durations = new Durations();
  durations.note(1, 100);
  durations.forget(1);
  expect(durations.of(1)).toBeUndefined();
  durations.note(1, 7);
  expect(durations.of(1)).toBe(7);
});
