import { DistributedError } from "../errors.ts";

/** Workers may die one after another; what nobody can bring after so many tries never comes. */
const missesMax = 10;
/** The first misses are of workers that have just died: the scheduler is asked at once. */
const quickMisses = 2;
const firstPauseMs = 50;
const pauseMsMax = 2_000;

/**
 * Counts how often the values of outputs could not be brought here. A worker that the scheduler
 * reaches and this process does not would make them anew for ever.
 */
export class Misses {
  readonly #counts = new Map<number, Map<number, number>>();

  /** One more miss of an output: waits a while, and says whether the scheduler should be told. */
  async note(run: number, output: number): Promise<boolean> {
    let counts = this.#counts.get(run);
    if (counts === undefined) this.#counts.set(run, (counts = new Map<number, number>()));
    const count = (counts.get(output) ?? 0) + 1;
    counts.set(output, count);
    if (count >= missesMax) return false;
    if (count <= quickMisses) return true;
    const pauseMs = Math.min(pauseMsMax, firstPauseMs * 2 ** (count - quickMisses - 1));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    return true;
  }

  /** A run is over. */
  forget(run: number): void {
    this.#counts.delete(run);
  }
}

/** The error for a value that was made and cannot be brought here. */
export function outOfReach(error: unknown): DistributedError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DistributedError(
    "distributed/peer-lost",
    `compute: a value is out of reach, got "${reason}" for the last of ${missesMax} tries, wanted ` +
      "a worker that this process can connect to. Look at the addresses that workers tell, and " +
      "whether the network lets this machine connect to them.",
    { cause: error },
  );
}
