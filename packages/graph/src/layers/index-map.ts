import { checkOptions } from "../check-options.ts";
import { invalidArgument } from "../errors.ts";

/**
 * Which block of the input a block of the output reads: `i ↦ floor((i · times + plus) / over) mod
 * modulo`, all whole numbers; what is left out changes nothing.
 */
export interface IndexMap {
  readonly times?: number | undefined;
  readonly plus?: number | undefined;
  readonly over?: number | undefined;
  readonly modulo?: number | undefined;
}

/** Applies an index map; exact as long as the product stays below 2^53. */
export function mapIndex(map: IndexMap | undefined, i: number): number {
  if (map === undefined) return i;
  const { times = 1, plus = 0, over = 1, modulo } = map;
  const index = Math.floor((i * times + plus) / over);
  // The remainder of JavaScript has the sign of the index.
  return modulo === undefined ? index : ((index % modulo) + modulo) % modulo;
}

/** Refuses maps that do not give a whole number for every index. */
export function checkIndexMap(api: string, map: IndexMap): void {
  checkOptions(`${api}: an index map`, map, ["times", "plus", "over", "modulo"]);
  const { times = 1, plus = 0, over = 1, modulo = 1 } = map;
  for (const [name, value, least] of [
    ["times", times, -Infinity],
    ["plus", plus, -Infinity],
    ["over", over, 1],
    ["modulo", modulo, 1],
  ] as const) {
    if (Number.isSafeInteger(value) && value >= least) continue;
    const wanted = least === 1 ? "a whole number of 1 or more" : "a whole number";
    throw invalidArgument(api, `bad '${name}' in an index map`, value, wanted);
  }
}

/** Whether the map sends every index to itself. */
export function isIdentityMap(map: IndexMap | undefined): boolean {
  if (map === undefined) return true;
  const { times = 1, plus = 0, over = 1, modulo } = map;
  return times === 1 && plus === 0 && over === 1 && modulo === undefined;
}
