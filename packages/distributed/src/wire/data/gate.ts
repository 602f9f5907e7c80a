interface Waiter {
  readonly amount: number;
  readonly isGone: () => boolean;
  readonly settle: (isIn: boolean) => void;
}

/** Lets in while less than `max` is in use; who comes then waits in line. */
export class Gate {
  readonly #max: number;
  #used = 0;
  #line: Waiter[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** What is in use. */
  get used(): number {
    return this.#used;
  }

  /** Whether somebody who comes now would not wait. */
  get isOpen(): boolean {
    return this.#used < this.#max && this.#line.length === 0;
  }

  /**
   * Waits for a place, and takes `amount` of it. False where nobody is there to use it any more,
   * which is looked at when places are given back and when `recount` is called.
   */
  async enter(amount: number, isGone: () => boolean): Promise<boolean> {
    if (this.isOpen) {
      this.#used += amount;
      return true;
    }
    return new Promise((settle) => {
      this.#line.push({ amount, isGone, settle });
    });
  }

  /** Takes more, whether there is room or not. */
  add(amount: number): void {
    this.#used += amount;
  }

  leave(amount: number): void {
    this.#used -= amount;
    this.recount();
  }

  /** Lets in whoever can come in, and sends those away who are gone. */
  recount(): void {
    const gone = this.#line.filter(({ isGone }) => isGone());
    if (gone.length > 0) this.#line = this.#line.filter((waiter) => !gone.includes(waiter));
    for (const { settle } of gone) settle(false);
    while (this.#used < this.#max && this.#line.length > 0) {
      const { amount, settle } = this.#line.shift() as Waiter;
      this.#used += amount;
      settle(true);
    }
  }
}
