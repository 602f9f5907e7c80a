/** What went wrong, as a stable word: match on it, never on a message. */
export type DistributedErrorCode =
  | "distributed/actor-lost"
  | "distributed/address-conflict"
  | "distributed/bad-certificate"
  | "distributed/bad-connection-file"
  | "distributed/bad-directory"
  | "distributed/block-lost"
  | "distributed/client-closed"
  | "distributed/codec-failed"
  | "distributed/config"
  | "distributed/coordination-full"
  | "distributed/corrupt-block"
  | "distributed/corrupt-frame"
  | "distributed/distrusted"
  | "distributed/insecure-network"
  | "distributed/invalid-argument"
  | "distributed/killed-worker"
  | "distributed/name-conflict"
  | "distributed/no-client"
  | "distributed/no-workers"
  | "distributed/not-in-task"
  | "distributed/not-prepared"
  | "distributed/not-published"
  | "distributed/not-scattered"
  | "distributed/not-serializable"
  | "distributed/not-started"
  | "distributed/not-uploaded"
  | "distributed/peer-lost"
  | "distributed/refused"
  | "distributed/released"
  | "distributed/request-failed"
  | "distributed/scheduler-lost"
  | "distributed/spill-failed"
  | "distributed/store-closed"
  | "distributed/too-many-bytes"
  | "distributed/unknown-block"
  | "distributed/unknown-codec"
  | "distributed/unreachable"
  | "distributed/value-too-large"
  | "distributed/version-mismatch";

/**
 * A refusal of this package; `code` says which one and never changes between versions.
 *
 * @example
 * ```ts
 * import { DistributedError } from "@millrace/distributed";
 *
 * new DistributedError("distributed/not-in-task", "…").code; // => "distributed/not-in-task"
 * ```
 */
export class DistributedError extends Error {
  override readonly name: string = "DistributedError";
  /** What went wrong; stays the same between versions. */
  readonly code: DistributedErrorCode;

  constructor(code: DistributedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A value that cannot leave its thread: `path` leads from the value to the part that cannot, and
 * the message says what that part is and what to return instead. Nothing was sent, and the value
 * stays as it is.
 *
 * @example
 * ```ts
 * import { SerializationError } from "@millrace/distributed";
 *
 * const error = new SerializationError("$.rows[3].fn", "a function", "Return plain data.");
 * error.code; // => "distributed/not-serializable"
 * error.path; // => "$.rows[3].fn"
 * ```
 */
export class SerializationError extends DistributedError {
  override readonly name = "SerializationError";
  /** The way from the whole value, `$`, to the part that cannot travel. */
  readonly path: string;
  /** What was found there, as the message says it: "a function", "a Promise". */
  readonly found: string;
  /** What to do instead. */
  readonly remedy: string;
  /** Key of the task whose value it is, where it is one. */
  key: string | undefined;

  constructor(path: string, found: string, remedy: string, options?: ErrorOptions) {
    super(
      "distributed/not-serializable",
      `encode: a value cannot leave its thread, got ${found} at ${path}, wanted plain data. ` +
        remedy,
      options,
    );
    this.path = path;
    this.found = found;
    this.remedy = remedy;
    this.key = undefined;
  }
}

/**
 * A setting from outside the program is no good: the message says which variable, or which line of
 * which file.
 *
 * @example
 * ```ts
 * import { ConfigError } from "@millrace/distributed";
 *
 * new ConfigError("MILLRACE_THREADS: …").code; // => "distributed/config"
 * ```
 */
export class ConfigError extends DistributedError {
  override readonly name = "ConfigError";

  constructor(message: string, options?: ErrorOptions) {
    super("distributed/config", message, options);
  }
}

/** How a worker died of a task. */
export interface WorkerDeath {
  /** Its name. */
  readonly worker: string;
  /**
   * One line: its exit code, the signal that ended it, or that it was killed for its memory;
   * undefined where nobody has told, since no nanny watched it or its machine is gone.
   */
  readonly exit: string | undefined;
  /** Up to 20 lines and 4,096 characters that it wrote to its standard error last. */
  readonly stderr: string | undefined;
}

/**
 * A task was running each time that a worker died, until it was tried no more; it, and not its
 * neighbours, is taken for the reason.
 *
 * @example
 * ```ts
 * import { KilledWorkerError } from "@millrace/distributed";
 *
 * const deaths = [{ worker: "worker-1", exit: "signal SIGSEGV", stderr: "" }];
 * const error = new KilledWorkerError("train-7", deaths);
 * error.key; // => "train-7"
 * error.workers; // => ["worker-1"]
 * error.deaths[0]?.exit; // => "signal SIGSEGV"
 * error.code; // => "distributed/killed-worker"
 * ```
 */
export class KilledWorkerError extends DistributedError {
  override readonly name = "KilledWorkerError";
  /** Key of the task. */
  readonly key: string;
  /** How often it was tried: as many workers died. */
  readonly attempts: number;
  /** Names of the workers that died, the last one at the end. */
  readonly workers: readonly string[];
  /** How each of them died. */
  readonly deaths: readonly WorkerDeath[];

  constructor(key: string, deaths: readonly WorkerDeath[]) {
    const workers = deaths.map(({ worker }) => worker);
    const told = deaths.map(({ worker, exit }) => (exit ? `${worker} (${exit})` : worker));
    super(
      "distributed/killed-worker",
      `compute: workers die of a task, got the task "${key}", of which ${told.join(", ")} died, ` +
        "wanted one that leaves its worker alive. Look at 'deaths', which has their last words, " +
        "or at their logs.",
    );
    this.key = key;
    this.attempts = workers.length;
    this.workers = workers;
    this.deaths = deaths;
  }
}

/**
 * The instance of an actor is gone, with its state: its worker has died or wanted to go, it was
 * released, or its thread has ended. It is not made anew, and calls that had no answer may have
 * been carried out.
 *
 * @example
 * ```ts
 * import { ActorLostError } from "@millrace/distributed";
 *
 * const error = new ActorLostError("Counter.add", "its worker worker-1 is gone");
 * error.reason; // => "its worker worker-1 is gone"
 * error.code; // => "distributed/actor-lost"
 * ```
 */
export class ActorLostError extends DistributedError {
  override readonly name = "ActorLostError";
  /** What became of it. */
  readonly reason: string;

  /** @param api - what was called */
  constructor(api: string, reason: string) {
    super(
      "distributed/actor-lost",
      `${api}: there is no instance any more, ${reason}, got a call, wanted one before. Make another ` +
        "actor, and give it what it needs to begin.",
    );
    this.reason = reason;
  }
}

const aRun = { api: "compute", got: "a run" };

/**
 * The scheduler is gone before a run has ended: it was closed, or cannot be reached any more.
 *
 * @example
 * ```ts
 * import { SchedulerLostError } from "@millrace/distributed";
 *
 * new SchedulerLostError("it was closed").code; // => "distributed/scheduler-lost"
 * ```
 */
export class SchedulerLostError extends DistributedError {
  override readonly name = "SchedulerLostError";

  /** @param got - who finds out, and with what, where that is no run */
  constructor(reason: string, { api, got }: { readonly api: string; readonly got: string } = aRun) {
    super(
      "distributed/scheduler-lost",
      `${api}: the scheduler is gone, ${reason}, got ${got} that has not ended, wanted one that ends ` +
        "first. Await what runs before you close.",
    );
  }
}

/**
 * Two packages whose major or minor versions differ do not understand each other: a scheduler has
 * refused who connected. Install the same version of both.
 *
 * @example
 * ```ts
 * import { VersionMismatchError } from "@millrace/distributed";
 *
 * const error = new VersionMismatchError("ws://cluster:8786", "client 0.1.0 speaks protocol 1, …");
 * error.code; // => "distributed/version-mismatch"
 * ```
 */
export class VersionMismatchError extends DistributedError {
  override readonly name = "VersionMismatchError";

  /** `api` is what was called. */
  constructor(address: string, reason: string, api = "connect") {
    super(
      "distributed/version-mismatch",
      `${api}: the versions do not fit, got ${reason}, wanted one that ${address} understands. ` +
        "Install the same version on both sides.",
    );
  }
}

/** The error for a scheduler that will not have whoever connects. */
export function refusedError(url: string, reason: string): DistributedError {
  return new DistributedError(
    "distributed/refused",
    `connect: the scheduler at ${url} lets nobody in without the right to it, got the answer ` +
      `"${reason}", wanted a welcome. Give the token and the certificates of this scheduler.`,
  );
}

/** The error for a worker whose name another one has. */
export function nameTakenError(url: string, name: string): DistributedError {
  return new DistributedError(
    "distributed/name-conflict",
    `connect: a worker of this name is there and alive, got ${JSON.stringify(name)} for ${url}, ` +
      "wanted a name of its own. Give another one by --name, or end the other worker first.",
  );
}

/** The error for a worker that says that it is found where another one is. */
export function addressTakenError(url: string, address: string): DistributedError {
  return new DistributedError(
    "distributed/address-conflict",
    `connect: a worker at this address is there and alive, got ${JSON.stringify(address)} for ` +
      `${url}, wanted an address of its own. Give it the address of its own machine by --host, ` +
      "or end the other worker first.",
  );
}

/** The error for a worker that a scheduler does not believe any more. */
export function distrustedError(url: string, reason: string): DistributedError {
  return new DistributedError(
    "distributed/distrusted",
    `connect: the scheduler at ${url} does not believe this worker any more, got the answer ` +
      `"${reason}", wanted a welcome. Start another worker in its place, and look at the network, ` +
      "the memory and the disk of this machine where it comes again.",
  );
}

const refusalCodes: readonly string[] = [
  "distributed/refused",
  "distributed/address-conflict",
  "distributed/distrusted",
  "distributed/version-mismatch",
  "distributed/name-conflict",
];

/** Whether a scheduler has refused for good, so that trying again is of no use. */
export function isRefusal(error: unknown): boolean {
  return error instanceof DistributedError && refusalCodes.includes(error.code);
}

/** The error for an argument that is not what a function of this package takes. */
export function invalidArgument(
  api: string,
  what: string,
  got: string,
  wanted: string,
  remedy: string,
): DistributedError {
  return new DistributedError(
    "distributed/invalid-argument",
    `${api}: ${what}, got ${got}, wanted ${wanted}. ${remedy}`,
  );
}
