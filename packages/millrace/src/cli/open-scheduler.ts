import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type {
  CommandSettings,
  ConnectionFile,
  Log,
  RunningScheduler,
  SchedulerPlan,
  SchedulerServerOptions,
  SettingName,
} from "@millrace/distributed/command";
import {
  ConfigError,
  bindError,
  certifiedNames,
  checkBind,
  createToken,
  defaultConnectionFile,
  isRunning,
  isWeak,
  makeConnectionFolder,
  pageUrl,
  planScheduler,
  readConnectionFile,
  readTls,
  schedulerUrlFor,
  writeConnectionFile,
} from "@millrace/distributed/command";
import type { World } from "./world.ts";

/** What a scheduler of a command is started with. */
export type SchedulerOptions = SchedulerServerOptions & {
  readonly token: string;
  /** Where it leaves word; undefined for where others look. */
  readonly schedulerFile: string | undefined;
};

/** A scheduler that listens, and that others find. */
export interface OpenScheduler {
  readonly scheduler: RunningScheduler;
  /** Its connection file. */
  readonly path: string;
  /** Takes its connection file away. */
  removeFile(): void;
}

/**
 * What the scheduler of a command is to be, by what is set.
 *
 * @throws ConfigError `distributed/config`, DistributedError `distributed/bad-certificate`
 */
export async function schedulerOptions(
  settings: CommandSettings,
  isTyped: (name: SettingName) => boolean,
  log: Log,
): Promise<SchedulerOptions> {
  const plan: SchedulerPlan = planScheduler(settings);
  const warn = (message: string): void => log.warn(message);
  const tls = plan.tlsFiles === undefined ? undefined : await readTls(plan.tlsFiles, warn);
  if (isTyped("token")) log.warn("token in arguments", { instead: "MILLRACE_TOKEN" });
  const token = plan.token ?? createToken();
  if (isWeak(token)) log.warn("weak token", { wanted: "16 characters or more" });
  const { host, port, insecureNetwork, hosts, schedulerFile } = plan;
  const { idleTimeoutMs, noWorkersTimeoutMs } = plan;
  checkBind(host, { token, tls, insecureNetwork });
  const idle = idleTimeoutMs === undefined ? {} : { idleTimeoutMs };
  const scheduling = { noWorkersTimeoutMs };
  return { host, port, token, tls, hosts, log, schedulerFile, settings: scheduling, ...idle };
}

/**
 * Starts a scheduler, and leaves word where others look for it.
 *
 * @throws ConfigError `distributed/config` where a file that is of use would be replaced
 */
export async function openScheduler(
  options: SchedulerOptions,
  world: World,
): Promise<OpenScheduler> {
  if (options.schedulerFile !== undefined) await checkSchedulerFile(options.schedulerFile);
  const scheduler = await listening(options, world);
  let file: ConnectionFile;
  try {
    file = await connectionFile(scheduler, options);
  } catch (error) {
    // Nobody would find it.
    await scheduler.close();
    throw error;
  }
  // An exit that nobody foresaw must not leave a token behind.
  const remove = (): void => file.remove();
  process.on("exit", remove);
  const removeFile = (): void => {
    process.off("exit", remove);
    remove();
  };
  return { scheduler, path: file.path, removeFile };
}

/** A line with a link to the page; none with TLS, since a browser has no certificate to show. */
export function pageLine({ url }: RunningScheduler, { token, tls }: SchedulerOptions): string {
  if (tls !== undefined) return "";
  return `\npage, to be opened once: ${pageUrl(url, token, Date.now())}`;
}

async function listening(
  options: SchedulerOptions,
  { startScheduler }: World,
): Promise<RunningScheduler> {
  try {
    return await startScheduler(options);
  } catch (error) {
    throw bindError(error, { ...options, pid: await schedulerOn(options.port) });
  }
}

/** Refuses a file that is of use to somebody: it would be replaced now, and removed at the end. */
async function checkSchedulerFile(path: string): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.isFile() && found.size === 0)) return;
  const { pid } = await readConnectionFile(path).catch((error: unknown) => {
    throw new ConfigError(
      `--scheduler-file: it is no connection file for this user alone, got ${JSON.stringify(path)}, wanted ` +
        "a path of no file, or of one that a scheduler has left. Name another file.",
      { cause: error },
    );
  });
  if (pid === process.pid || !isRunning(pid)) return;
  throw new ConfigError(
    `--scheduler-file: a scheduler has written it and runs, got ${JSON.stringify(path)} of process ${pid}, ` +
      "wanted a file of nobody. End that one first, or name another file.",
  );
}

/** The process of the scheduler that left word that it listens on a port. */
async function schedulerOn(port: number): Promise<number | undefined> {
  try {
    const { pid } = await readConnectionFile(defaultConnectionFile(port));
    return isRunning(pid) ? pid : undefined;
  } catch {
    // It only makes a message better.
    return undefined;
  }
}

async function connectionFile(
  { port }: RunningScheduler,
  { host, tls, token, schedulerFile }: SchedulerOptions,
): Promise<ConnectionFile> {
  if (schedulerFile === undefined) makeConnectionFolder();
  const path = schedulerFile ?? defaultConnectionFile(port);
  const addresses = Object.values(networkInterfaces())
    .flat()
    .flatMap((each) => (each === undefined || each.internal ? [] : each.address));
  const certified = tls === undefined ? [] : certifiedNames(tls);
  const place = { host, port, isSecure: tls !== undefined };
  return writeConnectionFile(path, {
    url: schedulerUrlFor(place, certified, addresses),
    token,
    ...(tls === undefined ? {} : { ca: tls.ca }),
    pid: process.pid,
    id: randomUUID(),
  });
}
