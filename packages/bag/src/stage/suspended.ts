import type { Pieces } from "./pieces.ts";

/** What is left of one open loop: elements that enter at operation `op`. */
export interface Frame {
  readonly op: number;
  /** The array being worked on; undefined for a range of numbers. */
  readonly items: readonly unknown[] | undefined;
  readonly start: number;
  readonly end: number;
  /** Where the next array comes from. */
  readonly pieces: Pieces | undefined;
}

/** Where a loop stopped because a callback gave something asynchronous. */
export class Suspended {
  /**
   * The operation whose callback it was. The number of operations stands for the key of the
   * terminal, one more for its step.
   */
  readonly op: number;
  readonly value: unknown;
  /** What the callback gave. */
  readonly given: unknown;
  /** The accumulator before this element. */
  readonly acc: unknown;
  /** The open loops, the outermost first. */
  readonly frames: readonly Frame[];

  constructor(op: number, value: unknown, given: unknown, acc: unknown, frames: readonly Frame[]) {
    this.op = op;
    this.value = value;
    this.given = given;
    this.acc = acc;
    this.frames = frames;
  }
}

/**
 * Runs elements through the operations into `acc`: all of `items` (`start` is then 0 and `end`
 * their number) or, without items, the numbers from `start` to `end - 1`. `b` holds the broadcast
 * values. Gives the accumulator, or where it had to stop.
 */
export type Loop = (
  items: readonly unknown[] | undefined,
  start: number,
  end: number,
  acc: unknown,
  b: readonly unknown[],
) => unknown;
