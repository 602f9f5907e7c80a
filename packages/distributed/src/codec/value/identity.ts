/**
 * Objects up to which each is looked for among all that are known, or among new rows: a map of so
 * few costs more than a look at them.
 */
const FEW = 8;

/** Rows that have numbers, the first of them `start`, and are not in the map. */
interface PutOff {
  readonly kind: string;
  readonly rows: readonly object[];
  readonly start: number;
}

/**
 * Numbers objects in the order in which they are met, so that a second meeting is written as a
 * number. The numbers are those of the decoder, which counts the same objects in the same order.
 *
 * A map of objects costs more than all else that is done for a row of a table, so rows that cannot
 * be the same object are put off: they enter the map when the next object is looked for, or rows
 * that they could be among.
 */
export class Identity {
  /** The first objects, at the place that is their number, while there is no map. */
  private readonly few: object[] = [];
  private known: Map<object, number> | undefined;
  private count = 0;
  /** Tables whose kinds differ, so that no row of one is in another. */
  private putOff: PutOff[] = [];

  /** The number that an object got when it was met; undefined when this is the first time. */
  find(value: object): number | undefined {
    if (this.putOff.length > 0) this.settle();
    if (this.known !== undefined) return this.known.get(value);
    const { few } = this;
    for (let i = 0; i < few.length; i++) if (few[i] === value) return i;
    return undefined;
  }

  /** Gives the next number to an object that has none. */
  add(value: object): void {
    if (this.known === undefined && this.few.length < FEW) this.few.push(value);
    else this.numbers().set(value, this.count);
    this.count += 1;
  }

  /**
   * Gives numbers to all rows; false, with none given, when one is known or stands there twice.
   * Whether one stands there twice, their contents tell; `kind` is what no object is two of.
   */
  addAll(kind: string, rows: readonly object[], areDistinct: boolean): boolean {
    if (!areDistinct) return false;
    if (this.putOff.some((before) => before.kind === kind)) this.settle();
    const { known } = this;
    if (known === undefined || known.size <= FEW) {
      for (const object of known?.keys() ?? this.few) if (rows.includes(object)) return false;
    } else {
      // Of an object that was in no map so far, the engine knows that at once.
      for (let i = 0; i < rows.length; i++) if (known.has(rows[i] as object)) return false;
    }
    this.putOff.push({ kind, rows, start: this.count });
    this.count += rows.length;
    return true;
  }

  /** The map, which is made when it is needed for the first time. */
  private numbers(): Map<object, number> {
    this.known ??= new Map(this.few.map((object, i) => [object, i]));
    return this.known;
  }

  private settle(): void {
    const numbers = this.numbers();
    for (const { rows, start } of this.putOff) {
      for (let i = 0; i < rows.length; i++) numbers.set(rows[i] as object, start + i);
    }
    this.putOff = [];
  }
}
