// What the command `millrace` needs, and programs do not.
export { ConfigError, DistributedError } from "./errors.ts";
export { createLog, escapeControls } from "./log.ts";
export type { Log } from "./log.ts";
export { packageVersion } from "./package-version.ts";
export { memoryOfMachine } from "./local/memory-of-machine.ts";
export {
  checkSetting,
  everySettingName,
  isSecret,
  kebab,
  settingOf,
} from "./settings/command-settings.ts";
export type { CommandSettings, SettingName } from "./settings/command-settings.ts";
export { loadEverySetting, settingsIn } from "./settings/load-settings.ts";
export type { FoundSetting } from "./settings/settings-file.ts";
export { bindError } from "./deploy/bind-error.ts";
export { findScheduler } from "./deploy/find-scheduler.ts";
export type { FoundScheduler } from "./deploy/find-scheduler.ts";
export { isRunning, writePidFile } from "./deploy/pid-file.ts";
export { LocalCluster } from "./deploy/local-cluster.ts";
export { planScheduler } from "./deploy/plan-scheduler.ts";
export type { SchedulerPlan } from "./deploy/plan-scheduler.ts";
export { planWorkers } from "./deploy/plan-workers.ts";
export type { MachineFacts, WorkersPlan } from "./deploy/plan-workers.ts";
export type {
  RemoteWorkerOptions,
  RunningScheduler,
  RunningWorker,
  SchedulerServerOptions,
  StartScheduler,
  StartWorker,
} from "./deploy/process-options.ts";
export type { SchedulerAddress } from "./wire/dial.ts";
export { connectScript } from "./client/script-executor.ts";
export { ApiReader } from "./client/watch/api-reader.ts";
export type { ClusterInfo } from "./client/watch/questions.ts";
export { clusterInfo } from "./client/watch/questions.ts";
export { addressOf, ownAddressTowards } from "./deploy/reach.ts";
export { schedulerUrlFor } from "./deploy/scheduler-url.ts";
export { createCertificates, writeCertificates } from "./deploy/security/certificates.ts";
export { checkBind } from "./deploy/security/check-bind.ts";
export {
  defaultConnectionFile,
  makeConnectionFolder,
  readConnectionFile,
  writeConnectionFile,
} from "./deploy/security/connection-file.ts";
export type { ConnectionFile } from "./deploy/security/connection-file.ts";
export { pageUrl } from "./deploy/security/page-ticket.ts";
export { readTls } from "./deploy/security/read-tls.ts";
export { certifiedNames, tlsOptions } from "./deploy/security/tls.ts";
export { createToken, isWeak } from "./deploy/security/token.ts";
export { Nanny } from "./nanny/nanny.ts";
export type { NannyEnd } from "./nanny/nanny-events.ts";
export { exitCodes } from "./nanny/nanny-events.ts";
export type { SentWorkerOptions } from "./nanny/nanny-messages.ts";
export { WorkerRun } from "./nanny/run-worker.ts";
export { SchedulerServer } from "./scheduler/server/scheduler-server.ts";
export { checkLocalDirectory } from "./worker/store/worker-directory.ts";
export { RemoteWorker } from "./worker/host/remote-worker.ts";
