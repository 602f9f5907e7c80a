import type { Rows, RowsWriter } from "./rows.ts";
import { noRows } from "./rows.ts";

/**
 * Adds a task to rows of a `compute` message. A row: task, attempt, program, flags, how many inputs
 * and how many constants; then for each input what {@link pushInput} writes. The constants of all
 * rows stand one after another in a list beside it. A task with the flag {@link timed} has one
 * number more behind its own: how many milliseconds it may run.
 *
 * A gathered input stands for many values. Its members come before the first row that reads it: a
 * row with the flag {@link gathers}, whose task is the gathering one and whose inputs are the
 * members.
 */
export function pushTask(
  rows: RowsWriter,
  task: number,
  attempt: number,
  program: number,
  flags: number,
  inputCount: number,
  constantCount: number,
): void {
  rows.push(task);
  rows.push(attempt);
  rows.push(program);
  rows.push(flags);
  rows.push(inputCount);
  rows.push(constantCount);
}

/** One input of the task added last; the numbers of `holderCount` workers must follow. */
export function pushInput(
  rows: RowsWriter,
  task: number,
  version: number,
  bytes: number,
  holderCount: number,
): void {
  rows.push(task);
  rows.push(version);
  rows.push(bytes);
  rows.push(holderCount);
}

/** The result shall be written so that each item can be read alone: it goes into a shuffle. */
export const inPieces = 1;
/** The row is no task but names the members of one that gathers. */
export const gathers = 2;
/** The task may run only for so long, which follows its numbers. */
export const timed = 4;
/** A client waits for the result: where it is short it goes along with the news of it. */
export const announced = 8;

/** Reads rows without an object a task: `nextTask`, then `nextInput` for each of its inputs. */
export class ComputeRowsReader {
  readonly #rows: Rows;
  #at = 0;
  task = 0;
  attempt = 0;
  program = 0;
  flags = 0;
  inputCount = 0;
  constantCount = 0;
  /** How many milliseconds the task may run; 0 for as long as it takes. */
  timeoutMs = 0;
  input = 0;
  version = 0;
  bytes = 0;
  /** Workers that have the input; empty where the worker that reads the row has it itself. */
  holders: Rows = noRows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Goes on to the next row, whose inputs must have been read; false at the end. */
  nextTask(): boolean {
    const rows = this.#rows;
    const at = this.#at;
    if (at >= rows.length) return false;
    this.task = rows[at] as number;
    this.attempt = rows[at + 1] as number;
    this.program = rows[at + 2] as number;
    this.flags = rows[at + 3] as number;
    this.inputCount = rows[at + 4] as number;
    this.constantCount = rows[at + 5] as number;
    const isTimed = (this.flags & timed) !== 0;
    this.timeoutMs = isTimed ? (rows[at + 6] as number) : 0;
    this.#at = at + (isTimed ? 7 : 6);
    return true;
  }

  nextInput(): void {
    const rows = this.#rows;
    const at = this.#at;
    this.input = rows[at] as number;
    this.version = rows[at + 1] as number;
    this.bytes = rows[at + 2] as number;
    const count = rows[at + 3] as number;
    this.holders = count === 0 ? noRows : rows.slice(at + 4, at + 4 + count);
    this.#at = at + 4 + count;
  }
}
