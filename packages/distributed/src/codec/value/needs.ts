import { DistributedError } from "../../errors.ts";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import { Need } from "./format.ts";

/** Something to import before a block can be read. */
export interface NeededModule {
  readonly kind: number;
  /** The name of the codec; empty for Arrow. */
  readonly name: string;
  /** What to import. */
  readonly module: string;
}

/** Reads the list of modules in a trailer. */
export function readNeeds(decoder: Decoder): NeededModule[] {
  const { input } = decoder;
  return Array.from({ length: input.count() }, () => {
    const kind = input.byte();
    const name = decoder.value();
    const module = decoder.value();
    if (kind !== Need.arrow && kind !== Need.codec) throw corrupt("there is no such need");
    if (typeof name !== "string" || typeof module !== "string") throw corrupt("a name is no text");
    return { kind, name, module };
  });
}

/** The error for a block that is read before what it needs was imported. */
export function notPrepared(found: string): DistributedError {
  return new DistributedError(
    "distributed/not-prepared",
    `decode: a block needs a module, got ${found}, wanted it imported before. ` +
      "Await preparationFor(block) first.",
  );
}
