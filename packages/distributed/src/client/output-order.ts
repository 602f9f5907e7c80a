import type { ClientRun } from "./client-run.ts";

/** Requested values that a stream may be ahead of its reader, unless told otherwise. */
export const lookaheadDefault = 2;

/**
 * Hands the values of a run to one reader, in the order asked or as they come. A key that was asked
 * for several times is one output, which is kept until its last place has been read.
 */
export class OutputOrder {
  readonly #run: ClientRun;
  /** The output at each place that was asked for. */
  readonly #outputs: readonly number[];
  readonly #ordered: boolean;
  /** Places of values that have come, where they are read as they come. */
  readonly #come: number[] = [];
  readonly #uses: Int32Array;
  #given = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  /** Outputs that the reader is done with. */
  doneCount = 0;

  constructor(run: ClientRun, outputs: readonly number[], ordered: boolean) {
    this.#run = run;
    this.#outputs = outputs;
    this.#ordered = ordered;
    this.#uses = new Int32Array(outputs.length);
    for (const output of outputs) this.#uses[output]!++;
    // Read in order, an output is found by the place that is next.
    const places = ordered ? undefined : placesOf(outputs);
    run.onOutput = (output) => {
      if (places !== undefined) this.#come.push(...(places.get(output) ?? []));
      this.#wake?.();
    };
    run.ended.catch((error: unknown) => {
      this.#failure = { error };
      this.#wake?.();
    });
  }

  /**
   * The place of the next value, once it has come. What has come before a failure is given first.
   */
  async next(): Promise<number> {
    for (;;) {
      const place = this.#ready();
      if (place >= 0) {
        this.#given++;
        return place;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #ready(): number {
    if (!this.#ordered) return this.#come[this.#given] ?? -1;
    return this.#run.hasCome(this.#outputs[this.#given] as number) ? this.#given : -1;
  }

  /** The reader is done with the value at a place. */
  take(place: number): void {
    const output = this.#outputs[place] as number;
    if (--this.#uses[output]! > 0) return;
    this.#run.forget(output);
    this.doneCount++;
  }
}

/** Where each output was asked for. */
function placesOf(outputs: readonly number[]): Map<number, number[]> {
  const places = new Map<number, number[]>();
  outputs.forEach((output, place) => {
    const known = places.get(output);
    if (known === undefined) places.set(output, [place]);
    else known.push(place);
  });
  return places;
}
