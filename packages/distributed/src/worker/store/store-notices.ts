import type { BlockName } from "./block-table.ts";
import type { Pressure } from "./ledger-instruction.ts";

/** What a store does not answer to anybody in particular. */
export interface StoreWarning {
  readonly kind: "disk-refused" | "file-not-removed";
  /** A sentence for a log. */
  readonly message: string;
  readonly cause: unknown;
}

/** Whom a store tells of what it does by itself. */
export interface StoreListeners {
  /**
   * Blocks left memory for the disk: whoever has references to their buffers is to drop them, as
   * memory is free only then.
   */
  readonly onEvicted?: (names: readonly BlockName[]) => void;
  /**
   * How much room there is. `isStuck`: the store can do nothing more about it, so the worker may
   * let one task run although it is paused.
   */
  readonly onPressure?: (pressure: Pressure, isStuck: boolean) => void;
  /** Something to know and to log; by default a warning of the process. */
  readonly onWarning?: (warning: StoreWarning) => void;
}

/**
 * Calls the listeners of a store, soon and never from inside a call to the store: what a listener
 * does to the store cannot get in its own way, and an error that it throws is its own. All blocks
 * evicted in one turn are told at once, and of the pressure only the last word.
 */
export class StoreNotices {
  readonly #listeners: StoreListeners;
  #evicted: BlockName[] = [];
  #pressure: { readonly pressure: Pressure; readonly isStuck: boolean };
  #told: { readonly pressure: Pressure; readonly isStuck: boolean };
  #isScheduled = false;

  constructor(listeners: StoreListeners) {
    this.#listeners = listeners;
    this.#pressure = { pressure: "ok", isStuck: false };
    this.#told = this.#pressure;
  }

  evicted(names: readonly BlockName[]): void {
    for (const name of names) this.#evicted.push(name);
    this.#schedule();
  }

  pressed(pressure: Pressure, isStuck: boolean): void {
    this.#pressure = { pressure, isStuck };
    this.#schedule();
  }

  warn(warning: StoreWarning): void {
    const { onWarning } = this.#listeners;
    if (onWarning === undefined) process.emitWarning(warning.message, { type: "MillraceWarning" });
    else queueMicrotask(() => onWarning(warning));
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#tell();
    });
  }

  #tell(): void {
    const { onEvicted, onPressure } = this.#listeners;
    const [evicted, now, told] = [this.#evicted, this.#pressure, this.#told];
    this.#evicted = [];
    this.#told = now;
    try {
      if (evicted.length > 0) onEvicted?.(evicted);
    } finally {
      const isNews = now.pressure !== told.pressure || now.isStuck !== told.isStuck;
      if (isNews) onPressure?.(now.pressure, now.isStuck);
    }
  }
}
