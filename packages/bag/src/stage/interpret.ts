import { bindCalls } from "./calls.ts";
import type { StageParts } from "./ops.ts";
import { piecesOf } from "./pieces.ts";
import { isAsync, isPending } from "./settled.ts";
import type { Frame, Loop } from "./suspended.ts";
import { Suspended } from "./suspended.ts";
import type { Terminal } from "./terminals.ts";

/**
 * The same loop without generated code, for processes that may not generate any: one call an
 * operation and element instead of none.
 */
export function interpretedLoop({ source, ops }: StageParts, terminal: Terminal): Loop {
  return (items, start, end, acc, b) => {
    const walk = new Walk(bindCalls(ops, b), ops, terminal, acc);
    const isRange = source?.kind === "range";
    for (let i = start; i < end && !walk.done; i++) {
      const stopped = walk.from(0, isRange ? i : items?.[i]);
      if (stopped === undefined) continue;
      const outermost = { op: 0, items, start: i + 1, end, pieces: undefined };
      const { op, value, given } = stopped;
      return new Suspended(op, value, given, walk.acc, [outermost, ...stopped.frames.reverse()]);
    }
    return walk.acc;
  };
}

/** Where an element stopped; the frames of the loops around it are added from the inside out. */
interface Stopped {
  readonly op: number;
  readonly value: unknown;
  readonly given: unknown;
  readonly frames: Frame[];
}

class Walk {
  acc: unknown;
  done = false;
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
    this.acc = acc;
  }

  /** One element from operation `k` on; gives where it had to stop. */
  from(k: number, value: unknown): Stopped | undefined {
    const op = this.#ops[k];
    if (op === undefined) return this.#finish(k, value);
    const given = this.#calls[k]?.(value);
    switch (op.kind) {
      case "map":
      case "starmap":
        return isPending(given) ? stop(k, value, given) : this.from(k + 1, given);
      case "pluck":
        return this.from(k + 1, given);
      case "filter":
        if (isPending(given)) return stop(k, value, given);
        return Boolean(given) === op.keep ? this.from(k + 1, value) : undefined;
      case "sample":
        return given === true ? this.from(k + 1, value) : undefined;
      case "flatMap":
      case "flatten":
        if (!Array.isArray(given) && isAsync(given)) return stop(k, value, given);
        return this.#nested(k + 1, op.kind, given);
    }
  }

  #nested(op: number, kind: "flatMap" | "flatten", given: unknown): Stopped | undefined {
    const pieces = Array.isArray(given) ? undefined : piecesOf(kind, given);
    try {
      let items = pieces === undefined ? (given as unknown[]) : pieces.next();
      while (items !== undefined) {
        for (let i = 0; i < items.length; i++) {
          const stopped = this.from(op, items[i]);
          if (stopped !== undefined) {
            stopped.frames.push({ op, items, start: i + 1, end: items.length, pieces });
            return stopped;
          }
          if (!this.done) continue;
          pieces?.close();
          return undefined;
        }
        items = pieces?.next();
      }
      return undefined;
    } catch (error) {
      pieces?.abandon();
      throw error;
    }
  }

  #finish(k: number, value: unknown): Stopped | undefined {
    const { key: keyOf, step, done } = this.#terminal;
    const key = keyOf?.(value);
    if (keyOf !== undefined && isPending(key)) return stop(k, value, key);
    const next = step(this.acc, value, key);
    if (isPending(next)) return stop(k + 1, value, next);
    this.acc = next;
    this.done = done?.(next) === true;
    return undefined;
  }
}

function stop(op: number, value: unknown, given: unknown): Stopped {
  return { op, value, given, frames: [] };
}
