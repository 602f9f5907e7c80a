import { expect, it } from "vitest";

import { AwaitingRoom } from "../../../../packages/distributed/src/worker/threads/awaiting-room.ts";

/** A room for three tasks and 100 bytes; `bytes` are those of the thread. */
function roomOf(bytes: () => number): { room: AwaitingRoom; asked: string[] } {
  const asked: string[] = [];
  const room = new AwaitingRoom(
    { awaitingMax: 3, awaitingBytesMax: 100 },
    {
      bytes() {
        asked.push("bytes");
        return bytes();
      },
      reclaim: () => void asked.push("reclaim"),
    },
  );
  return { room, asked };
}

it("there is room beside no task, whatever memory the thread has, and for so many tasks at most", () => {
  const { room } = roomOf(() => 1_000);
  expect([0, 1, 2, 3].map((count) => room.isFree(count, false, 0))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(room.isFree(0, false, 10)).toBe(true);
});

it("what has come since small tasks wait leaves no room, what was there before does", () => {
  let bytes = 1_000;
  const { room } = roomOf(() => bytes);
  expect(room.isFree(0, false, 0)).toBe(true);
  bytes = 1_100;
  expect(room.isFree(1, false, 10)).toBe(true);
  bytes = 1_101;
  expect(room.isFree(1, false, 20)).toBe(false);
  // They have ended, and nobody has taken the memory back yet.
  expect(room.isFree(0, false, 30)).toBe(true);
  expect(room.isFree(1, false, 40)).toBe(true);
  // Now it is taken back: what comes to it again is of those that wait.
  bytes = 50;
  expect(room.isFree(1, false, 50)).toBe(true);
  bytes = 151;
  expect(room.isFree(2, false, 60)).toBe(false);
});

it("what those held that have just ended is not counted against small tasks", () => {
  let bytes = 0;
  const { room } = roomOf(() => bytes);
  expect(room.isFree(1, true, 0)).toBe(true);
  bytes = 500;
  expect(room.isFree(0, false, 1)).toBe(true);
  expect(room.isFree(1, false, 10)).toBe(true);
  bytes = 601;
  expect(room.isFree(1, false, 20)).toBe(false);
});

it("beside a task that worked for some time all memory of the thread counts", () => {
  let bytes = 100;
  const { room } = roomOf(() => bytes);
  expect(room.isFree(0, false, 0)).toBe(true);
  expect(room.isFree(1, true, 0)).toBe(true);
  bytes = 101;
  expect(room.isFree(1, true, 10)).toBe(false);
  expect(room.isFree(1, false, 10)).toBe(true);
});

it("garbage is asked for now and then where there is no room", () => {
  const { room, asked } = roomOf(() => 101);
  for (const now of [0, 10, 499, 500, 510]) expect(room.isFree(1, true, now)).toBe(false);
  expect(asked.filter((what) => what === "reclaim")).toHaveLength(2);
});

it("memory is looked at again when some time has passed", () => {
  let bytes = 0;
  const { room, asked } = roomOf(() => bytes);
  expect(room.isFree(0, false, 0)).toBe(true);
  bytes = 101;
  expect(room.isFree(1, false, 4)).toBe(true);
  expect(asked).toEqual(["bytes"]);
  expect(room.isFree(1, false, 5)).toBe(false);
  expect(asked).toEqual(["bytes", "bytes", "reclaim"]);
});
