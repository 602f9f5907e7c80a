import { parseBytes, quoteValue } from "@millrace/graph";
import { ConfigError } from "../errors.ts";
import type { CommandSettings } from "../settings/command-settings.ts";
import { nameLengthMax } from "../settings/command-settings.ts";
import { parseDuration } from "../settings/parse-duration.ts";
import { workerMemory } from "./worker-memory.ts";

/** A machine that starts more by mistake would be of no use any more. */
const WORKERS_MAX = 1024;

/** What the machine has. */
export interface MachineFacts {
  /** How many threads run at the same time. */
  readonly cores: number;
  /** Memory of the machine, or of the container around this process. */
  readonly memoryBytes: number;
  readonly name: string;
  readonly pid: number;
  /** The folder for temporary files. */
  readonly temporary: string;
}

/** Workers that one command starts, all alike but for their names. */
export interface WorkersPlan {
  readonly names: readonly string[];
  readonly threads: number;
  /** For each of them. */
  readonly memoryBytesMax: number;
  readonly localDirectory: string;
  readonly resources: Readonly<Record<string, number>>;
  readonly deathTimeoutMs: number;
  readonly hasNanny: boolean;
  /** What their nannies do when. */
  readonly nanny: {
    readonly terminateMs: number;
    readonly lifetimeMs: number;
    readonly lifetimeStaggerMs: number;
    readonly lifetimeRestart: boolean;
  };
}

/**
 * Which workers a command starts by what is set and what the machine has.
 *
 * @throws ConfigError `distributed/config` where settings do not go together
 */
export function planWorkers(settings: CommandSettings, facts: MachineFacts): WorkersPlan {
  const { count, threads } = countsOf(settings, facts);
  const { nanny: hasNanny = true } = settings;
  if (!hasNanny && count > 1) {
    throw new ConfigError(
      `--no-nanny: a process without a nanny is one worker, got ${count} workers, wanted --nworkers 1. ` +
        "Leave out one of the two.",
    );
  }
  const lifetimeMs = millis(settings.lifetime, Infinity);
  checkLifetime(settings, hasNanny, lifetimeMs);
  return {
    names: namesOf(settings.name ?? `${facts.name}-${facts.pid}`, count),
    threads,
    memoryBytesMax: memoryOf(settings, facts, count),
    localDirectory: settings.localDirectory ?? facts.temporary,
    resources: settings.resources ?? {},
    deathTimeoutMs: millis(settings.deathTimeout, 60_000),
    hasNanny,
    nanny: {
      terminateMs: millis(settings.terminateTimeout, 30_000),
      lifetimeMs,
      lifetimeStaggerMs: millis(settings.lifetimeStagger, 0),
      lifetimeRestart: settings.lifetimeRestart ?? false,
    },
  };
}

/** The name itself where there is one worker, else followed by numbers. */
function namesOf(base: string, count: number): readonly string[] {
  if (count === 1) return [base];
  const names = Array.from({ length: count }, (_, index) => `${base}-${index}`);
  const longest = names.at(-1) as string;
  if (longest.length <= nameLengthMax) return names;
  throw new ConfigError(
    `--name: with the number of a worker it is too long, got ${longest.length} characters, ` +
      `wanted at most ${nameLengthMax}. Give a shorter name, or start one worker.`,
  );
}

/**
 * One worker with all threads, unless told otherwise. "auto" workers are one a thread on small
 * machines, and about as many as threads in each on larger ones.
 */
function countsOf(
  settings: CommandSettings,
  facts: MachineFacts,
): { count: number; threads: number } {
  const { nworkers = 1, nthreads = settings.threads ?? "auto" } = settings;
  const { cores } = facts;
  const auto =
    nthreads === "auto"
      ? cores <= 4
        ? cores
        : Math.ceil(Math.sqrt(cores))
      : Math.max(1, Math.floor(cores / nthreads));
  const count = nworkers === "auto" ? auto : nworkers;
  if (count > WORKERS_MAX) {
    throw new ConfigError(
      `--nworkers: these are too many for one machine, got ${count}, wanted at most ${WORKERS_MAX}. Start fewer.`,
    );
  }
  const threads = nthreads === "auto" ? Math.max(1, Math.floor(cores / count)) : nthreads;
  return { count, threads };
}

function memoryOf(settings: CommandSettings, facts: MachineFacts, workerCount: number): number {
  const { memoryLimit = "auto" } = settings;
  return workerMemory({
    bytes: memoryLimit === "auto" ? undefined : parseBytes(memoryLimit),
    machineBytes: facts.memoryBytes,
    workerCount,
    refusal: (what, got = quoteValue(memoryLimit), wanted, remedy) =>
      new ConfigError(`--memory-limit: ${what}, got ${got}, wanted ${wanted}. ${remedy}`),
  });
}

function checkLifetime(settings: CommandSettings, hasNanny: boolean, lifetimeMs: number): void {
  const { lifetimeStagger, lifetimeRestart } = settings;
  const said = [
    ...(lifetimeStagger === undefined ? [] : ["--lifetime-stagger"]),
    ...(lifetimeRestart === true ? ["--lifetime-restart"] : []),
  ];
  if (lifetimeMs === Infinity) {
    const [first] = said;
    if (first === undefined) return;
    throw new ConfigError(
      `${first}: there is no lifetime, got none, wanted --lifetime as well. Add it.`,
    );
  }
  if (hasNanny) return;
  throw new ConfigError(
    "--lifetime: it is the nanny who retires a worker, got --no-nanny as well, wanted one of the two. " +
      "Leave out the other one.",
  );
}

/** What a duration says that was checked before. */
export function millis(duration: string | number | undefined, otherwise: number): number {
  return duration === undefined ? otherwise : (parseDuration(duration) ?? otherwise);
}
