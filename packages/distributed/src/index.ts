export {
  ActorLostError,
  ConfigError,
  DistributedError,
  KilledWorkerError,
  SchedulerLostError,
  SerializationError,
  VersionMismatchError,
} from "./errors.ts";
export type { DistributedErrorCode, WorkerDeath } from "./errors.ts";
export type { Adaptive } from "./adaptive/adaptive.ts";
export type { AdaptOptions } from "./adaptive/check-adapt-options.ts";
export { Client } from "./client/client.ts";
export type {
  ClientOptions,
  HasScheduler,
  HasSchedulerFile,
  SchedulerReference,
} from "./client/client-options.ts";
export type { Actor, ActorArguments, ActorClass, ActorOptions } from "./client/actors/actor.ts";
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
export type { ClusterEvent } from "./client/coordination/cluster-event.ts";
export type { ClusterLock } from "./client/coordination/cluster-lock.ts";
export type { ClusterQueue, QueueOptions } from "./client/coordination/cluster-queue.ts";
export type { ClusterSemaphore } from "./client/coordination/cluster-semaphore.ts";
export type { ClusterTopic, Subscription } from "./client/coordination/cluster-topic.ts";
export type { ClusterVariable } from "./client/coordination/cluster-variable.ts";
export type { RunEverywhereOptions } from "./client/run-everywhere.ts";
export type { PublishOptions } from "./client/coordination/publishing.ts";
export type { Lease } from "./client/coordination/lease.ts";
export type { WaitingOptions } from "./client/coordination/waiting.ts";
export type { Future, FutureStatus } from "./client/futures/future.ts";
export type { ResultOptions } from "./client/byte-budget.ts";
export type { GatherOptions } from "./client/futures/gather.ts";
export type { ScatterOptions } from "./client/futures/scatter.ts";
export type { Returned, SubmitOptions } from "./client/futures/submit.ts";
export { asCompleted, wait } from "./client/futures/wait.ts";
export type { ReturnWhen, WaitOptions, WaitProgress, Waited } from "./client/futures/wait.ts";
export { LocalCluster } from "./deploy/local-cluster.ts";
export type { LocalWorker } from "./deploy/local-cluster.ts";
export type { LocalClusterOptions } from "./deploy/local-cluster-options.ts";
export type { Log } from "./log.ts";
export { createThreadsExecutor, threadsExecutor } from "./local/threads-executor.ts";
export { getClient } from "./get-client.ts";
export { getWorker } from "./get-worker.ts";
export { secede } from "./secede.ts";
export { uploaded } from "./uploaded.ts";
export type { TaskContext } from "./worker/threads/task-context.ts";
export type { ThreadsExecutor } from "./local/threads-executor.ts";
