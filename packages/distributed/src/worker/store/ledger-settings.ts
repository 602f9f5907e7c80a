import { invalidArgument } from "./store-error.ts";

/**
 * When blocks leave memory, and how. Fractions are of `memoryBytes`; `false` switches a rule off.
 * Managed bytes are those of blocks in memory or on their way there.
 */
export interface LedgerSettings {
  /** The memory limit of the process; `Infinity` for none. */
  readonly memoryBytes: number;
  /** Managed bytes above this are spilled; default 0.6. */
  readonly targetFraction: number | false;
  /** Measured process memory above this is spilled; default 0.7. */
  readonly spillFraction: number | false;
  /** Managed or measured bytes above this pause the worker; default 0.8. */
  readonly pauseFraction: number | false;
  /** A paused worker goes on when both are below this; default 0.75. */
  readonly resumeFraction: number;
  /** Spill files never hold more than this; default false. */
  readonly diskBytesMax: number | false;
  /** How long a disk that refused a write is left alone; default one minute. */
  readonly diskRetryMs: number;
  /** Small blocks are written together up to this size; default 4 MiB, or 1/16 of the memory. */
  readonly segmentBytes: number;
  /** How many blocks a segment holds at most; default 4096. */
  readonly segmentBlocksMax: number;
  /** A block of this size or more has a file of its own; default a quarter of `segmentBytes`. */
  readonly largeBytes: number;
  /** How many files are written at a time; default 2. */
  readonly writesMax: number;
  /**
   * How many bytes are written at a time; a longer block is written when nothing else is. Default
   * 64 MiB, or 1/8 of the memory.
   */
  readonly writingBytesMax: number;
  /** How many bytes are read at a time, by the same rule and default. */
  readonly readingBytesMax: number;
  /** Above this many dead bytes, segments that are mostly dead are emptied; default 16 segments. */
  readonly deadBytesMax: number;
  /**
   * After letting go of this much, V8 is asked to collect garbage: it does not count shared memory
   * itself. Default 1/16 of the memory, between 32 and 256 MiB.
   */
  readonly reclaimBytes: number;
}

/** What a caller may set: everything but `memoryBytes` has a default. */
export type LedgerOptions = Pick<LedgerSettings, "memoryBytes"> &
  Partial<Omit<LedgerSettings, "memoryBytes">>;

const MIB = 2 ** 20;
/** A segment is put together in one go, on a thread that has other things to do. */
const SEGMENT_BYTES_MOST = 64 * MIB;

/**
 * Options with the defaults filled in.
 *
 * @throws StoreError `distributed/invalid-argument` for a value out of range, or marks in an order
 * in which a paused worker would never go on
 */
export function ledgerSettings(options: LedgerOptions): LedgerSettings {
  const { memoryBytes } = options;
  const wanted = "a number of bytes above 0, or Infinity";
  check("memoryBytes", memoryBytes, memoryBytes > 0, wanted, "Name the limit of the process.");
  const segmentBytes = options.segmentBytes ?? part(memoryBytes / 16, 1, 4 * MIB);
  const batchBytes = part(memoryBytes / 8, segmentBytes, 64 * MIB);
  const settings: LedgerSettings = {
    memoryBytes,
    targetFraction: options.targetFraction ?? 0.6,
    spillFraction: options.spillFraction ?? 0.7,
    pauseFraction: options.pauseFraction ?? 0.8,
    resumeFraction: options.resumeFraction ?? 0.75,
    diskBytesMax: options.diskBytesMax ?? false,
    diskRetryMs: options.diskRetryMs ?? 60_000,
    segmentBytes,
    segmentBlocksMax: options.segmentBlocksMax ?? 4096,
    largeBytes: options.largeBytes ?? part(segmentBytes / 4, 1, segmentBytes),
    writesMax: options.writesMax ?? 2,
    writingBytesMax: options.writingBytesMax ?? batchBytes,
    readingBytesMax: options.readingBytesMax ?? batchBytes,
    deadBytesMax: options.deadBytesMax ?? 16 * segmentBytes,
    reclaimBytes: options.reclaimBytes ?? part(memoryBytes / 16, 32 * MIB, 256 * MIB),
  };
  checkFractions(settings);
  checkAmounts(settings);
  return settings;
}

function part(bytes: number, least: number, most: number): number {
  return Math.floor(Math.max(least, Math.min(most, bytes)));
}

function checkFractions(settings: LedgerSettings): void {
  const { targetFraction, spillFraction, pauseFraction, resumeFraction } = settings;
  for (const name of ["targetFraction", "spillFraction", "pauseFraction"] as const) {
    const value = settings[name];
    check(name, value, value === false || isFraction(value), "more than 0, at most 1, or false");
  }
  check("resumeFraction", resumeFraction, isFraction(resumeFraction), "more than 0, at most 1");
  if (pauseFraction === false) return;
  const lowest = Math.max(targetFraction || 0, spillFraction || 0);
  check(
    "resumeFraction",
    resumeFraction,
    lowest < resumeFraction && resumeFraction <= pauseFraction,
    `more than the target and spill marks (${lowest}), at most the pause mark (${pauseFraction})`,
    "Set the four marks together: a paused worker would never go on.",
  );
}

function checkAmounts(settings: LedgerSettings): void {
  const { segmentBytes, diskBytesMax } = settings;
  const counts = ["segmentBytes", "segmentBlocksMax", "largeBytes", "writesMax"] as const;
  for (const name of counts) {
    const value = settings[name];
    check(name, value, Number.isInteger(value) && value >= 1, "an integer of 1 or more");
  }
  for (const name of ["writingBytesMax", "readingBytesMax"] as const) {
    const value = settings[name];
    check(name, value, value >= segmentBytes, `at least segmentBytes (${segmentBytes})`);
  }
  for (const name of ["diskRetryMs", "deadBytesMax", "reclaimBytes"] as const) {
    const value = settings[name];
    check(name, value, value >= 0, "a number of 0 or more");
  }
  const isShort = segmentBytes <= SEGMENT_BYTES_MOST;
  check("segmentBytes", segmentBytes, isShort, `at most ${SEGMENT_BYTES_MOST}`);
  const isLimit = diskBytesMax === false || diskBytesMax >= 0;
  check("diskBytesMax", diskBytesMax, isLimit, "a number of bytes of 0 or more, or false");
  check(
    "largeBytes",
    settings.largeBytes,
    settings.largeBytes <= segmentBytes,
    `at most segmentBytes (${segmentBytes})`,
  );
}

function isFraction(value: unknown): boolean {
  return typeof value === "number" && value > 0 && value <= 1;
}

function check(
  name: string,
  got: unknown,
  isGood: boolean,
  wanted: string,
  remedy = "Leave it out for the default.",
): void {
  if (isGood && (typeof got === "number" || got === false)) return;
  throw invalidArgument("BlockStore.open", `${name} is out of range`, got, wanted, remedy);
}
