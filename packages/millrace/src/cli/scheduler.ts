import { randomUUID } from "node:crypto";
import { networkInterfaces } from "node:os";
import type {
  ConnectionFile,
  RunningScheduler,
  SchedulerPlan,
  SchedulerServerOptions,
} from "@millrace/distributed/command";
import {
  bindError,
  certifiedNames,
  checkBind,
  createLog,
  createToken,
  defaultConnectionFile,
  isRunning,
  isWeak,
  makeConnectionFolder,
  packageVersion,
  planScheduler,
  readConnectionFile,
  readTls,
  schedulerUrlFor,
  writeConnectionFile,
  writePidFile,
} from "@millrace/distributed/command";
import { Command } from "commander";
import { addSettings, settingsOf } from "./options.ts";
import { readyLine } from "./ready-line.ts";
import type { World } from "./world.ts";
import { exit } from "./world.ts";

/** `millrace scheduler`: a scheduler that listens until it is told to end. */
export function schedulerCommand(world: World, ended: (code: number) => void): Command {
  const command = new Command("scheduler").description(
    "Start a scheduler. Workers and clients of this user find it by its connection file.",
  );
  addSettings(command, [
    "host",
    "port",
    "token",
    "schedulerFile",
    "tlsCa",
    "tlsCert",
    "tlsKey",
    "allowedHosts",
    "insecureNetwork",
    "idleTimeout",
    "noWorkersTimeout",
    "pidFile",
    "json",
  ]);
  return command.action(async () => {
    const { settings, isTyped } = await settingsOf(command);
    const { json = false, pidFile } = settings;
    const log = createLog({ write: world.err, json });
    const plan = planScheduler(settings);
    const warn = (message: string): void => log.warn(message);
    const tls = plan.tlsFiles === undefined ? undefined : await readTls(plan.tlsFiles, warn);
    if (isTyped("token")) log.warn("token in arguments", { instead: "MILLRACE_TOKEN" });
    const token = plan.token ?? createToken();
    if (isWeak(token)) log.warn("weak token", { wanted: "16 characters or more" });
    const { host, port, insecureNetwork, hosts, idleTimeoutMs, noWorkersTimeoutMs } = plan;
    checkBind(host, { token, tls, insecureNetwork });
    const removePidFile = pidFile === undefined ? undefined : writePidFile(pidFile);
    try {
      const options = {
        host,
        port,
        token,
        tls,
        hosts,
        log,
        settings: { noWorkersTimeoutMs },
        ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      };
      ended(await serve(options, plan, json, world));
    } finally {
      removePidFile?.();
    }
  });
}

async function serve(
  options: SchedulerServerOptions & { readonly token: string },
  plan: SchedulerPlan,
  json: boolean,
  world: World,
): Promise<number> {
  let scheduler: RunningScheduler | undefined;
  let stopCount = 0;
  let interrupt: (reason: string) => void = () => undefined;
  const interrupted = new Promise<string>((resolve) => {
    interrupt = resolve;
  });
  // Before anybody can know that it is there, so that nobody ends it in another way.
  const unlisten = world.onStop((count) => {
    stopCount = count;
    if (count > 1) interrupt("it was interrupted");
    else void scheduler?.close("it was told to end");
  });
  let file: ConnectionFile | undefined;
  // An exit that nobody foresaw must not leave a token behind.
  const removeFile = (): void => file?.remove();
  process.on("exit", removeFile);
  try {
    scheduler = await listening(options, world);
    file = await connectionFile(scheduler, options, plan);
    if (stopCount === 0) world.out(readyScheduler(json, scheduler, file));
    else void scheduler.close("it was told to end");
    const reason = await Promise.race([scheduler.ended, interrupted]);
    options.log.info("scheduler ended", { reason });
    return stopCount > 1 ? exit.interrupted : exit.fine;
  } finally {
    unlisten();
    process.off("exit", removeFile);
    removeFile();
    // Where the file cannot be written, nobody would find it.
    if (file === undefined) await scheduler?.close();
  }
}

function readyScheduler(
  json: boolean,
  { url }: RunningScheduler,
  { path }: ConnectionFile,
): string {
  return readyLine(json, `millrace scheduler ready at ${url}, found by ${path}`, {
    kind: "scheduler",
    url,
    pid: process.pid,
    schedulerFile: path,
    version: packageVersion,
  });
}

async function listening(
  options: SchedulerServerOptions,
  { startScheduler }: World,
): Promise<RunningScheduler> {
  try {
    return await startScheduler(options);
  } catch (error) {
    throw bindError(error, { ...options, pid: await schedulerOn(options.port) });
  }
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
  { host, tls, token }: SchedulerServerOptions & { readonly token: string },
  { schedulerFile }: SchedulerPlan,
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
