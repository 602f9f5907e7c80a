import type { SchedulerServerOptions } from "../scheduler/server/scheduler-server-options.ts";
import type { RemoteWorkerOptions } from "../worker/host/remote-worker.ts";

export type { RemoteWorkerOptions, SchedulerServerOptions };

/** A scheduler that listens. */
export interface RunningScheduler {
  readonly url: string;
  readonly port: number;
  /** Why it ended, once it has. */
  readonly ended: Promise<string>;
  close(reason?: string): Promise<void>;
}

/** Why a worker is no more. */
export type WorkerEnd =
  | { readonly kind: "closed" }
  | { readonly kind: "retired" }
  /** Another version, another token: another try would end in the same way. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "scheduler-lost"; readonly reason: string };

/** A worker that is known to its scheduler. */
export interface RunningWorker {
  readonly ended: Promise<WorkerEnd>;
  retire(): Promise<void>;
  close(): Promise<void>;
}

/** How a scheduler is started. */
export type StartScheduler = (options: SchedulerServerOptions) => Promise<RunningScheduler>;

/** How a worker is started; rejects where it cannot be, now or ever. */
export type StartWorker = (options: RemoteWorkerOptions) => Promise<RunningWorker>;
