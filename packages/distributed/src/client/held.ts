import type { Key } from "@millrace/graph";
import { LayeredGraph, MaterializedLayer, task } from "@millrace/graph";

/**
 * A value that an executor holds, as a graph names it. It is let go of when nobody can reach it any
 * more, or before, when its executor is closed.
 */
export class Held {
  /** Who holds it; only that executor can tell where it is. */
  readonly holder: object;
  readonly run: HeldRun;
  readonly output: number;
  readonly #fetch: () => Promise<unknown>;
  readonly #refusal: () => Error | undefined;

  /** @param refusal - gives why nothing may stand for it any more, where that is so */
  constructor(
    holder: object,
    run: HeldRun,
    output: number,
    fetch: () => Promise<unknown>,
    refusal: () => Error | undefined = () => undefined,
  ) {
    this.holder = holder;
    this.run = run;
    this.output = output;
    this.#fetch = fetch;
    this.#refusal = refusal;
  }

  /** @throws why its executor has it no more */
  check(): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
  }

  /** The value, brought here. */
  fetch(): Promise<unknown> {
    return this.#fetch();
  }
}

/**
 * A run whose outputs are held: all of them share it, and its executor lets go of it with the last.
 */
export class HeldRun {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** The function of a task that stands for a held value: run elsewhere, it brings the value. */
export function fetchHeld(held: Held): Promise<unknown> {
  return held.fetch();
}

/** A graph with a task for each held value, and the keys of these. */
export function graphOfHeld(
  name: string,
  held: readonly Held[],
): { readonly graph: LayeredGraph; readonly keys: readonly Key[] } {
  const tasks = held.map((each) => task(fetchHeld, [each]));
  const layer = MaterializedLayer.blocks(name, tasks);
  const keys = held.map((_, n) => layer.keys.at(n));
  return { graph: new LayeredGraph().withLayer(layer), keys };
}

/**
 * Held values inside a graph that another executor holds: they must be brought before it is
 * shipped.
 */
export function foreignIn(graph: LayeredGraph, holder: object): ReadonlySet<Held> {
  const foreign = new Set<Held>();
  graph.replace({
    fn: (fn) => fn,
    value: (value) => {
      if (value instanceof Held && value.holder !== holder) foreign.add(value);
      return value;
    },
  });
  return foreign;
}

/** Brings held values. */
export async function fetchAll(held: ReadonlySet<Held>): Promise<ReadonlyMap<Held, unknown>> {
  return new Map(
    await Promise.all(Array.from(held, async (each) => [each, await each.fetch()] as const)),
  );
}
