import type { AnyFunction } from "./inspector.ts";

/** How a function may be taken apart; see `capture`. */
export type CaptureMode = "auto" | "explicit" | "off";

/** A function as bytes; `hash` names what it computes. */
export type Captured = {
  /** For `revive`, in any process. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the content, 64 hexadecimal digits; where the function stood is no part of it. */
  readonly hash: string;
};

/** The captures of this process. */
export const memos: Record<CaptureMode, WeakMap<AnyFunction, Captured>> = {
  auto: new WeakMap(),
  explicit: new WeakMap(),
  off: new WeakMap(),
};

/** Lets a function be captured anew, since what travels for it has changed. */
export function forget(fn: AnyFunction): void {
  for (const memo of Object.values(memos)) memo.delete(fn);
}

/** Let a revived function be captured again as the very bytes it was made from. */
export function memoize(fn: AnyFunction, captured: Captured): void {
  for (const mode of ["auto", "explicit"] as const) {
    if (!memos[mode].has(fn)) memos[mode].set(fn, captured);
  }
}
