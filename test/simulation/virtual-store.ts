import type { ValueName, Want } from "../../packages/distributed/src/worker/worker-events.ts";
import type { SimValue } from "./values.ts";

/** What a worker has of what it was asked for. */
export type StoreAnswer = readonly {
  readonly want: Want;
  readonly value: SimValue;
  readonly bytes: number;
  readonly inPieces: boolean;
}[];

export interface StoredValue {
  readonly name: ValueName;
  readonly value: SimValue;
  readonly bytes: number;
  readonly inPieces: boolean;
  isSpilled: boolean;
  isCorrupt: boolean;
}

/** The values that a simulated worker has: the oldest are on its disk when they are too many. */
export class VirtualStore {
  readonly #values = new Map<string, StoredValue>();
  readonly #spillBytes: number;
  /** Told when a value came from the disk. */
  readonly #readBack: () => void;
  bytes = 0;
  #memoryBytes = 0;

  constructor(spillBytes: number, readBack: () => void) {
    this.#spillBytes = spillBytes;
    this.#readBack = readBack;
  }

  get names(): readonly ValueName[] {
    return Array.from(this.#values.values(), ({ name }) => name);
  }

  put(name: ValueName, value: SimValue, bytes: number, inPieces: boolean): void {
    this.drop(name);
    const isSpilled = false;
    this.#values.set(textOf(name), { name, value, bytes, inPieces, isSpilled, isCorrupt: false });
    this.bytes += bytes;
    this.#memoryBytes += bytes;
    for (const other of this.#values.values()) {
      if (this.#memoryBytes <= this.#spillBytes) break;
      if (other.isSpilled) continue;
      other.isSpilled = true;
      this.#memoryBytes -= other.bytes;
    }
  }

  drop(name: ValueName): void {
    const found = this.#values.get(textOf(name));
    if (found === undefined) return;
    this.#values.delete(textOf(name));
    this.bytes -= found.bytes;
    if (!found.isSpilled) this.#memoryBytes -= found.bytes;
  }

  /** A value that can be read; one that cannot is gone from now on. */
  read(name: ValueName): StoredValue | undefined {
    const found = this.#values.get(textOf(name));
    if (found?.isSpilled === true && !found.isCorrupt) this.#readBack();
    if (found?.isCorrupt !== true) return found;
    this.drop(name);
    return undefined;
  }

  has(name: ValueName): boolean {
    return this.#values.has(textOf(name));
  }

  /** Spoils the values whose number `isMeant`, so that reading them fails. */
  corrupt(isMeant: (n: number) => boolean): void {
    let n = 0;
    for (const value of this.#values.values()) if (isMeant(n++)) value.isCorrupt = true;
  }
}

export function textOf({ id, version }: ValueName): string {
  return `${id}:${version}`;
}
