import { PRIORITY_MAX, PRIORITY_MIN } from "./block-queues.ts";
import type { BlockStoreOptions } from "./block-store.ts";
import { invalidArgument } from "./store-error.ts";

/** Refuse an option that is none: a typing error would otherwise be a default in silence. */
export function checkOptions(options: object): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(OPTIONS, name)) continue;
    const names = Object.keys(OPTIONS).join(", ");
    throw invalidArgument("BlockStore.open", "no such option", name, `one of ${names}`);
  }
}

/** Every option, by its name; the value says nothing. */
const OPTIONS: Readonly<Record<keyof BlockStoreOptions, true>> = {
  localDirectory: true,
  memoryBytes: true,
  targetFraction: true,
  spillFraction: true,
  pauseFraction: true,
  resumeFraction: true,
  diskBytesMax: true,
  diskRetryMs: true,
  segmentBytes: true,
  segmentBlocksMax: true,
  largeBytes: true,
  writesMax: true,
  writingBytesMax: true,
  readingBytesMax: true,
  deadBytesMax: true,
  reclaimBytes: true,
  onEvicted: true,
  onPressure: true,
  onWarning: true,
  fileSystem: true,
  rssBytes: true,
  nowMs: true,
};

/** Refuse a name that the tables of the ledger could not hold. */
export function checkName(api: string, id: number, version: number): void {
  if ((id | 0) !== id || id < 0) {
    throw invalidArgument(api, "the id is out of range", id, "an integer from 0 to 2^31 - 1");
  }
  if (version >>> 0 !== version) {
    const wanted = "an integer from 0 to 2^32 - 1";
    throw invalidArgument(api, "the version is out of range", version, wanted);
  }
}

/** Refuse a priority that has no queue. */
export function checkPriority(priority: number): void {
  if ((priority | 0) === priority && priority >= PRIORITY_MIN && priority <= PRIORITY_MAX) return;
  const wanted = `an integer from ${PRIORITY_MIN} to ${PRIORITY_MAX}`;
  throw invalidArgument("put", "the priority is out of range", priority, wanted);
}
