import type { TaskIds } from "./task-ids.ts";
import type { Run } from "./run.ts";

/**
 * Ready tasks, the most urgent first: of runs with a higher priority, then of the run that came
 * first, then in the order of the run. Entries are not taken out when a task goes another way:
 * whoever pops asks whether the task is still meant.
 */
export class ReadyHeap {
  readonly #ids: TaskIds;
  readonly #heap: number[] = [];

  constructor(ids: TaskIds) {
    this.#ids = ids;
  }

  /** How many entries, stale ones too. */
  get size(): number {
    return this.#heap.length;
  }

  /** Entry `at` of the heap, in no useful order but that the last ones are of low urgency. */
  at(index: number): number {
    return this.#heap[index] as number;
  }

  /** The most urgent entry, which stays; there must be one. */
  peek(): number {
    return this.#heap[0] as number;
  }

  push(id: number): void {
    this.#rise(this.#heap.push(id) - 1, id);
  }

  /** Takes the most urgent entry out; there must be one. */
  pop(): number {
    return this.remove(0);
  }

  /** Takes entry `index` of the heap out. */
  remove(index: number): number {
    const heap = this.#heap;
    const removed = heap[index] as number;
    const last = heap.pop() as number;
    const size = heap.length;
    if (index === size) return removed;
    let i = index;
    for (let child = 2 * i + 1; child < size; child = 2 * i + 1) {
      const right = heap[child + 1] as number;
      if (child + 1 < size && this.#isBefore(right, heap[child] as number)) child++;
      if (!this.#isBefore(heap[child] as number, last)) break;
      heap[i] = heap[child] as number;
      i = child;
    }
    this.#rise(i, last);
    return removed;
  }

  /** Drops the entries that are not meant. */
  keep(isMeant: (id: number) => boolean): void {
    const heap = this.#heap;
    const kept = heap.filter((id) => isMeant(id));
    this.clear();
    for (const id of kept) this.push(id);
  }

  clear(): void {
    this.#heap.length = 0;
  }

  /** Puts an entry where it belongs, on the way from a free place to the top. */
  #rise(from: number, id: number): void {
    const heap = this.#heap;
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#isBefore(id, heap[parent] as number)) break;
      heap[i] = heap[parent] as number;
      i = parent;
    }
    heap[i] = id;
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#ids.runOf(a);
    const other = this.#ids.runOf(b);
    if (one === other) return a < b;
    // Tasks of runs that are gone are stale; they go first, to be dropped.
    return one === undefined || (other !== undefined && isMoreUrgent(one, other));
  }
}

/** Which of two runs goes first. */
export function isMoreUrgent(a: Run, b: Run): boolean {
  return a.priority === b.priority ? a.arrival < b.arrival : a.priority > b.priority;
}
