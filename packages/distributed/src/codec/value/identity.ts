/**
 * Numbers objects in the order in which they are met, so that a second meeting is written as a
 * number. The numbers are those of the decoder, which counts the same objects in the same order.
 */
export class Identity {
  private readonly numbers = new Map<object, number>();

  /** The number that an object got when it was met; undefined when this is the first time. */
  find(value: object): number | undefined {
    return this.numbers.get(value);
  }

  /** Gives the next number to an object that has none. */
  add(value: object): void {
    this.numbers.set(value, this.numbers.size);
  }

  /** Gives numbers to all rows; false, with none given, when one is known or stands there twice. */
  addAll(rows: readonly object[]): boolean {
    const { numbers } = this;
    const before = numbers.size;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as object;
      if (numbers.has(row)) {
        for (let j = 0; j < i; j++) numbers.delete(rows[j] as object);
        return false;
      }
      numbers.set(row, before + i);
    }
    return true;
  }
}
