import { bindCalls } from "./calls.ts";
import type { StageParts } from "./ops.ts";
import type { Pieces } from "./pieces.ts";
import { piecesOf } from "./pieces.ts";
import { isAsync, isPending } from "./settled.ts";
import type { Frame, Loop } from "./suspended.ts";
import { Suspended } from "./suspended.ts";
import type { Terminal } from "./terminals.ts";

/**
 * The same loop without generated code, for processes that may not generate any and for stages of
 * which no good code can be made: one call an operation and element instead of none. Open loops
 * are a list, so that any number of them may be inside of each other.
 */
export function interpretedLoop({ source, ops }: StageParts, terminal: Terminal): Loop {
  return (items, start, end, acc, b) => {
    const outermost = source?.kind === "range" ? undefined : items;
    const walk = new Walk(bindCalls(ops, b), ops, terminal, acc);
    return walk.run({ op: 0, items: outermost, start, end, pieces: undefined });
  };
}

/** An open loop; `start` is the place of its next element. */
interface OpenLoop extends Frame {
  items: readonly unknown[] | undefined;
  start: number;
  end: number;
}

class Walk {
  #acc: unknown;
  /** The outermost first. */
  readonly #open: OpenLoop[] = [];
  readonly #calls: readonly ((value: unknown) => unknown)[];
  readonly #ops: StageParts["ops"];
  readonly #terminal: Terminal;

  constructor(
    calls: readonly ((value: unknown) => unknown)[],
    ops: StageParts["ops"],
    terminal: Terminal,
    acc: unknown,
  ) {
    this.#calls = calls;
    this.#ops = ops;
    this.#terminal = terminal;
    this.#acc = acc;
  }

  /** The accumulator after all elements, or where it had to stop. */
  run(outermost: OpenLoop): unknown {
    this.#open.push(outermost);
    try {
      for (let loop = this.#next(); loop !== undefined; loop = this.#next()) {
        const at = loop.start++;
        const stopped = this.#element(loop.op, loop.items === undefined ? at : loop.items[at]);
        if (stopped !== undefined) return stopped;
      }
      return this.#acc;
    } catch (error) {
      for (const { pieces } of this.#open.reverse()) pieces?.abandon();
      throw error;
    }
  }

  /** The innermost loop that has an element left. */
  #next(): OpenLoop | undefined {
    for (let loop = this.#open.at(-1); loop !== undefined; loop = this.#open.at(-1)) {
      if (loop.start < loop.end) return loop;
      const piece = loop.pieces?.next();
      if (piece === undefined) this.#open.pop();
      else Object.assign(loop, { items: piece, start: 0, end: piece.length });
    }
    return undefined;
  }

  /** Takes one element from operation `k` to the next loop or to the end. */
  #element(k: number, element: unknown): unknown {
    let value = element;
    for (let op = this.#ops[k]; op !== undefined; op = this.#ops[++k]) {
      const given = this.#calls[k]?.(value);
      switch (op.kind) {
        case "map":
        case "starmap":
          if (isPending(given)) return this.#stop(k, value, given);
          value = given;
          break;
        case "pluck":
          value = given;
          break;
        case "filter":
          if (isPending(given)) return this.#stop(k, value, given);
          if (Boolean(given) !== op.keep) return undefined;
          break;
        case "sample":
          if (given !== true) return undefined;
          break;
        case "flatMap":
        case "flatten":
          if (Array.isArray(given)) return this.#enter(k + 1, given, undefined);
          if (isAsync(given)) return this.#stop(k, value, given);
          return this.#enter(k + 1, [], piecesOf(op.kind, given));
      }
    }
    return this.#finish(k, value);
  }

  #enter(op: number, items: readonly unknown[], pieces: Pieces | undefined): undefined {
    this.#open.push({ op, items, start: 0, end: items.length, pieces });
  }

  #finish(k: number, value: unknown): Suspended | undefined {
    const { key: keyOf, step, done } = this.#terminal;
    const key = keyOf?.(value);
    if (keyOf !== undefined && isPending(key)) return this.#stop(k, value, key);
    const next = step(this.#acc, value, key);
    if (isPending(next)) return this.#stop(k + 1, value, next);
    this.#acc = next;
    // Closed one by one: if one fails, those around it are still open and are abandoned.
    if (done?.(next) === true) {
      while (this.#open.length > 0) this.#open.pop()?.pieces?.close();
    }
    return undefined;
  }

  #stop(op: number, value: unknown, given: unknown): Suspended {
    return new Suspended(op, value, given, this.#acc, [...this.#open]);
  }
}
