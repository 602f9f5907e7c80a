/**
 * Which block of the input a block of the output reads:
 * `i ↦ floor((i · times + plus) / over) mod modulo`, all whole numbers; what is left out changes nothing.
 */
export interface IndexMap {
  readonly times?: number;
  readonly plus?: number;
  readonly over?: number;
  readonly modulo?: number;
}

/** Applies an index map; exact as long as the product stays below 2^53. */
export function mapIndex(map: IndexMap | undefined, i: number): number {
  if (map === undefined) return i;
  const { times = 1, plus = 0, over = 1, modulo } = map;
  const index = Math.floor((i * times + plus) / over);
  return modulo === undefined ? index : index % modulo;
}

/** Whether the map sends every index to itself. */
export function isIdentityMap(map: IndexMap | undefined): boolean {
  if (map === undefined) return true;
  const { times = 1, plus = 0, over = 1, modulo } = map;
  return times === 1 && plus === 0 && over === 1 && modulo === undefined;
}
