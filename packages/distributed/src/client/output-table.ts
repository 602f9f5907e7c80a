import type { Rows } from "../messages/rows.ts";
import type { Location } from "./client-events.ts";

/** It is not computed, as far as is known. */
export const open = 0;
/** Its value is being brought from a worker. */
export const coming = 1;
/** Its value is here, or, where values are not brought, with a worker. */
export const there = 2;
export const failed = 3;

export type OutputState = typeof open | typeof coming | typeof there | typeof failed;

/** Numbers of a place: task, version, worker and bytes. */
const placeSize = 4;
const nowhere = -1;

/** What a client knows of the outputs of a run, a column a fact: there may be very many. */
export class OutputTable {
  readonly #states: Uint8Array;
  readonly #places: Float64Array;

  /** All of them are `open`, and nowhere. */
  constructor(count: number) {
    this.#states = new Uint8Array(count);
    this.#places = new Float64Array(placeSize * count).fill(nowhere);
  }

  get count(): number {
    return this.#states.length;
  }

  /** Undefined for an output that there is not. */
  stateOf(output: number): OutputState | undefined {
    return this.#states[output] as OutputState | undefined;
  }

  become(output: number, state: OutputState): void {
    this.#states[output] = state;
  }

  /** Where it is, as was said last; undefined too when its value has been brought here. */
  placeOf(output: number): Location | undefined {
    const at = placeSize * output;
    const places = this.#places;
    const worker = places[at + 2];
    if (worker === undefined || worker === nowhere) return undefined;
    const [task, version, bytes] = [places[at]!, places[at + 1]!, places[at + 3]!];
    return { task, version, worker, bytes };
  }

  /** It is where a row of `finished` says. */
  place(output: number, rows: Rows, row: number): void {
    for (let n = 0; n < placeSize; n++) {
      this.#places[placeSize * output + n] = rows[row + 1 + n] as number;
    }
  }

  /** It is with no worker that anybody need know of. */
  displace(output: number): void {
    this.#places[placeSize * output + 2] = nowhere;
  }

  /** All that are in a state, in their order. */
  in(state: OutputState): number[] {
    const outputs: number[] = [];
    this.#states.forEach((each, output) => void (each === state && outputs.push(output)));
    return outputs;
  }
}
