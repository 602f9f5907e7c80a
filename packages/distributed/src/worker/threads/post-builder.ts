import type { Block } from "../../codec/block.ts";
import type { ShippedFunction } from "../../messages/shipped.ts";
import type { ProgramDefinition } from "../../messages/worker-messages.ts";
import type { RunnableTask, ValueName } from "../worker-events.ts";
import type { PostedValue, ToThread } from "./thread-messages.ts";
import { byName, gathered, inPayload } from "./thread-messages.ts";

/** Gathers what a thread is to get, so that many tasks cross in one message. */
export class PostBuilder {
  readonly drop: ValueName[] = [];
  readonly blocks: (readonly [ValueName, Block])[] = [];
  readonly functions: ShippedFunction[] = [];
  readonly programs: ProgramDefinition[] = [];
  readonly #rows: number[] = [];
  readonly #constants: unknown[] = [];
  readonly #payload: Uint8Array[] = [];
  #payloadBytes = 0;

  /** A task has been gathered. */
  get hasTasks(): boolean {
    return this.#rows.length > 0;
  }

  /** Nothing has been gathered. */
  get isEmpty(): boolean {
    return this.#rows.length === 0 && this.drop.length === 0;
  }

  /** Opens a task; its inputs must follow, in their order. */
  task(
    ticket: number,
    { task, attempt, program }: Pick<RunnableTask, "task" | "attempt" | "program">,
    flags: number,
    inputCount: number,
  ): void {
    this.#rows.push(ticket, task, attempt, program, flags, inputCount, 0);
    this.#countAt = this.#rows.length - 1;
  }

  #countAt = 0;

  /** An input that is small enough to be copied along. */
  payload(header: Uint8Array): void {
    this.#rows.push(inPayload, this.#payloadBytes, this.#payloadBytes + header.byteLength);
    this.#payload.push(header);
    this.#payloadBytes += header.byteLength;
  }

  /** An input that the thread has. */
  value({ id, version }: ValueName): void {
    this.#rows.push(byName, id, version);
  }

  /** An input that stands for many values. */
  gathered(
    piece: number,
    members: readonly { readonly name: ValueName; readonly isPiece: boolean }[],
  ): void {
    this.#rows.push(gathered, piece, members.length);
    for (const { name, isPiece } of members) {
      this.#rows.push(name.id, name.version, isPiece ? 1 : 0);
    }
  }

  /** A constant of the task opened last: a plain value, or a shipped one. */
  constant(value: unknown): void {
    this.#constants.push(value);
    this.#rows[this.#countAt]!++;
  }

  /** The message, and what of it moves to the thread instead of being copied. */
  take(): { readonly message: ToThread; readonly transfer: ArrayBuffer[] } {
    const rows = new Int32Array(this.#rows);
    const payload = new Uint8Array(this.#payloadBytes);
    let end = 0;
    for (const part of this.#payload) {
      payload.set(part, end);
      end += part.byteLength;
    }
    const { drop, blocks, functions, programs } = this;
    const constants = this.#constants;
    const message = {
      kind: "tasks",
      drop,
      blocks,
      functions,
      programs,
      rows,
      constants,
      payload,
    } as const;
    return { message, transfer: [rows.buffer, payload.buffer] };
  }
}

/**
 * A block whose memory is copied as it is when it is posted: a view would take all of its buffer
 * along.
 */
export function postable({ header, buffers }: Block): Block {
  return { header: exact(header), buffers: buffers.map(exact) };
}

function exact(bytes: Uint8Array): Uint8Array {
  const isWhole = bytes.byteLength === bytes.buffer.byteLength;
  return isWhole || bytes.buffer instanceof SharedArrayBuffer ? bytes : bytes.slice();
}

/** A shipped value as it is posted. */
export function postableValue({ block, functions, isMade }: PostedValue): PostedValue {
  return { block: postable(block), functions, isMade };
}
