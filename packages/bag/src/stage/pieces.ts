import { runGuard, taskFault } from "@millrace/graph/tasks";
import { notIterable } from "../errors.ts";
import { isAsyncIterable } from "./settled.ts";

/** What is left of an iterable that is no array, as arrays of elements. */
export interface Pieces {
  next(): readonly unknown[] | undefined;
  /** Lets the iterable clean up; nothing happens when it has ended. */
  close(): void;
  /** As `close`, after a failure, which matters more than one while cleaning up. */
  abandon(): void;
}

/**
 * The elements of an iterable in pieces. Texts, Sets, Maps and typed arrays are one piece; of
 * others an element is taken only when it is needed, since taking one may cost, fail or never
 * end.
 */
export function piecesOf(api: string, value: unknown): Pieces {
  if (typeof value === "string" || value instanceof Set || value instanceof Map) {
    return onePiece(Array.from(value as Iterable<unknown>));
  }
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) {
    return onePiece(Array.from(value as Iterable<unknown> & ArrayBufferView));
  }
  if (typeof value === "object" && value !== null && Symbol.iterator in value) {
    return new OneByOne((value as Iterable<unknown>)[Symbol.iterator]());
  }
  throw taskFault(notIterable(api, value));
}

function onePiece(items: readonly unknown[]): Pieces {
  let left: readonly unknown[] | undefined = items;
  return {
    next() {
      const piece = left;
      left = undefined;
      return piece;
    },
    close: () => undefined,
    abandon: () => undefined,
  };
}

/**
 * Follows the protocol of `for … of`: an iterator that has ended or failed by itself is not
 * closed.
 */
class OneByOne implements Pieces {
  readonly #iterator: Iterator<unknown>;
  // The reader is done with a piece before it asks for the next one, so one array serves for all.
  readonly #piece: unknown[] = [undefined];
  #open = true;

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator;
  }

  next(): readonly unknown[] | undefined {
    if (!this.#open) return undefined;
    this.#open = false;
    const step = this.#iterator.next();
    if (step.done === true) return undefined;
    this.#open = true;
    this.#piece[0] = step.value;
    return this.#piece;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#iterator.return?.();
  }

  abandon(): void {
    try {
      this.close();
    } catch {
      // As in `for … of`: the failure that ended the loop is the one to tell.
    }
  }
}

/** What can be gone through at once, texts as their characters. */
export function iterableOf(api: string, value: unknown): Iterable<unknown> {
  const isIterable = typeof value === "object" && value !== null && Symbol.iterator in value;
  if (isIterable || typeof value === "string") return value as Iterable<unknown>;
  throw taskFault(notIterable(api, value));
}

/**
 * The elements of what a callback gave as an array without holes; a promise for async iterables,
 * which are read until `throwIfOver` throws.
 */
export function arrayOf(
  api: string,
  value: unknown,
  throwIfOver: () => void = runGuard(),
): unknown[] | Promise<unknown[]> {
  if (Array.isArray(value)) return withoutHoles(value);
  return isAsyncIterable(value) ? gather(value, throwIfOver) : Array.from(iterableOf(api, value));
}

/** The array itself where it has no holes, which the methods of arrays would skip later. */
function withoutHoles(items: unknown[]): unknown[] {
  for (let i = 0; i < items.length; i++) if (!(i in items)) return Array.from(items);
  return items;
}

async function gather(source: AsyncIterable<unknown>, throwIfOver: () => void): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of source) {
    throwIfOver();
    items.push(item);
  }
  return items;
}
