import type { Pressure } from "./ledger-instruction.ts";
import type { LedgerSettings } from "./ledger-settings.ts";

/**
 * Compares memory with its marks, from two sides: managed bytes, which are exact and change at
 * once, and the measured size of the process, which covers everything else and lags behind: what
 * is let go of shows only after garbage collection, on every thread that held it.
 */
export class MemoryGauge {
  readonly #settings: LedgerSettings;
  readonly #target: number;
  readonly #spill: number;
  readonly #pause: number;
  readonly #resume: number;
  #rssBytes = 0;
  /** Bytes that must leave memory because the last measurement was above its mark. */
  #owedBytes = 0;
  // What was let go of lately and may still show in a measurement, in this period of `settleMs`
  // and in the one before.
  #unseenNow = 0;
  #unseenBefore = 0;
  #periodStartMs = Number.NEGATIVE_INFINITY;
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
  }

  get pressure(): Pressure {
    return this.#pressure;
  }

  get rssBytes(): number {
    return this.#rssBytes;
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

  /** Whether a measurement may still show what was let go of. */
  get isSettling(): boolean {
    return this.#unseenNow + this.#unseenBefore > 0 && this.#rssBytes >= this.#resume;
  }

  /** Note that bytes left memory for good. */
  release(bytes: number): void {
    this.#unseenNow += bytes;
    this.#unreclaimedBytes += bytes;
    this.#owedBytes = Math.max(0, this.#owedBytes - bytes);
  }

  /** Note a measurement of the process. */
  measure(rssBytes: number, nowMs: number): void {
    if (nowMs - this.#periodStartMs >= this.#settings.settleMs) {
      this.#unseenBefore = this.#unseenNow;
      this.#unseenNow = 0;
      this.#periodStartMs = nowMs;
    }
    const fallen = Math.max(0, this.#rssBytes - rssBytes);
    const rest = Math.max(0, fallen - this.#unseenBefore);
    this.#unseenBefore = Math.max(0, this.#unseenBefore - fallen);
    this.#unseenNow = Math.max(0, this.#unseenNow - rest);
    this.#rssBytes = rssBytes;
    this.#owedBytes = Math.max(0, rssBytes - this.#spill - this.#unseenNow - this.#unseenBefore);
  }

  /** Whether it is time to collect garbage; says so once for what was let go of. */
  takeReclaim(): boolean {
    const isHigh = this.#rssBytes > this.#spill || this.#rssBytes > this.#pause;
    // A collection costs some milliseconds, so a small amount has to wait, under pressure too.
    const enough = isHigh ? this.#settings.reclaimBytes / 8 : this.#settings.reclaimBytes;
    if (this.#unreclaimedBytes === 0 || this.#unreclaimedBytes < enough) return false;
    this.#unreclaimedBytes = 0;
    return true;
  }

  /** The pressure now; it falls from "paused" only below the resume mark. */
  assess(managedBytes: number): Pressure {
    const used = Math.max(managedBytes, this.#rssBytes);
    const isPaused = this.#pressure === "paused" ? used >= this.#resume : used > this.#pause;
    const isHigh = managedBytes > this.#target || this.#rssBytes > this.#spill;
    this.#pressure = isPaused ? "paused" : isHigh ? "spilling" : "ok";
    return this.#pressure;
  }

  /** Whether managed bytes alone keep a paused worker paused. */
  holds(managedBytes: number): boolean {
    return managedBytes >= this.#resume;
  }
}
