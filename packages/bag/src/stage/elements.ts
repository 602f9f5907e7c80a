import { invalidArgument, notIterable } from "../errors.ts";
import type { ElementOp, StageOp } from "./ops.ts";
import { extraOf } from "./ops.ts";

/** How many elements of an iterable that is no array are taken out at a time. */
const chunkLength = 1024;

/** The elements of an iterable in arrays of bounded length. */
export function chunksOf(api: string, value: unknown): Iterator<readonly unknown[], undefined> {
  const isIterable =
    typeof value === "string" ||
    (typeof value === "object" && value !== null && Symbol.iterator in value);
  if (!isIterable) throw notIterable(api, value);
  return chunks(value as Iterable<unknown>);
}

function* chunks(iterable: Iterable<unknown>): Generator<readonly unknown[], undefined> {
  let chunk: unknown[] = [];
  for (const item of iterable) {
    chunk.push(item);
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
  return undefined;
}

/** The function that plucks what an operation names out of an element. */
export function pluckWith(op: Extract<ElementOp, { kind: "pluck" }>): (value: unknown) => unknown {
  const { key, fallback, hasFallback } = op;
  const pluckOne = (value: unknown, name: PropertyKey): unknown => {
    if (value === null || value === undefined) {
      if (hasFallback) return fallback;
      throw invalidArgument(
        "pluck",
        `an element has no ${String(name)}`,
        value,
        "objects",
        "Give a default as the second argument.",
      );
    }
    const found = (value as Record<PropertyKey, unknown>)[name];
    return found === undefined && hasFallback ? fallback : found;
  };
  if (!Array.isArray(key)) return (value) => pluckOne(value, key as PropertyKey);
  const names = key as readonly PropertyKey[];
  return (value) => names.map((name) => pluckOne(value, name));
}

/**
 * A generator of yes and no that is the same for one seed and partition: SplitMix32 (a 32-bit variant of
 * Steele, Lea and Flood 2014).
 */
function samplerOf(
  { probability, seed }: Extract<ElementOp, { kind: "sample" }>,
  partition: number,
): () => boolean {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(partition + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x100000000 < probability;
  };
}

/** The broadcast values as the loop wants them: samplers take the place of partition numbers. */
export function prepareExtras(
  ops: readonly ElementOp[],
  extras: readonly unknown[],
): readonly unknown[] {
  if (!ops.some((op: StageOp) => op.kind === "sample")) return extras;
  const prepared = [...extras];
  let at = 0;
  for (const op of ops) {
    if (op.kind === "sample") prepared[at] = samplerOf(op, extras[at] as number);
    at += extraOf(op);
  }
  return prepared;
}
