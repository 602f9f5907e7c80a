export {
  ConfigError,
  DistributedError,
  KilledWorkerError,
  SchedulerLostError,
  SerializationError,
  VersionMismatchError,
} from "./errors.ts";
export type { DistributedErrorCode } from "./errors.ts";
export type { Adaptive } from "./adaptive/adaptive.ts";
export type { AdaptOptions } from "./adaptive/check-adapt-options.ts";
export { Client } from "./client/client.ts";
export type { ClientOptions, HasScheduler } from "./client/client.ts";
export type { Holder } from "./client/futures/copies.ts";
export type { ClusterInfo } from "./client/watch/questions.ts";
export type {
  ApiAttempt,
  ApiCluster,
  ApiError,
  ApiEvent,
  ApiEvents,
  ApiGroup,
  ApiGroups,
  ApiHealth,
  ApiLogs,
  ApiPage,
  ApiProcess,
  ApiResource,
  ApiRing,
  ApiRun,
  ApiRuns,
  ApiStateCounts,
  ApiStories,
  ApiStory,
  ApiStoryEntry,
  ApiTask,
  ApiTaskState,
  ApiTaskStream,
  ApiTasks,
  ApiWorker,
  ApiWorkers,
} from "./http/api.ts";
export type { Future, FutureStatus } from "./client/futures/future.ts";
export type { GatherOptions } from "./client/futures/gather.ts";
export type { ScatterOptions } from "./client/futures/scatter.ts";
export type { Returned, SubmitOptions } from "./client/futures/submit.ts";
export { asCompleted, wait } from "./client/futures/wait.ts";
export type { ReturnWhen, WaitOptions, Waited } from "./client/futures/wait.ts";
export { LocalCluster } from "./deploy/local-cluster.ts";
export type { LocalClusterOptions } from "./deploy/local-cluster.ts";
export { createThreadsExecutor, threadsExecutor } from "./local/threads-executor.ts";
export { getWorker } from "./get-worker.ts";
export type { TaskContext } from "./worker/threads/task-context.ts";
export type { ThreadsExecutor } from "./local/threads-executor.ts";
