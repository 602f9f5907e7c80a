import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import {
  BlockStore,
  type BlockStoreOptions,
} from "../../../../packages/distributed/src/worker/store/block-store.ts";

/** What a store told its listeners, in the order in which it did. */
export interface Told {
  readonly evicted: string[][];
  readonly pressure: string[];
  readonly warnings: string[];
}

/**
 * A store with 100 kB of memory (segments of 6 kB, from blocks below 1.5 kB) and no look at the
 * size of the process, whose listeners write down what they are told.
 */
export async function openStore(
  localDirectory: string,
  options: Partial<BlockStoreOptions> = {},
): Promise<{ readonly store: BlockStore; readonly told: Told }> {
  const told: Told = { evicted: [], pressure: [], warnings: [] };
  const store = await BlockStore.open({
    localDirectory,
    memoryBytes: 100_000,
    rssBytes: () => 0,
    onEvicted: (names) => told.evicted.push(names.map(({ id, version }) => `${id}.${version}`)),
    onPressure: (pressure, isStuck) => told.pressure.push(`${pressure}${isStuck ? " stuck" : ""}`),
    onWarning: ({ kind, message }) => told.warnings.push(`${kind} | ${message}`),
    ...options,
  });
  return { store, told };
}

/** When nothing is under way any more. */
export async function quiet(store: BlockStore): Promise<void> {
  const isBusy = (): boolean => {
    const { writing, reading, awaited, removingCount } = store.stats();
    return writing.count + reading.count + awaited.count + removingCount > 0;
  };
  do await setImmediate();
  while (isBusy());
}

/** The spill files of a store, by their names. */
export function spillFiles(store: BlockStore): string[] {
  return readdirSync(store.directory.path)
    .filter((name) => name !== "lock")
    .toSorted();
}

/** The code and the message of what a call throws or rejects with, its directory taken out. */
export async function failureOf(store: BlockStore, call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return `${code} | ${message.replaceAll(store.directory.path, "/store")}`;
  }
  return "none";
}
