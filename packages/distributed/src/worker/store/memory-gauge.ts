import type { Pressure } from "./ledger-instruction.ts";
import type { LedgerSettings } from "./ledger-settings.ts";

/** Of the memory limit: no more than this of the process is ever taken to be free for use. */
const REUSABLE_SHARE_MAX = 1 / 4;
/** How much of what was taken to be free is doubted for every byte that the process grows. */
const DOUBT = 4;
/** Of the memory limit: how fast a former size is forgotten, a measurement. */
const FORGOTTEN_SHARE = 1 / 200;

/**
 * Compares memory with its marks, from two sides: managed bytes, which are exact and change at
 * once, and the measured size of the process, which covers everything else.
 *
 * A process does not shrink by what it lets go of: that waits for a garbage collection on every
 * thread that had it, and then often stays with the allocator, which fills it again before it asks
 * the system for more. Spilling more would not help, and nothing is wrong. So what was let go of
 * counts as free (`#reusableBytes`) until it is seen to be given back, or filled again, or the
 * process grows beyond where it was, which it would not do if it had room: then four times the
 * growth is struck off. What is taken to be free is at most a quarter of the limit.
 */
export class MemoryGauge {
  readonly #settings: LedgerSettings;
  readonly #target: number;
  readonly #spill: number;
  readonly #pause: number;
  readonly #resume: number;
  readonly #reusableMax: number;
  #rssBytes = 0;
  /** The largest size of late; it sinks slowly to the present one. */
  #highBytes = 0;
  #reusableBytes = 0;
  /** What came into memory since the last measurement. */
  #grownBytes = 0;
  /** Bytes that must leave memory because the last measurement was above its mark. */
  #owedBytes = 0;
  #unreclaimedBytes = 0;
  #pressure: Pressure = "ok";

  constructor(settings: LedgerSettings) {
    const { memoryBytes, targetFraction, spillFraction, pauseFraction, resumeFraction } = settings;
    const markOf = (fraction: number | false): number =>
      fraction === false ? Number.POSITIVE_INFINITY : fraction * memoryBytes;
    this.#settings = settings;
    this.#target = markOf(targetFraction);
    this.#spill = markOf(spillFraction);
    this.#pause = markOf(pauseFraction);
    this.#resume = markOf(pauseFraction === false ? false : resumeFraction);
    this.#reusableMax = memoryBytes * REUSABLE_SHARE_MAX;
  }

  get pressure(): Pressure {
    return this.#pressure;
  }

  /** The size of the process when it was measured last. */
  get rssBytes(): number {
    return this.#rssBytes;
  }

  /** The same without what is taken to be free for use again. */
  get usedBytes(): number {
    return Math.max(0, this.#rssBytes - this.#reusableBytes);
  }

  /** Managed bytes up to here change nothing. */
  get calmBytes(): number {
    return Math.min(this.#target, this.#pause);
  }

  /** How many bytes are to leave memory; below 0, how much room there is under the target. */
  excessBytes(managedBytes: number): number {
    const overTarget = managedBytes - this.#target;
    return this.#owedBytes > 0 ? Math.max(overTarget, this.#owedBytes) : overTarget;
  }

  /** Note that bytes came into memory. */
  grow(bytes: number): void {
    this.#grownBytes += bytes;
  }

  /** Note that bytes left memory for good. */
  release(bytes: number): void {
    this.#reusableBytes = Math.min(this.#reusableMax, this.#reusableBytes + bytes);
    this.#unreclaimedBytes += bytes;
    this.#owedBytes = Math.max(0, this.#owedBytes - bytes);
  }

  /** Note a measurement of the process. */
  measure(rssBytes: number): void {
    // Either it was given back to the system, or what came since was put there.
    const filled = Math.max(0, this.#rssBytes + this.#grownBytes - rssBytes);
    const doubted = DOUBT * Math.max(0, rssBytes - this.#highBytes);
    this.#reusableBytes = Math.max(0, this.#reusableBytes - filled - doubted);
    const forgotten = this.#settings.memoryBytes * FORGOTTEN_SHARE;
    this.#highBytes = Math.max(rssBytes, this.#highBytes - forgotten);
    this.#grownBytes = 0;
    this.#rssBytes = rssBytes;
    this.#owedBytes = Math.max(0, this.usedBytes - this.#spill);
  }

  /** Whether it is time to collect garbage; says so once for what was let go of. */
  takeReclaim(): boolean {
    const isHigh = this.#rssBytes > Math.min(this.#spill, this.#pause);
    // A collection costs some milliseconds, so a small amount has to wait, under pressure too.
    const enough = isHigh ? this.#settings.reclaimBytes / 2 : this.#settings.reclaimBytes;
    if (this.#unreclaimedBytes === 0 || this.#unreclaimedBytes < enough) return false;
    this.#unreclaimedBytes = 0;
    return true;
  }

  /** The pressure now; it falls from "paused" only below the resume mark. */
  assess(managedBytes: number): Pressure {
    const most = Math.max(managedBytes, this.usedBytes);
    const isPaused = this.#pressure === "paused" ? most >= this.#resume : most > this.#pause;
    const isHigh = managedBytes > this.#target || this.usedBytes > this.#spill;
    this.#pressure = isPaused ? "paused" : isHigh ? "spilling" : "ok";
    return this.#pressure;
  }
}
