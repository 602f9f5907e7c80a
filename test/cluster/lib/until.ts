/** How often is looked. */
const everyMs = 10;

/** Waits until something is there, or is true, and gives it; rejects when that takes too long. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  timeoutMs: number = 10_000,
): Promise<NonNullable<T>> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await pause(everyMs);
  }
}

/** Waits for a time: for faults that last, never for something to come. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a promise rejects with; fails where it does not, or takes too long. */
export async function rejection(promise: Promise<unknown>, timeoutMs = 15_000): Promise<Error> {
  const late = pause(timeoutMs).then(() => new Error(`no end within ${timeoutMs} ms`));
  const first = await Promise.race([
    promise.then(
      () => new Error("it was fulfilled"),
      (error: unknown) => ({ error: error as Error }),
    ),
    late,
  ]);
  if ("error" in first) return first.error as Error;
  throw first;
}
