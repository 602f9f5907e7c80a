import { quoteValue } from "@millrace/graph/tasks";
import { DistributedError } from "../../errors.ts";
import type { BlockName } from "./block-table.ts";

/** A store that cannot do what it was asked. */
export class StoreError extends DistributedError {
  override readonly name: string = "StoreError";
}

/**
 * Memory is at its limit and the disk takes nothing. What the store held before, it still holds.
 */
export class SpillFailedError extends StoreError {
  override readonly name = "SpillFailedError";

  constructor(message: string, options?: ErrorOptions) {
    super("distributed/spill-failed", message, options);
  }
}

/** A spilled value cannot be read back: this replica of it is gone, and the store forgot it. */
export class BlockLostError extends StoreError implements BlockName {
  override readonly name = "BlockLostError";
  readonly id: number;
  readonly version: number;
  /** The path of the spill file. */
  readonly file: string;
  /** What was found, such as `the file is missing`. */
  readonly reason: string;

  constructor({ id, version }: BlockName, file: string, reason: string, cause: unknown) {
    super(
      "distributed/block-lost",
      `load: the spilled block is lost, got ${id} (version ${version}) in ${file}: ${reason}, ` +
        "wanted the bytes that were written. Fetch the value from another holder, or compute it " +
        "again.",
      cause === undefined ? undefined : { cause },
    );
    this.id = id;
    this.version = version;
    this.file = file;
    this.reason = reason;
  }
}

/** There is no such block, or no longer. */
export function unknownBlock(what: string, id: number, version: number): StoreError {
  return new StoreError(
    "distributed/unknown-block",
    `load: ${what}, got ${id} (version ${version}), wanted one that was put and not deleted. ` +
      "Fetch the value from a worker that has it.",
  );
}

/** The store was closed. */
export function storeClosed(api: string): StoreError {
  return new StoreError(
    "distributed/store-closed",
    `${api}: the store is closed, got a call after close(), wanted none. Open another store.`,
  );
}

/** The system gave no memory for a block that is on disk. */
export function noMemory(bytes: number, cause: unknown): SpillFailedError {
  return new SpillFailedError(
    `load: there is no memory to read a block into, got a block of ${bytes} bytes, wanted that ` +
      "much free memory. Free some and load it again; it is still on disk.",
    { cause },
  );
}

/** An argument that is not what an api takes. */
export function invalidArgument(
  api: string,
  what: string,
  got: unknown,
  wanted: string,
  remedy = "",
): StoreError {
  const tail = remedy === "" ? "" : ` ${remedy}`;
  return new StoreError(
    "distributed/invalid-argument",
    `${api}: ${what}, got ${quoteValue(got)}, wanted ${wanted}.${tail}`,
  );
}
