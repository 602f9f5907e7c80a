import type { Encoder } from "./encoder.ts";
import { writeText } from "./text.ts";

/** Shapes with the same first key that are looked through; later ones are written in full. */
const ALIKE_MAX = 16;

/** The keys of plain objects that were written before, so that the next one names its number. */
export class ShapeWriter {
  private readonly alike = new Map<string, { readonly keys: readonly string[]; id: number }[]>();
  private count = 0;

  /** Writes 0 and the keys, or the number of a shape with the same keys in the same order. */
  write(encoder: Encoder, keys: readonly string[]): void {
    const { out } = encoder;
    const first = keys[0] ?? "";
    let alike = this.alike.get(first);
    if (alike === undefined) this.alike.set(first, (alike = []));
    for (const { keys: known, id } of alike) {
      if (hasSameItems(known, keys)) return out.natural(id);
    }
    this.count += 1;
    if (alike.length < ALIKE_MAX) alike.push({ keys, id: this.count });
    out.natural(0);
    out.natural(keys.length);
    for (const key of keys) writeText(encoder, key);
  }
}

function hasSameItems(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
