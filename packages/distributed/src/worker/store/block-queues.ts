import type { BlockTable } from "./block-table.ts";

/** The lowest and the highest priority a block may have. */
export const PRIORITY_MIN = -128;
export const PRIORITY_MAX = 127;

/** What a block that may leave memory needs before it can: the three queues of a priority. */
export const queueKind = {
  /** To be written into a segment, among others. */
  small: 0,
  /** To be written into a file of its own. */
  large: 1,
  /** Nothing: it is on disk already. */
  clean: 2,
} as const;

/** One of the numbers of {@link queueKind}. */
export type QueueKind = (typeof queueKind)[keyof typeof queueKind];

const KINDS = 3;
const PRIORITIES = PRIORITY_MAX - PRIORITY_MIN + 1;

/** The queue of blocks that wait to be read, first come, first served. */
export const AWAITED: number = KINDS * PRIORITIES;

/** The queue of what leaves memory in the same way at the same priority. */
export function queueOf(priority: number, kind: QueueKind): number {
  return (priority - PRIORITY_MIN) * KINDS + kind;
}

/**
 * Linked lists through the rows of a {@link BlockTable}. An entry is in one queue or in none. In
 * the queues of a priority the stamps grow from head to tail, so the head is what was used least
 * recently.
 */
export class BlockQueues {
  readonly #table: BlockTable;
  readonly #heads = new Int32Array(AWAITED + 1).fill(-1);
  readonly #tails = new Int32Array(AWAITED + 1).fill(-1);
  /** No priority below this one has anything queued. */
  #lowest = PRIORITY_MAX;
  /** Bytes of all queued blocks of a kind, over all priorities. */
  readonly #bytes = new Float64Array(KINDS);
  readonly #counts = new Float64Array(KINDS);

  constructor(table: BlockTable) {
    this.#table = table;
  }

  head(queue: number): number {
    return this.#heads[queue]!;
  }

  /** How many blocks are queued of a kind, over all priorities. */
  countOf(kind: QueueKind): number {
    return this.#counts[kind]!;
  }

  /** Bytes queued of a kind, over all priorities. */
  bytesOf(kind: QueueKind): number {
    return this.#bytes[kind]!;
  }

  /** The lowest priority from `from` on that has something queued; undefined when none has. */
  lowestPriority(from: number = PRIORITY_MIN): number | undefined {
    for (let priority = Math.max(from, this.#lowest); priority <= PRIORITY_MAX; priority++) {
      const first = queueOf(priority, queueKind.small);
      for (let kind = 0; kind < KINDS; kind++) {
        if (this.#heads[first + kind]! < 0) continue;
        if (from <= this.#lowest) this.#lowest = priority;
        return priority;
      }
    }
    if (from <= this.#lowest) this.#lowest = PRIORITY_MAX;
    return undefined;
  }

  push(queue: number, entry: number): void {
    this.#insertAfter(queue, this.#tails[queue]!, entry);
  }

  /**
   * Puts an entry where its stamp belongs, searching from behind `after`, which is the entry that
   * the previous call placed in the same queue, or -1: entries that come in order cost one walk.
   */
  insertInOrder(queue: number, entry: number, after: number): number {
    const { stamps, next } = this.#table;
    let before = after;
    for (
      let following = before < 0 ? this.#heads[queue]! : next[before]!;
      following >= 0 && stamps[following]! < stamps[entry]!;
      following = next[following]!
    ) {
      before = following;
    }
    this.#insertAfter(queue, before, entry);
    return entry;
  }

  remove(entry: number): void {
    const { next, previous, queues } = this.#table;
    const queue = queues[entry]!;
    const [before, behind] = [previous[entry]!, next[entry]!];
    if (before < 0) this.#heads[queue] = behind;
    else next[before] = behind;
    if (behind < 0) this.#tails[queue] = before;
    else previous[behind] = before;
    next[entry] = -1;
    previous[entry] = -1;
    queues[entry] = -1;
    if (queue === AWAITED) return;
    this.#bytes[queue % KINDS]! -= this.#table.bytes[entry]!;
    this.#counts[queue % KINDS]!--;
  }

  /** Entries of a queue from head to tail. */
  *entriesOf(queue: number): Generator<number> {
    for (let entry = this.#heads[queue]!; entry >= 0; entry = this.#table.next[entry]!) {
      yield entry;
    }
  }

  #insertAfter(queue: number, before: number, entry: number): void {
    const { next, previous, queues, priorities, bytes } = this.#table;
    const behind = before < 0 ? this.#heads[queue]! : next[before]!;
    previous[entry] = before;
    next[entry] = behind;
    queues[entry] = queue;
    if (before < 0) this.#heads[queue] = entry;
    else next[before] = entry;
    if (behind < 0) this.#tails[queue] = entry;
    else previous[behind] = entry;
    if (queue === AWAITED) return;
    this.#bytes[queue % KINDS]! += bytes[entry]!;
    this.#counts[queue % KINDS]!++;
    if (priorities[entry]! < this.#lowest) this.#lowest = priorities[entry]!;
  }
}
