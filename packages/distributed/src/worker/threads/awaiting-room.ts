import { reclaimMemory } from "../store/reclaim-memory.ts";

/** The memory of a thread: how much there is, and what has its garbage collected soon. */
interface ThreadMemory {
  bytes(): number;
  reclaim(): void;
}

/**
 * Reading the memory of a thread takes as long as a small task, and what takes much memory takes
 * some time.
 */
const measureMs = 5;
/** A collection takes some milliseconds. */
const reclaimMs = 500;

/**
 * Whether a thread may begin a task beside those that wait in it. What these hold stays in memory
 * until they end: a thread that reads a block of a file while others are being written would end up
 * with all of them at once.
 *
 * Where a task that worked for some time is among them, all arrays of the thread count, also those
 * that nobody needs any more, until they are collected: nothing tells them apart. Where all are
 * small, such as requests, only what has come since none waited counts, or garbage of before would
 * keep them from overlapping.
 */
export class AwaitingRoom {
  readonly #countMax: number;
  readonly #bytesMax: number;
  readonly #memory: ThreadMemory;
  #measuredMs = -Infinity;
  #bytes = 0;
  /** What the thread had when no task waited: values that it keeps, and garbage. */
  #idleBytes = 0;
  #isIdleOld = false;
  /** When garbage was asked for. */
  #reclaimedMs = -Infinity;

  constructor(
    limits: { readonly awaitingMax: number; readonly awaitingBytesMax: number },
    memory: ThreadMemory = ofThread,
  ) {
    this.#countMax = limits.awaitingMax;
    this.#bytesMax = limits.awaitingBytesMax;
    this.#memory = memory;
  }

  /** Whether there is room for one more beside `count`; beside none there always is. */
  isFree(count: number, hasHeavy: boolean, nowMs: number): boolean {
    if (count >= this.#countMax) return false;
    const isMeasured = nowMs - this.#measuredMs >= measureMs;
    if (isMeasured) {
      this.#measuredMs = nowMs;
      this.#bytes = this.#memory.bytes();
    }
    if (count === 0) {
      this.#idleBytes = this.#bytes;
      this.#isIdleOld = !isMeasured;
      return true;
    }
    if (isMeasured && this.#isIdleOld && !hasHeavy) {
      // It was measured while others waited; small tasks have not changed it much since.
      this.#idleBytes = this.#bytes;
      this.#isIdleOld = false;
    }
    // Garbage may have gone meanwhile.
    this.#idleBytes = Math.min(this.#idleBytes, this.#bytes);
    const isFree = this.#bytes - (hasHeavy ? 0 : this.#idleBytes) <= this.#bytesMax;
    if (!isFree && nowMs - this.#reclaimedMs >= reclaimMs) {
      // It may be garbage that takes the room.
      this.#reclaimedMs = nowMs;
      this.#memory.reclaim();
    }
    return isFree;
  }
}

/** Arrays of this thread; its heap has a limit of its own. */
const ofThread: ThreadMemory = {
  bytes: () => process.memoryUsage().arrayBuffers,
  reclaim: reclaimMemory,
};
