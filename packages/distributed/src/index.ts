export {
  ConfigError,
  DistributedError,
  KilledWorkerError,
  SchedulerLostError,
  SerializationError,
  VersionMismatchError,
} from "./errors.ts";
export type { DistributedErrorCode } from "./errors.ts";
export { createThreadsExecutor, threadsExecutor } from "./local/threads-executor.ts";
export { getWorker } from "./get-worker.ts";
export type { TaskContext } from "./worker/threads/task-context.ts";
export type { ThreadsExecutor } from "./local/threads-executor.ts";
