import type { Log } from "../log.ts";
import type { Tls } from "../wire/tls.ts";

/** What a scheduler process is made of. */
export interface SchedulerServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly token: string | undefined;
  readonly tls: Tls | undefined;
  /** Names by which it may be called; see `allowedHosts`. */
  readonly allowedHosts?: readonly string[];
  /** It ends after so long without workers, clients and tasks; default never. */
  readonly idleTimeoutMs?: number;
  readonly log: Log;
}

/** A scheduler that listens. */
export interface RunningScheduler {
  readonly url: string;
  readonly port: number;
  /** Why it ended, once it has. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** What a worker process is made of. */
export interface RemoteWorkerOptions {
  /** ws:// or wss:// */
  readonly scheduler: string;
  readonly token?: string;
  readonly tls?: Tls;
  readonly name: string;
  readonly threads: number;
  readonly memoryBytesMax: number;
  readonly localDirectory: string;
  readonly resources: Readonly<Record<string, number>>;
  /** The interface on which peers reach it. */
  readonly host: string;
  /** How long it goes on without its scheduler. */
  readonly deathTimeoutMs: number;
  readonly log: Log;
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
