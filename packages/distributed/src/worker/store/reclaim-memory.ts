// More than external memory may grow by before V8 marks the whole heap: 64 MiB in Node 20 to 24.
const HINT_BYTES = 128 * 2 ** 20;

/**
 * Makes V8 collect garbage soon, on this thread. V8 does not count shared memory: it would keep
 * gigabytes of it, unreachable, until a collection happens for some other reason. An array buffer
 * that nobody touches takes no memory of the process, but it is counted, and sets off incremental
 * marking. Every thread that has let go of shared buffers has to do this for itself.
 */
export function reclaimMemory(): void {
  try {
    void new ArrayBuffer(HINT_BYTES);
  } catch (error) {
    // Where address space is limited the hint may be refused, which collects garbage as well.
    if (!(error instanceof RangeError)) throw error;
  }
}

/**
 * So much shared memory is let go of before a collection is asked for, which takes some
 * milliseconds: little where memory is short, more where there is plenty.
 */
const letGoBytesLeast = 64 * 2 ** 20;
const letGoBytesMost = 256 * 2 ** 20;
let letGoBytesMax = letGoBytesLeast;
let letGoBytes = 0;

/** Has this thread wait with collections until so much was let go of, within reason. */
export function letGoUpTo(bytes: number): void {
  letGoBytesMax = Math.max(letGoBytesLeast, Math.min(bytes, letGoBytesMost));
}

/** Counts shared memory that this thread lets go of, now or soon. */
export function letGo(bytes: number): void {
  letGoBytes += bytes;
  if (letGoBytes < letGoBytesMax) return;
  letGoBytes = 0;
  reclaimMemory();
}
