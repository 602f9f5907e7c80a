import { checkOptions, onAbort } from "@millrace/graph";
import { optionRefusal } from "../../option-refusal.ts";
import { limitOf } from "../coordination/waiting.ts";
import { futuresOf } from "./check-futures.ts";
import type { FutureRun } from "./future-run.ts";
import type { Future } from "./future.ts";

/** When `wait` has waited long enough. */
export type ReturnWhen = "all" | "first" | "first-error";

/** How to wait. */
export interface WaitOptions {
  /**
   * `all`, the default: none is pending. `first`: one is not. `first-error`: one has failed, or
   * none is pending.
   */
  readonly returnWhen?: ReturnWhen | undefined;
  /** Gives up after so many milliseconds; default never. */
  readonly timeoutMs?: number | undefined;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called at the beginning, while something changes up to ten times a second, and at the end. What
   * it throws, or its promise rejects with, `wait` rejects with; the last promise is waited for.
   * Cost: a look at each future that often.
   */
  readonly onProgress?: ((progress: WaitProgress) => unknown) | undefined;
}

/** How far some futures have come. */
export interface WaitProgress {
  /** How many are finished. */
  readonly done: number;
  /** How many have failed, or were cancelled or released. */
  readonly failed: number;
  readonly total: number;
  /** Milliseconds since `wait` was called. */
  readonly elapsedMs: number;
}

/** Futures by what is known of them, each list in the order given. */
export interface Waited<T> {
  /** Those that are not pending: finished, failed or cancelled. */
  readonly done: readonly Future<T>[];
  readonly pending: readonly Future<T>[];
}

const optionNames: readonly (keyof WaitOptions)[] = [
  "returnWhen",
  "timeoutMs",
  "signal",
  "onProgress",
];
/** Between two looks for progress. */
const lookMs = 100;
const words: readonly ReturnWhen[] = ["all", "first", "first-error"];

/**
 * Waits for futures without bringing their values, and says which have ended; a failed one is an
 * end like any other. Rejects with the reason of `signal`, or a `TimeoutError` after `timeoutMs`.
 *
 * @throws DistributedError `distributed/invalid-argument`
 * @example
 * ```ts
 * import { Client, LocalCluster, wait } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 1 });
 * await using client = await Client.connect(cluster);
 * const futures = client.map((n: number) => n * n, [1, 2, 3]);
 * const { done, pending } = await wait(futures);
 * [done.length, pending.length]; // => [3, 0]
 * ```
 */
export async function wait<T>(
  futures: Iterable<Future<T>>,
  options: WaitOptions = {},
): Promise<Waited<T>> {
  checkOptions("wait", options, optionNames, optionRefusal);
  const { returnWhen = "all", timeoutMs, signal, onProgress } = options;
  const limit = limitOf("wait", { timeoutMs, signal });
  if (!words.includes(returnWhen)) {
    throw optionRefusal("wait", "bad returnWhen", returnWhen, `one of ${words.join(", ")}`);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw optionRefusal("wait", "bad onProgress", onProgress, "a function");
  }
  const list = futuresOf("wait", futures);
  const enough = enoughOf(list, returnWhen);
  const limited = limit === undefined ? enough : within(enough, limit);
  await (onProgress === undefined ? limited : reporting(limited, list, onProgress));
  return {
    done: list.filter(({ status }) => status !== "pending"),
    pending: list.filter(({ status }) => status === "pending"),
  };
}

/** Tells how far futures have come until a promise is settled, and once more then. */
async function reporting(
  enough: Promise<unknown>,
  futures: readonly Future<unknown>[],
  onProgress: (progress: WaitProgress) => unknown,
): Promise<void> {
  const startMs = performance.now();
  let told: WaitProgress | undefined;
  const report = async (isLast: boolean): Promise<void> => {
    let [done, pending] = [0, 0];
    for (const { status } of futures) {
      if (status === "finished") done++;
      else if (status === "pending") pending++;
    }
    const total = futures.length;
    const failed = total - done - pending;
    if (!isLast && told?.done === done && told.failed === failed) return;
    told = { done, failed, total, elapsedMs: performance.now() - startMs };
    await onProgress(told);
  };
  let looking: NodeJS.Timeout | undefined;
  const broken = new Promise<never>((_, reject) => {
    const look = (): void => void report(false).catch(reject);
    looking = setInterval(look, lookMs);
    look();
  });
  try {
    await Promise.race([enough, broken]);
  } finally {
    clearInterval(looking);
  }
  await report(true);
}

function enoughOf(futures: readonly Future<unknown>[], returnWhen: ReturnWhen): Promise<unknown> {
  if (returnWhen === "all") return allEnded(futures);
  const ends = futures.map((future) => future.settled());
  switch (returnWhen) {
    case "first":
      // To fail is to end; why it failed the future itself says.
      return ends.length === 0 ? Promise.resolve() : Promise.race(ends).catch(() => undefined);
    case "first-error":
      // Likewise.
      return Promise.all(ends).catch(() => undefined);
  }
}

/** Of many futures of one run that as a whole is waited for. */
function allEnded(futures: readonly Future<unknown>[]): Promise<unknown> {
  const byRun = new Map<FutureRun, Future<unknown>[]>();
  for (const future of futures) {
    const some = byRun.get(future.run);
    if (some === undefined) byRun.set(future.run, [future]);
    else some.push(future);
  }
  return Promise.allSettled(
    [...byRun].flatMap(([run, some]) =>
      some.length >= run.size ? [run.ended()] : some.map((future) => future.settled()),
    ),
  );
}

/** Rejects when `limit` is aborted before. */
function within(promise: Promise<unknown>, limit: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(limit.reason as Error);
    if (limit.aborted) abort();
    const callOff = onAbort(limit, abort);
    promise.then(resolve, reject).finally(callOff);
  });
}

/**
 * Futures one by one as they end, whatever their order; one that has failed comes like any other,
 * and its `result` rejects. A future given twice comes twice.
 *
 * @example
 * ```ts
 * import { Client, LocalCluster, asCompleted } from "@millrace/distributed";
 *
 * await using cluster = await LocalCluster.start({ workers: 1 });
 * await using client = await Client.connect(cluster);
 * let sum = 0;
 * for await (const future of asCompleted(client.map((n: number) => n * n, [1, 2, 3]))) {
 *   sum += await future.result();
 * }
 * sum; // => 14
 * ```
 */
export async function* asCompleted<T>(futures: Iterable<Future<T>>): AsyncGenerator<Future<T>> {
  const list = futuresOf("asCompleted", futures);
  const ended: Future<T>[] = [];
  let wake: () => void = () => undefined;
  for (const future of list) {
    const end = (): void => {
      ended.push(future);
      wake();
    };
    future.settled().then(end, end);
  }
  for (let given = 0; given < list.length; given++) {
    if (given === ended.length) await new Promise<void>((resolve) => (wake = resolve));
    yield ended[given] as Future<T>;
  }
}
