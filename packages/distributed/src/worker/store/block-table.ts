/** A value's name: the number of the task that made it, and of the attempt that did. */
export interface BlockName {
  /** An integer from 0 to 2^31 - 1. */
  readonly id: number;
  /** An integer from 0 to 2^32 - 1. */
  readonly version: number;
}

/** Where the bytes of an entry are. */
export const place = {
  /** The entry is not in use. */
  free: 0,
  memory: 1,
  /** In memory, and being written to `file`. */
  writing: 2,
  /** In memory, and intact in `file`: leaves memory for nothing. */
  both: 3,
  disk: 4,
  /** On disk, and waiting for its turn to be read. */
  awaited: 5,
  /** On disk, and being read. */
  reading: 6,
} as const;

/** One of the numbers of {@link place}. */
export type Place = (typeof place)[keyof typeof place];

const FIRST_CAPACITY = 64;

/**
 * What the ledger knows of every block, as columns: an entry is a row number, which stays while the
 * block lives and is used again afterwards. Names are found by an open hash table. A block costs
 * about 60 bytes here and no object, so that a hundred thousand of them do not concern the garbage
 * collector.
 */
export class BlockTable {
  ids: Int32Array = new Int32Array(FIRST_CAPACITY);
  versions: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  bytes: Float64Array = new Float64Array(FIRST_CAPACITY);
  priorities: Int8Array = new Int8Array(FIRST_CAPACITY);
  places: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  pins: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  /** The file that holds a copy or will, 0 for none. */
  files: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** When it was used last: a number that only grows. */
  stamps: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Links of the queue that the entry is in; of free entries, the next free one. */
  next: Int32Array = new Int32Array(FIRST_CAPACITY).fill(-1);
  previous: Int32Array = new Int32Array(FIRST_CAPACITY).fill(-1);
  /** The queue that the entry is in, -1 for none. */
  queues: Int16Array = new Int16Array(FIRST_CAPACITY).fill(-1);

  /** How many blocks have a name. */
  count = 0;
  /** Rows from here on were never used. */
  end = 0;
  #firstFree = -1;
  /** Entry + 1 at the place its name hashes to or the next empty one; at most half full. */
  #cells = new Int32Array(2 * FIRST_CAPACITY);

  /** The entry of a name, -1 for none. */
  find(id: number, version: number): number {
    const cells = this.#cells;
    const mask = cells.length - 1;
    for (let cell = hashName(id, version) & mask; ; cell = (cell + 1) & mask) {
      const entry = cells[cell]! - 1;
      if (entry < 0) return -1;
      if (this.ids[entry] === id && this.versions[entry] === version) return entry;
    }
  }

  /** A fresh entry for a name that has none. */
  add(id: number, version: number): number {
    let entry = this.#firstFree;
    if (entry >= 0) this.#firstFree = this.next[entry]!;
    else {
      if (this.end === this.ids.length) this.#grow();
      entry = this.end++;
    }
    this.ids[entry] = id;
    this.versions[entry] = version;
    this.next[entry] = -1;
    this.#enter(entry);
    this.count++;
    return entry;
  }

  /** Forget an entry that is in no queue; its row may be handed out again at once. */
  remove(entry: number): void {
    this.#leave(entry);
    this.places[entry] = place.free;
    this.pins[entry] = 0;
    this.files[entry] = 0;
    this.next[entry] = this.#firstFree;
    this.#firstFree = entry;
    this.count--;
  }

  nameOf(entry: number): BlockName {
    return { id: this.ids[entry]!, version: this.versions[entry]! };
  }

  #enter(entry: number): void {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let cell = hashName(this.ids[entry]!, this.versions[entry]!) & mask;
    while (cells[cell] !== 0) cell = (cell + 1) & mask;
    cells[cell] = entry + 1;
  }

  /** Empties a cell and moves up what would no longer be found behind it. */
  #leave(entry: number): void {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let hole = hashName(this.ids[entry]!, this.versions[entry]!) & mask;
    while (cells[hole] !== entry + 1) hole = (hole + 1) & mask;
    for (let cell = (hole + 1) & mask; cells[cell] !== 0; cell = (cell + 1) & mask) {
      const moving = cells[cell]! - 1;
      const home = hashName(this.ids[moving]!, this.versions[moving]!) & mask;
      if (((cell - home) & mask) < ((cell - hole) & mask)) continue;
      cells[hole] = moving + 1;
      hole = cell;
    }
    cells[hole] = 0;
  }

  #grow(): void {
    const capacity = 2 * this.ids.length;
    this.ids = copied(this.ids, new Int32Array(capacity));
    this.versions = copied(this.versions, new Uint32Array(capacity));
    this.bytes = copied(this.bytes, new Float64Array(capacity));
    this.priorities = copied(this.priorities, new Int8Array(capacity));
    this.places = copied(this.places, new Uint8Array(capacity));
    this.pins = copied(this.pins, new Uint32Array(capacity));
    this.files = copied(this.files, new Float64Array(capacity));
    this.stamps = copied(this.stamps, new Float64Array(capacity));
    this.next = copied(this.next, new Int32Array(capacity).fill(-1));
    this.previous = copied(this.previous, new Int32Array(capacity).fill(-1));
    this.queues = copied(this.queues, new Int16Array(capacity).fill(-1));
    this.#cells = new Int32Array(2 * capacity);
    for (let entry = 0; entry < this.end; entry++) this.#enter(entry);
  }
}

function copied<Column extends { set(source: Column): void }>(from: Column, into: Column): Column {
  into.set(from);
  return into;
}

/** Spreads names whose numbers follow each other, as ids do, over all bits. */
function hashName(id: number, version: number): number {
  const mixed = Math.imul(id, 0x9e3779b1) ^ Math.imul(version, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
