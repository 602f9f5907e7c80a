import type { Encoder } from "./encoder.ts";
import { writeText } from "./text.ts";

/** Shapes with the same first key that are looked through; later ones are written in full. */
const ALIKE_MAX = 16;

interface Shape {
  readonly keys: readonly string[];
  readonly id: number;
}

/** The keys of plain objects that were written before, so that the next one names its number. */
export class ShapeWriter {
  private count = 0;
  /** The last one: most objects are like the one before. */
  private last: Shape | undefined;
  /** All of them by their first key, once there are two. */
  private alike: Map<string, Shape[]> | undefined;

  /** Writes 0 and the keys, or the number of a shape with the same keys in the same order. */
  write(encoder: Encoder, keys: readonly string[]): void {
    const { out } = encoder;
    const known = this.find(keys);
    if (known !== undefined) {
      this.last = known;
      return out.natural(known.id);
    }
    this.count += 1;
    this.remember({ keys, id: this.count });
    out.natural(0);
    out.natural(keys.length);
    for (const key of keys) writeText(encoder, key);
  }

  private find(keys: readonly string[]): Shape | undefined {
    if (this.last !== undefined && hasSameItems(this.last.keys, keys)) return this.last;
    const alike = this.alike?.get(keys[0] ?? "");
    return alike?.find((shape) => hasSameItems(shape.keys, keys));
  }

  private remember(shape: Shape): void {
    const { last } = this;
    this.last = shape;
    if (last === undefined) return;
    this.alike ??= new Map([[firstKey(last), [last]]]);
    const alike = this.alike.get(firstKey(shape));
    if (alike === undefined) this.alike.set(firstKey(shape), [shape]);
    else if (alike.length < ALIKE_MAX) alike.push(shape);
  }
}

function firstKey({ keys }: Shape): string {
  return keys[0] ?? "";
}

function hasSameItems(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
