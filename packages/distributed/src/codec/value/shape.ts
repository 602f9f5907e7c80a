import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import { roomFor } from "./room.ts";
import { RowLoops } from "./row-loops.ts";

/** The keys of plain objects. */
export interface Shape {
  readonly keys: readonly string[];
  /** Whether assigning to each key of a new object makes a property, and does nothing else. */
  readonly isTame: boolean;
}

/** The shapes of one block, numbered from 1 in the order in which they are read. */
export class ShapeReader {
  private readonly shapes: Shape[] = [];
  private readonly loops = new RowLoops();

  read(decoder: Decoder): Shape {
    const { input } = decoder;
    const id = input.natural();
    if (id > 0) {
      const known = this.shapes[id - 1];
      if (known === undefined) throw corrupt("a shape is named before it is given");
      return known;
    }
    const keys: string[] = [];
    let isTame = true;
    for (let left = input.count(); left > 0; left--) {
      const key = readKey(decoder);
      // `__proto__` sets a prototype, and what is read-only there cannot be assigned.
      if (key in Object.prototype) isTame = false;
      keys.push(key);
    }
    if (hasTwins(keys)) throw corrupt("an object has a key twice");
    const shape = { keys, isTame };
    this.shapes.push(shape);
    return shape;
  }

  /** Objects of one shape whose fields stand in columns. */
  makeRows(shape: Shape, count: number, columns: readonly ArrayLike<unknown>[]): object[] {
    const { keys } = shape;
    const rows = roomFor(count) as object[];
    const loop = this.loops.find(keys, count);
    if (loop !== undefined) {
      loop(rows, count, columns);
      return rows;
    }
    for (let i = 0; i < count; i++) {
      const row = {};
      for (let j = 0; j < keys.length; j++) {
        setField(row, shape, keys[j] as string, (columns[j] as ArrayLike<unknown>)[i]);
      }
      rows[i] = row;
    }
    return rows;
  }
}

/** Keys up to which comparing all with all costs less than a Set of them. */
const COMPARED_MAX = 8;

function hasTwins(keys: readonly string[]): boolean {
  if (keys.length > COMPARED_MAX) return new Set(keys).size !== keys.length;
  return keys.some((key, i) => keys.includes(key, i + 1));
}

function readKey(decoder: Decoder): string {
  const key = decoder.value();
  if (typeof key !== "string") throw corrupt("a key is no string");
  return key;
}

/** Gives an object of a shape one of its fields. */
export function setField(target: object, shape: Shape, key: string, value: unknown): void {
  if (shape.isTame) (target as Record<string, unknown>)[key] = value;
  else {
    const attributes = { writable: true, enumerable: true, configurable: true };
    Object.defineProperty(target, key, { value, ...attributes });
  }
}
