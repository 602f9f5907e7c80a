import type { MessagePort } from "node:worker_threads";
import type { Block } from "../../codec/block.ts";
import type { FunctionName, ShippedFunction } from "../../messages/shipped.ts";
import type { ProgramDefinition } from "../../messages/worker-messages.ts";
import type { ValueName } from "../worker-events.ts";
import type { Tickets } from "./tickets.ts";

/** What a thread is started with. */
export interface ThreadStart {
  /** Name of the worker that it belongs to, and its number there. */
  readonly worker: string;
  readonly thread: number;
  /** The directory of the worker. */
  readonly directory: string;
  readonly tickets: Tickets;
  /** Tasks that may wait for something asynchronous at the same time. */
  readonly awaitingMax: number;
  /** Bytes that tasks which wait may come to hold before the thread begins no other. */
  readonly awaitingBytesMax: number;
  /** What tasks leave open for so long is a leak, milliseconds. */
  readonly leakMs: number;
}

/**
 * To a thread. `tasks` does in this order: values are let go, others are given, code is defined,
 * and tasks are queued. Objects are slow to copy from thread to thread, so tasks are rows of
 * numbers: ticket, task, attempt, program, flags, how many inputs and constants, then the inputs,
 * each one of
 *
 * - {@link inPayload}, start, end: a small block that comes with the task;
 * - {@link byName}, task, version: a value that the thread has;
 * - {@link gathered}, piece or -1, how many members, for each member: task, version, and 1 where it
 * is the piece itself.
 */
export type ToThread =
  | {
      readonly kind: "tasks";
      readonly drop: readonly ValueName[];
      readonly blocks: readonly (readonly [ValueName, Block])[];
      readonly functions: readonly ShippedFunction[];
      readonly programs: readonly ProgramDefinition[];
      readonly rows: Int32Array;
      /** The constants of all tasks, one after another. */
      readonly constants: readonly unknown[];
      readonly payload: Uint8Array;
    }
  | {
      readonly kind: "forget";
      readonly programs: readonly number[];
      readonly functions: readonly FunctionName[];
    }
  /** A task that has begun is wanted no longer. */
  | { readonly kind: "abort"; readonly ticket: number };

export const inPayload = -1;
export const byName = -2;
export const gathered = -3;

/** Flags of a task: its result is written in pieces; nothing else is with the thread. */
export const inPieces = 1;
export const alone = 2;

/**
 * A value inside a message that is no plain one: as `ShippedValue`, which loses its class on the
 * way.
 */
export interface PostedValue {
  readonly block: Block;
  readonly functions: readonly FunctionName[];
  readonly isMade: boolean;
}

/** What tasks have left in a thread for those that come after them. */
export interface Leak {
  /** The task that had ended last when it was seen first, and the functions that it called. */
  readonly task: number;
  readonly functions: readonly string[];
  /** Kinds of what is open, as Node calls them. */
  readonly open: readonly string[];
  /** Functions of the language that were replaced, which were put back. */
  readonly replaced: readonly string[];
}

/** A thread tells of a leak. */
export interface LeakMessage {
  readonly millraceLeak: Leak;
}

/** A task asks for a client: whoever has the other end of the port speaks as one. */
export interface ClientPort {
  readonly millraceClient: MessagePort;
}

/**
 * From a thread: rows of seven numbers, ticket, task, attempt, outcome, microseconds of the
 * thread's time, and where the block is: from `start` to `end` of `payload`, or number `start` of
 * `blocks` with `end` -1.
 */
export interface FromThread {
  readonly rows: Float64Array;
  readonly payload: Uint8Array;
  readonly blocks: readonly Block[];
}

/** All that a thread may say, and libraries in its tasks. */
export type Said = Partial<FromThread & ClientPort & LeakMessage> | null;

/** Small blocks of one message share its memory up to this size, as `Buffer` has them share. */
const sharedBytesMax = 8_192;

/** The block of a row of {@link FromThread}. */
export function blockAt({ payload, blocks }: FromThread, start: number, end: number): Block {
  if (end < 0) return blocks[start] as Block;
  // A view costs half of a copy; but the last one that is kept keeps the memory of all.
  const header =
    payload.byteLength <= sharedBytesMax
      ? new Uint8Array(payload.buffer, payload.byteOffset + start, end - start)
      : payload.slice(start, end);
  return { header, buffers: noBuffers };
}

const noBuffers: readonly Uint8Array[] = Object.freeze([]);

/** How many numbers a row of {@link FromThread} has. */
export const resultColumns = 7;

/** Outcomes. The block of a failure is what was thrown. */
export const isDone = 0;
export const hasThrown = 1;
export const isNotSerializable = 2;
/** It waits and takes no time; its end comes later. */
export const isAwaiting = 3;
/** It was asked to stop and has. */
export const isAborted = 4;
/** It was asked to stop and has not: it may go on when what it waits for comes. */
export const isLeftAlone = 6;
/** It waits and has left its place: it does not count among those that wait. */
export const isSeceded = 7;
/** It was taken back before it began: its ticket is free again. */
export const isSkipped = 5;
