import type { ElementOp } from "./ops.ts";
import { extraOf } from "./ops.ts";

/**
 * A generator of yes and no that is the same for one seed and partition: SplitMix32 (a 32-bit
 * variant of Steele, Lea and Flood 2014), begun at a place that depends on both.
 */
function samplerOf(
  { probability, seed }: Extract<ElementOp, { kind: "sample" }>,
  partition: number,
): () => boolean {
  const high = Math.floor(seed / 0x100000000);
  const start = high === 0 ? mix(seed) : mix(seed) ^ mix(high + 0x9e3779b9);
  let state = mix((start + Math.imul(partition + 1, 0x85ebca6b)) >>> 0);
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 0x100000000 < probability;
  };
}

function mix(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** The broadcast values as the loop wants them: samplers take the place of partition numbers. */
export function withSamplers(
  ops: readonly ElementOp[],
  extras: readonly unknown[],
): readonly unknown[] {
  if (!ops.some(({ kind }) => kind === "sample")) return extras;
  const prepared = [...extras];
  let at = 0;
  for (const op of ops) {
    if (op.kind === "sample") prepared[at] = samplerOf(op, extras[at] as number);
    at += extraOf(op);
  }
  return prepared;
}
