import { declareExports } from "@millrace/closure/tasks";
import { concatBlocks } from "./blocks.ts";

/** Piece `output` of `m` that `n` blocks are cut into, which is one of this block. */
export function pieceOf(
  block: readonly unknown[],
  output: number,
  n: number,
  m: number,
): unknown[] {
  const input = Math.floor((output * n + n - 1) / m);
  const first = Math.floor((input * m) / n);
  const pieces = Math.floor(((input + 1) * m) / n) - first;
  const start = Math.floor(((output - first) * block.length) / pieces);
  const end = Math.floor(((output - first + 1) * block.length) / pieces);
  return block.slice(start, end);
}

/** Pieces of blocks as one block. */
export function joinPieces(
  blocks: readonly (readonly unknown[])[],
  bounds: readonly (readonly [start: number, end: number])[],
): unknown[] {
  return concatBlocks(blocks.map((block, i) => block.slice(...(bounds[i] ?? []))));
}

/** Length and size of a block. */
export interface Measured {
  readonly length: number;
  readonly bytes: number;
}

/** The length of a block, and about how many bytes it takes in memory. */
export function measure(block: readonly unknown[]): Measured {
  return { length: block.length, bytes: sizeOf(block) };
}

/** Elements looked at to estimate the size of a partition; the rest is taken to be like them. */
const sampleLength = 1000;
const pointerBytes = 8;
const objectBytes = 24;

/**
 * About how many bytes an array and all that it holds take in memory. Cost: a sample of its
 * elements.
 */
function sizeOf(items: readonly unknown[]): number {
  const step = Math.max(1, Math.ceil(items.length / sampleLength));
  const seen = new Set<object>();
  let bytes = 0;
  let count = 0;
  for (let i = 0; i < items.length; i += step) {
    bytes += pointerBytes + valueBytes(items[i], seen);
    count++;
  }
  return count === 0 ? 0 : (bytes * items.length) / count;
}

function valueBytes(root: unknown, seen: Set<object>): number {
  const stack: unknown[] = [root];
  let bytes = 0;
  while (stack.length > 0) {
    const value = stack.pop();
    bytes += shallowBytes(value);
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) continue;
    if (seen.has(value)) continue;
    seen.add(value);
    for (const part of partsOf(value)) stack.push(part);
  }
  return bytes;
}

function shallowBytes(value: unknown): number {
  switch (typeof value) {
    case "string":
      return objectBytes + value.length;
    case "number":
    case "bigint":
      return pointerBytes;
    case "object":
      if (value === null) return 0;
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
        return objectBytes + value.byteLength;
      }
      return objectBytes;
    case "boolean":
    case "undefined":
    case "function":
    case "symbol":
      return 0;
  }
}

function partsOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set) return [...value];
  return Object.values(value);
}

declareExports(import.meta.url, { pieceOf, joinPieces, measure }, { package: "@millrace/bag" });
