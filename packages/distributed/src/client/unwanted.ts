/** Gathers outputs that are let go of in one turn, so that it is said once a run. */
export class Unwanted {
  readonly #letGo: (run: number, outputs: readonly number[]) => void;
  #byRun = new Map<number, number[]>();

  constructor(letGo: (run: number, outputs: readonly number[]) => void) {
    this.#letGo = letGo;
  }

  add(run: number, output: number): void {
    const outputs = this.#byRun.get(run);
    if (outputs !== undefined) {
      outputs.push(output);
      return;
    }
    this.#byRun.set(run, [output]);
    if (this.#byRun.size === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const all = this.#byRun;
    this.#byRun = new Map();
    for (const [run, outputs] of all) this.#letGo(run, outputs);
  }
}
