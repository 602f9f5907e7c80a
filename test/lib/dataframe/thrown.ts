import { expect } from "vitest";

type Told = Error & { readonly code: string };

/** Code and message of what a call throws; its stack names the test, that is the caller's line. */
export function thrown(call: () => unknown): string {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(() => undefined);
  } catch (error) {
    const { code, message, stack = "" } = error as Told;
    expect(stack).toContain(".test.ts");
    return `${code} | ${message}`;
  }
  return "nothing was thrown";
}

/** Code and message of what a call rejects with. */
export async function rejected(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    const { code, message } = error as Told;
    return `${code} | ${message}`;
  }
  return "nothing was thrown";
}

/** What callers of plain JavaScript can pass, past the type checker. */
export function wrong<T = never>(value: unknown): T {
  return value as T;
}
