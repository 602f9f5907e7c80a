interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
  readonly isIdle: boolean;
}

/**
 * Virtual time: actions wait for their time; those of one time run in the order they were given.
 */
export class Clock {
  nowMs = 0;
  readonly #heap: Entry[] = [];
  #orders = 0;
  #busyCount = 0;
  actionCount = 0;

  /** Whether anything but what goes on for ever is to come. */
  get isBusy(): boolean {
    return this.#busyCount > 0;
  }

  /** Does something at a time, now at the earliest. */
  at(atMs: number, action: () => void): void {
    this.#push({ atMs: Math.max(atMs, this.nowMs), order: this.#orders++, action, isIdle: false });
    this.#busyCount++;
  }

  after(delayMs: number, action: () => void): void {
    this.at(this.nowMs + delayMs, action);
  }

  /** As `at`, for what does not count as something still to come: heartbeats, timeouts. */
  idleAt(atMs: number, action: () => void): void {
    this.#push({ atMs: Math.max(atMs, this.nowMs), order: this.#orders++, action, isIdle: true });
  }

  /** Runs the next action, which must not be later than this; false where there is none. */
  step(untilMs: number): boolean {
    const first = this.#heap[0];
    if (first === undefined || first.atMs > untilMs) return false;
    this.#pop();
    this.nowMs = first.atMs;
    if (!first.isIdle) this.#busyCount--;
    this.actionCount++;
    first.action();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[i] = heap[parent] as Entry;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    const size = heap.length;
    if (size === 0) return;
    let i = 0;
    for (let child = 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[i] = heap[child] as Entry;
      i = child;
    }
    heap[i] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}
