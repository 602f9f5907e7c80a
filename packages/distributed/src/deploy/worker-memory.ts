const MIB = 2 ** 20;
/** Less is taken by what is there before the first task. */
const memoryLeast = 128 * MIB;

/** What a worker may take. */
export interface MemoryWanted {
  /** What was said, in bytes; undefined for its share of the machine. */
  readonly bytes: number | undefined;
  readonly machineBytes: number;
  readonly workerCount: number;
  /** Makes the error for less than a worker can live in. */
  readonly refusal: (
    what: string,
    got: string | undefined,
    wanted: string,
    remedy: string,
  ) => Error;
}

/** Memory of each worker: what was said, else its share of the machine. */
export function workerMemory({ bytes, machineBytes, workerCount, refusal }: MemoryWanted): number {
  const own = bytes ?? Math.floor(machineBytes / Math.max(1, workerCount));
  if (own >= memoryLeast) return own;
  const share = `${Math.floor(own / MIB)} MiB, which is the memory of the machine by`;
  throw refusal(
    "it is too little for a worker",
    bytes === undefined ? `${share} ${workerCount} workers` : undefined,
    `at least ${memoryLeast / MIB} MiB`,
    bytes === undefined ? "Start fewer workers." : "Give it more, or leave it out.",
  );
}
