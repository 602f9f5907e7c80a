import { piecesOf } from "./pieces.ts";
import type { Frame } from "./suspended.ts";

/** One element on its way: the operation that it comes to next. */
export interface Work {
  readonly op: number;
  readonly value: unknown;
  /** What the callback of that operation gave, where it has been called already. */
  readonly given?: unknown;
  /** The key for the terminal, once the element is through. */
  readonly key?: unknown;
}

/** Elements in their order, taken one by one. */
export interface WorkSource {
  next(): Work | undefined | Promise<Work | undefined>;
  /** Lets iterables that are not at their end clean up; nothing happens the second time. */
  close(): unknown;
}

/** Elements that can all be had at once. */
export interface SyncSource extends WorkSource {
  next(): Work | undefined;
}

/** One source after another. */
export function chain(sources: readonly WorkSource[]): WorkSource {
  const left = [...sources];
  const next = (): Work | undefined | Promise<Work | undefined> => {
    for (let source = left[0]; source !== undefined; source = left[0]) {
      const work = source.next();
      if (work instanceof Promise) return orBehind(work);
      if (work !== undefined) return work;
      left.shift();
    }
    return undefined;
  };
  const orBehind = async (asked: Promise<Work | undefined>): Promise<Work | undefined> => {
    const work = await asked;
    if (work !== undefined) return work;
    left.shift();
    return next();
  };
  return {
    next,
    async close() {
      const ends = await Promise.allSettled(left.splice(0).map(async (each) => each.close()));
      for (const end of ends) if (end.status === "rejected") throw end.reason;
    },
  };
}

/** Closes a source after a failure, which matters more than one while cleaning up. */
export async function abandon(source: WorkSource): Promise<void> {
  try {
    await source.close();
  } catch {
    // As in `for … of`: the failure that ended the loop is the one to tell.
  }
}

/** A failure, told when its turn comes. */
export function failing(error: unknown): SyncSource {
  return {
    next() {
      throw error;
    },
    close: () => undefined,
  };
}

/** One element. */
export function single(work: Work): SyncSource {
  let left: Work | undefined = work;
  return {
    next() {
      const given = left;
      left = undefined;
      return given;
    },
    close: () => undefined,
  };
}

/** What an open loop still has to do. */
export function remaining({ op, items, start, end, pieces }: Frame): SyncSource {
  let at = start;
  let last = end;
  let piece = items;
  return {
    next() {
      while (at >= last) {
        piece = pieces?.next();
        if (piece === undefined) return undefined;
        at = 0;
        last = piece.length;
      }
      const value = piece === undefined ? at : piece[at];
      at++;
      return { op, value };
    },
    close: () => pieces?.close(),
  };
}

/** The elements of what a flatMap callback gave. */
export function elements(api: string, op: number, given: unknown): SyncSource {
  return Array.isArray(given)
    ? remaining({ op, items: given, start: 0, end: given.length, pieces: undefined })
    : remaining({ op, items: [], start: 0, end: 0, pieces: piecesOf(api, given) });
}

/** The elements of an async iterable. */
export function asyncElements(op: number, given: AsyncIterable<unknown>): WorkSource {
  const iterator = given[Symbol.asyncIterator]();
  let state: "open" | "asked" | "closed" = "open";
  return {
    async next() {
      if (state === "closed") return undefined;
      state = "asked";
      try {
        const step = await iterator.next();
        if (state === "asked") state = step.done === true ? "closed" : "open";
        return step.done === true ? undefined : { op, value: step.value };
      } catch (error) {
        state = "closed";
        throw error;
      }
    },
    async close() {
      const before = state;
      state = "closed";
      const closed = before === "closed" ? undefined : iterator.return?.();
      if (before === "open") await closed;
      // An iterator that has been asked for an element may never answer; it ends when it does.
      else closed?.catch(() => undefined);
    },
  };
}
