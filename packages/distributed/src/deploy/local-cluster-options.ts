import { realpathSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { checkCount, checkOptions, checkSettings, parseBytes, quoteValue } from "@millrace/graph";
import { durationOption } from "../duration-option.ts";
import { invalidArgument } from "../errors.ts";
import { memoryOfMachine } from "../local/memory-of-machine.ts";
import type { Log } from "../log.ts";
import { optionRefusal } from "../option-refusal.ts";
import type { RemoteWorkerOptions } from "../worker/host/remote-worker.ts";
import { workerMemory } from "./worker-memory.ts";

/** What a cluster of this machine is made of. */
export interface LocalClusterOptions {
  /** How many workers; default one for each processor with `threadsPerWorker` 1. */
  readonly workers?: number | undefined;
  /** Task threads of each worker; default 1. */
  readonly threadsPerWorker?: number | undefined;
  /**
   * Memory of each worker, at least 128 MiB: bytes, or a text such as "2GiB"; default its share of
   * the machine.
   */
  readonly memoryLimit?: number | string | undefined;
  /** Whether each worker is a process; default true. Otherwise they share this one. */
  readonly processes?: boolean | undefined;
  /** Where workers spill values; default the folder for temporary files. */
  readonly localDirectory?: string | undefined;
  /** Named amounts that tasks may ask for, in each worker. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /**
   * How long a task waits for a worker that may run it, before it fails with
   * `distributed/no-workers`: milliseconds, or a text such as "30s"; default for ever.
   */
  readonly noWorkersTimeout?: number | string | undefined;
  /** Where events of the cluster are told; default nowhere but for warnings. */
  readonly log?: Log | undefined;
}

const optionNames: readonly (keyof LocalClusterOptions)[] = [
  "workers",
  "threadsPerWorker",
  "memoryLimit",
  "processes",
  "localDirectory",
  "resources",
  "noWorkersTimeout",
  "log",
];

/** Nobody else reaches it. */
export const loopback = "127.0.0.1";
/** A worker outlives its scheduler by so long, and no longer: nobody will come back. */
const deathTimeoutMs = 5_000;

type WorkerFacts = Omit<RemoteWorkerOptions, "scheduler" | "token" | "tls" | "name" | "log">;

/** The same with defaults filled in, as workers and scheduler are started with it. */
export interface CheckedLocalOptions {
  readonly workers: number;
  readonly worker: WorkerFacts;
  readonly processes: boolean;
  readonly log: Log;
  readonly noWorkersTimeoutMs: number;
}

const api = "LocalCluster.start";

/**
 * Fills in defaults and refuses what is no good.
 *
 * @throws DistributedError `distributed/invalid-argument`
 */
export function checkLocalOptions(options: LocalClusterOptions): CheckedLocalOptions {
  checkOptions(api, options, optionNames, optionRefusal);
  const { threadsPerWorker: threads = 1, memoryLimit, localDirectory, resources = {} } = options;
  checkCount(api, "threadsPerWorker", threads, 1, optionRefusal);
  const workers = options.workers ?? Math.max(1, Math.floor(availableParallelism() / threads));
  checkCount(api, "workers", workers, 0, optionRefusal);
  checkSettings(
    api,
    {
      resources,
      ...(memoryLimit !== undefined && { memoryLimit }),
      ...(localDirectory !== undefined && { localDirectory }),
    },
    optionRefusal,
  );
  const { processes = true, log = warningsOnly } = options;
  if (typeof processes !== "boolean") {
    throw optionRefusal(api, "bad processes", processes, "true or false");
  }
  if (!isLog(log)) {
    throw optionRefusal(api, "bad log", log, "an object with debug, info, warn and error to call");
  }
  const { noWorkersTimeout = Infinity } = options;
  const isPatient = noWorkersTimeout === Infinity;
  return {
    workers,
    processes,
    log,
    noWorkersTimeoutMs: isPatient
      ? Infinity
      : durationOption(api, "noWorkersTimeout", noWorkersTimeout),
    worker: {
      threads,
      memoryBytesMax: workerMemory({
        bytes:
          memoryLimit === undefined || memoryLimit === "auto" ? undefined : parseBytes(memoryLimit),
        machineBytes: memoryOfMachine(),
        workerCount: workers,
        refusal: (what, got = quoteValue(memoryLimit), wanted, remedy) =>
          invalidArgument(api, `bad memoryLimit: ${what}`, got, wanted, remedy),
      }),
      localDirectory: localDirectory ?? realpathSync(tmpdir()),
      resources,
      host: loopback,
      deathTimeoutMs,
    },
  };
}

function isLog(log: unknown): log is Log {
  if (typeof log !== "object" || log === null) return false;
  const told = log as Partial<Record<string, unknown>>;
  return Object.keys(warningsOnly).every((level) => typeof told[level] === "function");
}

/** What a program that set no log should see all the same. */
const warningsOnly: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (event, facts) =>
    process.emitWarning(`${event} ${JSON.stringify(facts ?? {})}`, { code: "MILLRACE" }),
};
