import type { CallArguments, TaskFunction } from "@millrace/graph";
import { checkAnnotations, checkOptions, quoteValue } from "@millrace/graph";
import { DistributedError, invalidArgument } from "../errors.ts";
import { optionRefusal } from "../option-refusal.ts";
import type { ClientParts } from "./client-parts.ts";
import type { Coordinating } from "./coordination/coordinating.ts";
import { checkCall } from "./futures/check-futures.ts";
import type { Future } from "./futures/future.ts";
import type { Returned } from "./futures/submit.ts";

/** Where a function is run. */
export interface RunEverywhereOptions {
  /** Names of workers; default all that there are. */
  readonly workers?: readonly string[] | undefined;
}

const api = "Client.run";
/** Before all that waits for a thread. */
const priority = 1_000_000;
/** How often it is looked whether the workers are there, and when one is given up. */
const lookMs = 1_000;
const absencesMax = 10;

/** See `Client.run`. */
export async function runEverywhere<F extends TaskFunction>(
  { coordinating, submitting }: Pick<ClientParts, "coordinating" | "submitting">,
  fn: F,
  args: CallArguments<F>,
  options: RunEverywhereOptions,
): Promise<ReadonlyMap<string, Returned<F>>> {
  checkCall(api, fn, args);
  checkOptions(api, options, ["workers"], optionRefusal);
  checkAnnotations(api, options, optionRefusal);
  const all = await namesOf(coordinating);
  const names = [...new Set(options.workers ?? all)];
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw noSuchWorker(unknown, all);
  const futures = names.map((name) =>
    submitting.submit(fn, args, { workers: [name], priority }, api),
  );
  const watch = watchWorkers(coordinating, names, futures);
  try {
    const values = await Promise.race([
      Promise.all(futures.map((future) => future.result())),
      watch.lost,
    ]);
    return new Map(names.map((name, n) => [name, values[n] as Returned<F>]));
  } finally {
    watch.stop();
    for (const future of futures) future.release();
  }
}

async function namesOf(coordinating: Coordinating): Promise<readonly string[]> {
  return (await coordinating.ask<"names">(api, { kind: "worker-names" })).names;
}

/** A task for one worker waits for it, and would wait for ever where it does not come back. */
function watchWorkers(
  coordinating: Coordinating,
  names: readonly string[],
  futures: readonly Future<unknown>[],
): { readonly lost: Promise<never>; stop(): void } {
  const absences = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<never>((_, reject) => {
    const look = async (): Promise<void> => {
      const there = await namesOf(coordinating);
      for (const [n, name] of names.entries()) {
        const isMissed = futures[n]?.status === "pending" && !there.includes(name);
        absences.set(name, isMissed ? 1 + (absences.get(name) ?? 0) : 0);
        if ((absences.get(name) ?? 0) >= absencesMax) reject(goneError(name));
      }
    };
    timer = setInterval(() => {
      // Where the scheduler is gone the futures say so.
      look().catch(() => undefined);
    }, lookMs).unref();
  });
  // Whoever runs the function is told, unless that has ended before.
  lost.catch(() => undefined);
  return { lost, stop: () => clearInterval(timer) };
}

function goneError(name: string): Error {
  return new DistributedError(
    "distributed/peer-lost",
    `${api}: a worker has gone and does not come back, got the name ${quoteValue(name)}, wanted a ` +
      "worker that stays until the function has run. Call it again for those that there are.",
  );
}

function noSuchWorker(name: string, all: readonly string[]): Error {
  return invalidArgument(
    api,
    "there is no such worker",
    quoteValue(name),
    `one of ${all.map(quoteValue).join(", ") || "none"}`,
    "Name workers that there are, or none for all.",
  );
}
