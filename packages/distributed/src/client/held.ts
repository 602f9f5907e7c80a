import type { Key } from "@millrace/graph";
import { LayeredGraph, MaterializedLayer, task } from "@millrace/graph";

/** Who may let go of a held value before nobody can reach it. */
export interface HeldOwner {
  /** Why nothing may stand for it any more, where that is so. */
  refusal(): Error | undefined;
  /** Keeps it until what is given back is called. */
  keep(): () => void;
}

const nobody: HeldOwner = { refusal: () => undefined, keep: () => () => undefined };

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
  readonly #owner: HeldOwner;

  constructor(
    holder: object,
    run: HeldRun,
    output: number,
    fetch: () => Promise<unknown>,
    owner: HeldOwner = nobody,
  ) {
    this.holder = holder;
    this.run = run;
    this.output = output;
    this.#fetch = fetch;
    this.#owner = owner;
  }

  /** @throws why its executor has it no more */
  check(): void {
    const refusal = this.#owner.refusal();
    if (refusal !== undefined) throw refusal;
  }

  /** Its executor keeps it until what is given back is called, whoever lets go of it. */
  keep(): () => void {
    return this.#owner.keep();
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

/** Held values inside a graph. */
export function heldIn(graph: LayeredGraph): ReadonlySet<Held> {
  const found = new Set<Held>();
  graph.replace({
    fn: (fn) => fn,
    value: (value) => {
      if (value instanceof Held) found.add(value);
      return value;
    },
  });
  return found;
}

/**
 * Brings those of held values that other executors hold, for a graph that is shipped to `holder`
 * later; keeps all of them until `letGo` is called, since whoever has asked may release them.
 */
export function bringForeign(
  held: ReadonlySet<Held>,
  holder: object,
): { readonly bringing: Promise<ReadonlyMap<Held, unknown>>; readonly letGo: () => void } {
  const kept = Array.from(held, (each) => each.keep());
  const foreign = [...held].filter((each) => each.holder !== holder);
  const bringing = Promise.all(foreign.map(async (each) => [each, await each.fetch()] as const));
  return {
    bringing: bringing.then((brought) => new Map(brought)),
    letGo: () => {
      for (const letGo of kept) letGo();
    },
  };
}
