import type { SchedulerServerOptions } from "../scheduler/server/scheduler-server-options.ts";
import type { RemoteWorkerOptions, WorkerEnd } from "../worker/host/remote-worker.ts";

export type { RemoteWorkerOptions, SchedulerServerOptions, WorkerEnd };

/** A scheduler that listens. */
export interface RunningScheduler {
  readonly url: string;
  readonly port: number;
  /** Why it ended, once it has. */
  readonly ended: Promise<string>;
  close(reason?: string): Promise<void>;
}

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
