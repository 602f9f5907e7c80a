import type { ValueName } from "../worker-events.ts";

/** A value that a thread has, as a block or alive. */
interface Held {
  readonly name: ValueName;
  readonly bytes: number;
  /** Bytes that it takes because the thread has it: its buffers are those of the store. */
  readonly ownBytes: number;
  /** Tasks with the thread that read it. */
  users: number;
  /** It is to be dropped as soon as none does. */
  isLeaving: boolean;
}

/** The values that a thread has, which need not be brought to it again. */
export class HeldValues {
  /** Those used last are at the end. */
  readonly #held = new Map<number, Held>();
  #heldBytes = 0;
  readonly #heldBytesMax: number;
  /** Tells the thread to let go of a value. */
  readonly #drop: (name: ValueName) => void;

  constructor(heldBytesMax: number, drop: (name: ValueName) => void) {
    this.#heldBytesMax = heldBytesMax;
    this.#drop = drop;
  }

  /** How many bytes a value has that is here; undefined where it is not. */
  bytesOf(name: ValueName): number | undefined {
    return this.#find(name)?.bytes;
  }

  /** A task will read a value; false where the thread has it not. */
  use(name: ValueName): boolean {
    const held = this.#find(name);
    if (held === undefined) return false;
    this.#held.delete(keyOf(name));
    this.#held.set(keyOf(name), held);
    held.users++;
    return true;
  }

  /** The thread is given a value that a task will read. */
  give(name: ValueName, bytes: number, ownBytes: number): void {
    this.#hold(name, bytes, ownBytes).users++;
  }

  /** A task that read a value has ended. */
  unuse(name: ValueName): void {
    const held = this.#held.get(keyOf(name));
    if (held === undefined) return;
    held.users--;
    if (held.users === 0 && held.isLeaving) this.#let(held);
  }

  /** The thread keeps a result alive. */
  keep(name: ValueName, bytes: number): void {
    if (this.#find(name) === undefined) this.#hold(name, bytes, bytes);
    for (const held of this.#held.values()) {
      if (this.#heldBytes <= this.#heldBytesMax) return;
      if (held.users === 0) this.#let(held);
    }
  }

  /** A value is to be let go of, now or when the last task that reads it has ended. */
  leave(name: ValueName): void {
    const held = this.#find(name);
    if (held === undefined) return;
    held.isLeaving = true;
    if (held.users === 0) this.#let(held);
  }

  #find(name: ValueName): Held | undefined {
    const held = this.#held.get(keyOf(name));
    return held?.name.version === name.version && !held.isLeaving ? held : undefined;
  }

  #hold(name: ValueName, bytes: number, ownBytes: number): Held {
    const held: Held = { name, bytes, ownBytes, users: 0, isLeaving: false };
    this.#held.set(keyOf(name), held);
    this.#heldBytes += ownBytes;
    return held;
  }

  #let(held: Held): void {
    this.#held.delete(keyOf(held.name));
    this.#heldBytes -= held.ownBytes;
    this.#drop(held.name);
  }
}

/** Pieces that were fetched alone have version 0 and numbers of their own. */
function keyOf({ id, version }: ValueName): number {
  return version === 0 ? -1 - id : id;
}
