import type { Clock } from "../../steady-clock.ts";

/** What a worker goes by in its process. */
export interface WorkerHostSettings {
  /** Bytes that the process may take before values go to disk. */
  readonly memoryBytesMax: number;
  /** Where spilled values go. */
  readonly localDirectory: string;
  /** Tasks of one thread that may wait for something asynchronous at the same time. */
  readonly awaitingTasksMax: number;
  /** Bytes that tasks which wait may come to hold before their thread begins no other. */
  readonly awaitingBytesMax: number;
  /** Bytes of values that one thread may keep alive beside the store. */
  readonly heldBytesMax: number;
  /** Bytes of the heap of one thread. */
  readonly heapBytesMax: number;
  readonly warn: (message: string) => void;
  /** By what it tells time; default the clock of the process. */
  readonly clock?: Clock;
}

const mib = 2 ** 20;

/** Tasks of one thread that may wait at the same time, unless told otherwise. */
export const awaitingTasksDefault = 128;

/** How the memory of a worker is shared between its threads and its store. */
export function shareMemory(
  memoryBytesMax: number,
  threads: number,
): Pick<WorkerHostSettings, "heapBytesMax" | "awaitingBytesMax" | "heldBytesMax"> {
  return {
    // A thread that needs more would take the others with it; one that never needs less would not
    // start.
    heapBytesMax: Math.max(64 * mib, Math.min(4_096 * mib, (memoryBytesMax * 0.6) / threads)),
    // Enough for many small tasks under any limit.
    awaitingBytesMax: Math.max(16 * mib, (memoryBytesMax * 0.125) / threads),
    heldBytesMax: Math.min(64 * mib, (memoryBytesMax * 0.1) / threads),
  };
}
