/**
 * HyperLogLog with 2 ** 13 registers of a byte: 1.2 % is its standard error. Sketches lie one
 * behind the other in an array. The estimate is that of O. Ertl, "New cardinality estimation
 * algorithms for HyperLogLog sketches" (2017), which has no bias that a table would correct.
 */
const indexBits = 13;
/** Bits of a hash that are looked at for leading zeros. */
const rankBits = 32 - indexBits;

/** Bytes of a sketch. */
export const registerCount: number = 2 ** indexBits;

/** Adds a hash to the sketch at `start`. */
export function addHash(registers: Uint8Array, start: number, hash: number): void {
  const at = start + (hash >>> rankBits);
  const rank = Math.clz32((hash << indexBits) | (1 << (indexBits - 1))) + 1;
  if (rank > (registers[at] as number)) registers[at] = rank;
}

/** Adds all that the sketch at `startFrom` has seen to the one at `start`. */
export function mergeSketch(
  registers: Uint8Array,
  start: number,
  from: Uint8Array,
  startFrom: number,
): void {
  for (let j = 0; j < registerCount; j++) {
    const rank = from[startFrom + j] as number;
    if (rank > (registers[start + j] as number)) registers[start + j] = rank;
  }
}

/** How many different hashes the sketch at `start` has seen, about. */
export function estimateCount(registers: Uint8Array, start: number): number {
  const ranks = new Float64Array(rankBits + 2);
  for (let j = 0; j < registerCount; j++) {
    const rank = registers[start + j] as number;
    ranks[rank] = (ranks[rank] as number) + 1;
  }
  const m = registerCount;
  let z = m * tau(1 - (ranks[rankBits + 1] as number) / m);
  for (let rank = rankBits; rank >= 1; rank--) z = 0.5 * (z + (ranks[rank] as number));
  z += m * sigma((ranks[0] as number) / m);
  return (m * m) / (2 * Math.LN2 * z);
}

/** What empty registers add: x + the sum of x ** (2 ** k) * 2 ** (k - 1). */
function sigma(share: number): number {
  if (share === 1) return Infinity;
  let x = share;
  let y = 1;
  let z = x;
  for (let before = -1; before !== z;) {
    before = z;
    x *= x;
    z += x * y;
    y += y;
  }
  return z;
}

/** What full registers take away. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - x;
  for (let before = -1; before !== z;) {
    before = z;
    x = Math.sqrt(x);
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
