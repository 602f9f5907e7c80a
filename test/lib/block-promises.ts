import assert from "node:assert/strict";

/** What `expr; // => value` in a documented block becomes; gives the value back. */
export function $equal<T>(actual: T, expected: unknown, line: number): T {
  try {
    assert.deepStrictEqual(actual, expected);
  } catch (error) {
    throw new Error(`line ${line} of the block: ${(error as Error).message}`, { cause: error });
  }
  return actual;
}

/** What `statement; // throws code` becomes; an error without a code is told by its name. */
export async function $throws(
  action: () => Promise<void>,
  code: string,
  line: number,
): Promise<void> {
  let thrown: Error & { code?: unknown };
  try {
    await action();
  } catch (error) {
    thrown = error as typeof thrown;
    if (thrown.code === code || thrown.name === code) return;
    const got = `${String(thrown.code)}: ${thrown.message}`;
    throw new Error(`line ${line} of the block: expected ${code}, got ${got}`, { cause: error });
  }
  throw new Error(`line ${line} of the block: expected ${code}, but nothing was thrown`);
}
