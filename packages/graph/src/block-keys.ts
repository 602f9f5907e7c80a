import type { Key } from "./key.ts";
import { layerKey } from "./key.ts";

/** Consecutive blocks of a symbolic layer. */
export interface BlockRange {
  readonly layer: string;
  readonly start: number;
  readonly end: number;
}

/** Lists of keys of which it is known whose blocks they are. */
const known = new WeakMap<readonly Key[], BlockRange>();

/**
 * The keys of the blocks of a layer from one up to, without, another, as a frozen list. Whoever
 * gets it can tell what it is: of hundreds of thousands of tasks not each has to be looked up.
 *
 * @example
 * ```ts
 * import { blockKeys } from "@millrace/graph";
 *
 * blockKeys("tens", 1, 3); // => ["tens/1", "tens/2"]
 * ```
 */
export function blockKeys(layer: string, start: number, end: number): readonly Key[] {
  const keys = Array.from({ length: end - start }, (_, i) => layerKey(layer, start + i));
  return asBlockKeys({ layer, start, end }, keys);
}

/**
 * The same list, frozen, of which is known from now on that it is what `blockKeys` would give: for
 * whoever has read the keys from somewhere and has seen that.
 *
 * @example
 * ```ts
 * import { asBlockKeys, blocksOf } from "@millrace/graph";
 *
 * const keys = asBlockKeys({ layer: "tens", start: 1, end: 3 }, ["tens/1", "tens/2"]);
 * blocksOf(keys); // => { layer: "tens", start: 1, end: 3 }
 * ```
 */
export function asBlockKeys(blocks: BlockRange, keys: readonly Key[]): readonly Key[] {
  known.set(Object.freeze(keys), blocks);
  return keys;
}

/**
 * Whose blocks some keys are, where that is known of the list. Cost: no look at any key.
 *
 * @example
 * ```ts
 * import { blockKeys, blocksOf } from "@millrace/graph";
 *
 * blocksOf(blockKeys("tens", 1, 3)); // => { layer: "tens", start: 1, end: 3 }
 * blocksOf(["tens/1", "tens/2"]); // => undefined
 * ```
 */
export function blocksOf(keys: readonly Key[]): BlockRange | undefined {
  return known.get(keys);
}

/**
 * The layer of which some keys are the first blocks, all in order; undefined where they are not.
 *
 * @example
 * ```ts
 * import { layerOfKeys } from "@millrace/graph";
 *
 * layerOfKeys(["tens/0", "tens/1"]); // => "tens"
 * layerOfKeys(["tens/1", "tens/0"]); // => undefined
 * ```
 */
export function layerOfKeys(keys: readonly Key[]): string | undefined {
  const blocks = blocksOf(keys);
  if (blocks?.start === 0) return blocks.layer;
  const [first = ""] = keys;
  const layer = first.slice(0, Math.max(0, first.lastIndexOf("/")));
  return keys.every((key, i) => key === layerKey(layer, i)) ? layer : undefined;
}
