/**
 * Every task that is posted to a thread has a ticket: one number of memory that both sides see. The
 * thread takes a ticket before it runs the task, the pool may take it back before that, and neither
 * waits for the other; so a task that waits behind a long one can still go elsewhere, and when a
 * thread dies it is known what it was running.
 */
export type Tickets = Int32Array<SharedArrayBuffer>;

/** Tasks that may be with one thread at a time. */
export const ticketsMax = 4_096;

/** The thread has not begun. */
export const isPosted = 0;
/** The pool has taken the task back: the thread leaves it out. */
export const isRevoked = 1;
/** The thread runs it. */
export const isRunning = 2;
/** Modules that it needs are being imported, and the thread runs others meanwhile. */
export const isPreparing = 6;
/** It waits for something asynchronous, and the thread runs others meanwhile. */
export const isWaiting = 3;
/** It has ended. */
export const isOver = 4;
/** It had begun when the pool asked it to stop. */
export const isCancelled = 5;

/** Tickets for one thread. */
export function makeTickets(): Tickets {
  return new Int32Array(new SharedArrayBuffer(ticketsMax * Int32Array.BYTES_PER_ELEMENT));
}
