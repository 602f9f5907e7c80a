/**
 * One side's book of what was said and heard, over all connections of a session. Messages come in
 * their order, so their numbers need not be sent: both sides count.
 */
export class KeptMessages<Out> {
  readonly #kept: Out[] = [];
  /** How many of what was said the other side has. */
  #arrivedCount = 0;
  #heardCount = 0;
  #confirmedCount = 0;

  /** How many messages of the other side are here. */
  get heardCount(): number {
    return this.#heardCount;
  }

  /** How many of them the other side does not know to be here. */
  get unconfirmedCount(): number {
    return this.#heardCount - this.#confirmedCount;
  }

  /** How many of what was said may have to be said again. */
  get keptCount(): number {
    return this.#kept.length;
  }

  /** Keeps a message until it has arrived. */
  said(message: Out): void {
    this.#kept.push(message);
  }

  heard(count: number): void {
    this.#heardCount += count;
  }

  /** The other side is told how much is here; gives the number. */
  confirm(): number {
    this.#confirmedCount = this.#heardCount;
    return this.#heardCount;
  }

  /** So many of what was said have arrived in all; false where that cannot be. */
  arrived(count: number): boolean {
    const news = count - this.#arrivedCount;
    if (news < 0 || news > this.#kept.length) return false;
    this.#kept.splice(0, news);
    this.#arrivedCount = count;
    return true;
  }

  /** What is to be said on a new connection before anything else, in its order. */
  get unheard(): readonly Out[] {
    return this.#kept;
  }
}
