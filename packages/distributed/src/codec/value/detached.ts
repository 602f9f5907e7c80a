import type { Encoder } from "./encoder.ts";

/** Whether the bytes of a memory were transferred away, so that nothing is left to send. */
export function isDetached(memory: ArrayBufferLike): boolean {
  if (memory.byteLength > 0 || memory instanceof SharedArrayBuffer) return false;
  try {
    memory.slice(0);
    return false;
  } catch (error) {
    if (error instanceof TypeError) return true;
    throw error;
  }
}

export function refuseDetached(encoder: Encoder, culprit: object): never {
  encoder.refuseBecause(
    culprit,
    "memory that was transferred away, so that nothing is left of it",
    "Return a copy, or do not transfer it.",
  );
}
