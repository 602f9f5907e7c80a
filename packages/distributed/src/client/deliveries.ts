import type { Block } from "../codec/block.ts";
import { preparationFor } from "../codec/preparation.ts";
import type { ClientEvent, Location } from "./client-events.ts";
import type { RunListener } from "./run-listener.ts";
import { Misses, outOfReach } from "./misses.ts";

/** What deliveries need of whoever asks for them. */
export interface DeliveriesOptions {
  /** The block of a value; at once where it is in the memory of this process. */
  readonly bring: (from: Location) => Block | Promise<Block>;
  readonly receive: (block: Block) => unknown;
  /** Who waits for the outputs of a run; undefined where nobody does any more. */
  readonly listenerOf: (run: number) => RunListener | undefined;
  readonly happened: (event: ClientEvent) => void;
}

/** Brings values of outputs here, and gives them to those who wait for them. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #misses = new Misses();

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Brings an output of a run; what comes of it is given to its listener, or happens. */
  bring(run: number, output: number, from: Location): void {
    let block: Block | Promise<Block>;
    try {
      block = this.#options.bring(from);
    } catch {
      // Who has the value says so to the scheduler, which has it made again.
      this.#options.happened({ kind: "not-brought", run, output, from });
      return;
    }
    if (block instanceof Promise || preparationFor(block) !== undefined) {
      void this.#bringLater(run, output, from, block);
    } else this.#give(run, output, block);
  }

  /** A run is over. */
  forget(run: number): void {
    this.#misses.forget(run);
  }

  async #bringLater(
    run: number,
    output: number,
    from: Location,
    coming: Block | Promise<Block>,
  ): Promise<void> {
    let block: Block;
    try {
      block = await coming;
    } catch (error) {
      await this.#missed(run, output, from, error);
      return;
    }
    try {
      await preparationFor(block);
    } catch (error) {
      this.#options.listenerOf(run)?.fail(error);
      return;
    }
    this.#give(run, output, block);
  }

  /** The scheduler is told, which has the value made again; not for ever. */
  async #missed(run: number, output: number, from: Location, error: unknown): Promise<void> {
    const { listenerOf, happened } = this.#options;
    if (listenerOf(run) === undefined) return;
    if (await this.#misses.note(run, output)) {
      happened({ kind: "not-brought", run, output, from });
      return;
    }
    happened({ kind: "given-up", run, output });
    listenerOf(run)?.failOutputs([output], outOfReach(error));
  }

  #give(run: number, output: number, block: Block): void {
    const listener = this.#options.listenerOf(run);
    if (listener === undefined) return;
    let value: unknown;
    try {
      value = this.#options.receive(block);
    } catch (error) {
      listener.fail(error);
      return;
    }
    this.#options.happened({ kind: "brought", run, output });
    listener.give(output, value);
  }
}
