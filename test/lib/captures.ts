import { Session } from "node:inspector";

import { vi } from "vitest";

/** What a call gives, and how often it asked the engine to take something apart. */
export async function capturesOf<T>(
  call: () => T | Promise<T>,
): Promise<{ result: T; captures: number }> {
  const connected = vi.spyOn(Session.prototype, "connect");
  try {
    return { result: await call(), captures: connected.mock.calls.length };
  } finally {
    connected.mockRestore();
  }
}
