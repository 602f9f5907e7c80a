/** Somebody, or something, in a line. */
export interface Standing<T> {
  readonly item: T;
  before: Standing<T> | undefined;
  after: Standing<T> | undefined;
}

/** First come, first served; whoever is in it may leave it at no cost. */
export class Line<T> {
  #first: Standing<T> | undefined;
  #last: Standing<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): T | undefined {
    return this.#first?.item;
  }

  /** Adds at the end; gives what `remove` takes. */
  push(item: T): Standing<T> {
    const standing: Standing<T> = { item, before: this.#last, after: undefined };
    if (this.#last === undefined) this.#first = standing;
    else this.#last.after = standing;
    this.#last = standing;
    this.#length++;
    return standing;
  }

  /** Takes the first one out. */
  shift(): T | undefined {
    const standing = this.#first;
    if (standing !== undefined) this.remove(standing);
    return standing?.item;
  }

  /** Takes one out that is in it. */
  remove(standing: Standing<T>): void {
    const { before, after } = standing;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    this.#length--;
  }
}
