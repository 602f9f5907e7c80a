import { expect, it } from "vitest";

import { Journal } from "../../../packages/distributed/src/scheduler/journal.ts";

const resumed = { kind: "worker-resumed", worker: "w", epoch: 1 } as const;
const rejected = { kind: "run-rejected", client: "c", reason: "r" } as const;

it("events of all subjects come in the order in which they were noted", () => {
  const journal = new Journal(10);
  for (let n = 0; n < 6; n++) journal.note(n, n % 3 === 0 ? resumed : rejected);
  const { entries, next, forgotten } = journal.page(0, 10);
  expect(entries.map(({ number, atMs }) => [number, atMs])).toEqual(
    [0, 1, 2, 3, 4, 5].map((n) => [n, n]),
  );
  expect([next, forgotten]).toEqual([6, 0]);
});

it("pages of every size follow each other without a gap", () => {
  const journal = new Journal(100);
  for (let n = 0; n < 50; n++) journal.note(n, n % 7 === 0 ? resumed : rejected);
  for (const limit of [1, 2, 3, 10, 49, 50, 51]) {
    const seen: number[] = [];
    for (let since = 0; since < journal.next;) {
      const page = journal.page(since, limit);
      expect(page.forgotten).toBe(0);
      seen.push(...page.entries.map(({ number }) => number));
      since = page.next;
    }
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => n));
  }
});

it("a page of none leads nowhere, and one beyond the end to the end", () => {
  const journal = new Journal(10);
  for (let n = 0; n < 5; n++) journal.note(n, resumed);
  expect(journal.page(2, 0)).toEqual({ entries: [], next: 2, forgotten: 0 });
  expect(journal.page(5, 0)).toEqual({ entries: [], next: 5, forgotten: 0 });
  expect(journal.page(9, 10)).toEqual({ entries: [], next: 5, forgotten: 0 });
});

it("each subject has room of its own, and what is forgotten is counted still", () => {
  const journal = new Journal(4);
  journal.note(0, resumed);
  for (let n = 0; n < 100; n++) journal.note(n, rejected);
  const { entries, next, forgotten } = journal.page(0, 100);
  expect(entries[0]).toMatchObject(resumed);
  expect(entries.length).toBeLessThanOrEqual(5);
  expect([next, forgotten]).toEqual([101, 101 - entries.length]);
  expect(journal.counts.get("run-rejected")).toBe(100);
});

it("texts and lists of others are cut to what is worth keeping", () => {
  const journal = new Journal(4);
  const workers = Array.from({ length: 100 }, (_, n) => `w${n}`);
  const key = "k".repeat(5_000);
  const facts = { kind: "task-failed", run: 0, failure: "killed", attempts: 100 } as const;
  journal.note(0, { ...facts, key, workers });
  const [entry] = journal.page(0, 1).entries;
  expect(entry).toMatchObject({ key: key.slice(0, 1_000), workers: workers.slice(-16) });
});
