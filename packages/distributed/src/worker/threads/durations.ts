/** How much the last task counts. */
const lastShare = 0.2;

/** How long the tasks of each program take of a thread's time, as far as some have ended. */
export class Durations {
  readonly #means = new Map<number, number>();

  /** Microseconds; undefined before the first task has ended. */
  of(program: number): number | undefined {
    return this.#means.get(program);
  }

  note(program: number, us: number): void {
    const mean = this.#means.get(program);
    this.#means.set(program, mean === undefined ? us : mean + (us - mean) * lastShare);
  }

  forget(program: number): void {
    this.#means.delete(program);
  }
}
