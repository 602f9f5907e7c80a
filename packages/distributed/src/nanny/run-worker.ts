import type { RemoteWorkerOptions, RunningWorker, StartWorker } from "../deploy/process-options.ts";
import { DistributedError, isRefusal } from "../errors.ts";
import { exitCodes } from "./nanny-events.ts";

/** How a worker ended, as its process tells it. */
export interface WorkerOutcome {
  readonly exitCode: number;
  readonly reason: string;
}

const notBegun: WorkerOutcome = { exitCode: exitCodes.done, reason: "it had not begun" };

/** A worker from before its scheduler knows it to its end, and what can be said to it. */
export class WorkerRun {
  /** Rejects where something went wrong that may go well another time. */
  readonly ended: Promise<WorkerOutcome>;
  readonly #ready: () => void;
  #worker: RunningWorker | undefined;
  #giveUp: (outcome: WorkerOutcome) => void = () => undefined;

  /** Starts the worker; `ready` is called when its scheduler knows it. */
  constructor(start: StartWorker, options: RemoteWorkerOptions, ready: () => void) {
    this.#ready = ready;
    const givenUp = new Promise<WorkerOutcome>((resolve) => {
      this.#giveUp = resolve;
    });
    this.ended = Promise.race([this.#run(start, options), givenUp]);
  }

  /** Hand over what is here, and end. One that nobody knows has nothing, and ends at once. */
  async retire(): Promise<void> {
    if (this.#worker === undefined) this.#giveUp(notBegun);
    else await this.#worker.retire();
  }

  /** End without handing over. */
  async close(): Promise<void> {
    if (this.#worker === undefined) this.#giveUp(notBegun);
    else await this.#worker.close();
  }

  async #run(start: StartWorker, options: RemoteWorkerOptions): Promise<WorkerOutcome> {
    try {
      this.#worker = await start(options);
    } catch (error) {
      return notStarted(error);
    }
    this.#ready();
    const end = await this.#worker.ended;
    switch (end.kind) {
      case "closed":
        return { exitCode: exitCodes.done, reason: "it was closed" };
      case "retired":
        return { exitCode: exitCodes.done, reason: "it retired" };
      case "refused":
        return { exitCode: exitCodes.refused, reason: end.reason };
      case "distrusted":
        return { exitCode: exitCodes.distrusted, reason: end.reason };
      case "scheduler-lost":
        return { exitCode: exitCodes.schedulerLost, reason: end.reason };
    }
  }
}

/** An error of ours says what is wrong and would come again; others may not. */
function notStarted(error: unknown): WorkerOutcome {
  if (!(error instanceof DistributedError)) throw error;
  return { exitCode: exitCodeOf(error), reason: error.message };
}

function exitCodeOf(error: DistributedError): number {
  const { code } = error;
  if (code === "distributed/distrusted") return exitCodes.distrusted;
  if (isRefusal(error)) return exitCodes.refused;
  const isLost = code === "distributed/unreachable" || code === "distributed/scheduler-lost";
  return isLost ? exitCodes.schedulerLost : exitCodes.notStarted;
}
