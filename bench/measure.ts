import type { BenchRow } from "./bench.ts";

/** How often `compareCases` runs each case when nothing else is said: enough for a median. */
const REPEATS = 5;

/**
 * Runs every case in turn, several rounds, and gives the median time of each with its ratio to the
 * first case. Taking turns lets a busy moment of the machine hit all of them.
 */
export async function compareCases(
  cases: Readonly<Record<string, () => unknown>>,
  options: { readonly repeats?: number; readonly warmups?: number } = {},
): Promise<BenchRow[]> {
  const { repeats = REPEATS, warmups = 1 } = options;
  const entries = Object.entries(cases).map(([name, run]) => ({
    name,
    run,
    timesMs: [] as number[],
  }));
  for (let round = -warmups; round < repeats; round += 1) {
    for (const { run, timesMs } of entries) {
      const startMs = performance.now();
      await run();
      if (round >= 0) timesMs.push(performance.now() - startMs);
    }
  }
  const baseMs = median(entries[0]?.timesMs ?? []);
  return entries.map(({ name, timesMs }) => rowOf(name, timesMs, baseMs));
}

/** The row of a case by its times, next to the median of the baseline. */
export function rowOf(name: string, timesMs: readonly number[], baseMs: number): BenchRow {
  const medianMs = median(timesMs);
  const [fastestMs, slowestMs] = [Math.min(...timesMs), Math.max(...timesMs)];
  return { case: name, medianMs, ratio: medianMs / baseMs, fastestMs, slowestMs };
}

/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? NaN;
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
