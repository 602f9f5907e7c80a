import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { TaskFailure } from "../../../../packages/distributed/src/messages/failure.ts";
import { Obituaries } from "../../../../packages/distributed/src/scheduler/server/obituaries.ts";

let obituaries: Obituaries;
let told: TaskFailure[];

beforeEach(() => {
  vi.useFakeTimers();
  obituaries = new Obituaries();
  told = [];
});
afterEach(() => {
  obituaries.close();
  vi.useRealTimers();
});

const words = (
  exit: string,
): { kind: "predecessor-told"; words: { exit: string; stderr: string } } => ({
  kind: "predecessor-told",
  words: { exit, stderr: "" },
});
const nothing = { kind: "predecessor-told", words: undefined } as const;

/** A worker that a nanny watches has come, and is the one after the last of its name. */
function come(
  epoch: number,
  name: string,
  said: Parameters<Obituaries["told"]>[1] = nothing,
): void {
  obituaries.joined(epoch, name);
  obituaries.told(epoch, said);
}

function fails(...deaths: readonly (readonly [string, number])[]): void {
  const failure = {
    kind: "killed",
    key: "k",
    attempts: deaths.length,
    workers: deaths.map(([worker]) => worker),
    thrown: undefined,
    deaths: deaths.map(([worker, epoch]) => ({ worker, epoch })),
  } as const;
  obituaries.complete(failure, (each) => told.push(each));
}

const exits = (): unknown => told.map(({ deaths }) => deaths?.map(({ exit }) => exit));

it("a failure waits for the words of all of its workers, each those of its own death", () => {
  come(1, "a");
  come(2, "b");
  obituaries.left(1);
  come(3, "a", words("exit 1"));
  obituaries.left(3);
  obituaries.left(2);
  fails(["a", 1], ["a", 3], ["b", 2]);
  come(4, "b", words("exit 2"));
  expect(told).toEqual([]);
  come(5, "a", words("exit 3"));
  expect(exits()).toEqual([["exit 1", "exit 3", "exit 2"]]);
});

it("nobody waits for ever, nor for a worker that nobody watches", () => {
  come(1, "a");
  obituaries.left(1);
  fails(["a", 1]);
  vi.advanceTimersByTime(9_999);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(exits()).toEqual([[undefined]]);
  obituaries.joined(2, "free");
  obituaries.left(2);
  fails(["free", 2]);
  expect(told).toHaveLength(2);
});

it("where only a connection broke nothing is told, and nothing is waited for", () => {
  come(1, "a");
  obituaries.left(1);
  fails(["a", 1]);
  come(2, "a");
  expect(exits()).toEqual([[undefined]]);
  obituaries.left(2);
  come(3, "a", words("exit 7"));
  fails(["a", 2]);
  expect(exits()).toEqual([[undefined], ["exit 7"]]);
});

it("the second word of a worker is nothing, and what is long gone is forgotten", () => {
  come(1, "a");
  obituaries.left(1);
  come(2, "a", words("exit 1"));
  obituaries.told(2, words("exit 2"));
  fails(["a", 1]);
  for (let epoch = 10; epoch < 300; epoch++) {
    come(epoch, `w${epoch}`);
    obituaries.left(epoch);
  }
  fails(["a", 1]);
  expect(exits()).toEqual([["exit 1"], [undefined]]);
});
