import type {
  CommandSettings,
  FoundScheduler,
  SettingName,
  WorkersPlan,
} from "@millrace/distributed/command";
import {
  WorkerRun,
  addressOf,
  checkBind,
  checkLocalDirectory,
  createLog,
  exitCodes,
  findScheduler,
  ownAddressTowards,
  packageVersion,
  writePidFile,
} from "@millrace/distributed/command";
import { Command } from "commander";
import type { WorkersAround } from "./nannies.ts";
import { inOneLine, planHere, startNannies, workerOptions } from "./nannies.ts";
import { addSettings, settingsOf } from "./options.ts";
import { readyLine } from "./ready-line.ts";
import type { World } from "./world.ts";
import { exit } from "./world.ts";

/** `millrace worker`: workers and their nannies, until they are told to end. */
export function workerCommand(world: World, ended: (code: number) => void): Command {
  const command = new Command("worker")
    .description("Start workers. They are started again when they die.")
    .argument("[url]", "the address of the scheduler, such as ws://127.0.0.1:8786");
  const flags: SettingName[] = [
    "schedulerFile",
    "token",
    "tlsCa",
    "tlsCert",
    "tlsKey",
    "nworkers",
    "nthreads",
    "memoryLimit",
    "localDirectory",
    "resources",
    "name",
    "host",
    "insecureNetwork",
    "deathTimeout",
    "terminateTimeout",
    "lifetime",
    "lifetimeStagger",
    "lifetimeRestart",
    "pidFile",
    "json",
  ];
  addSettings(command, flags, {
    host: "where peers find it; its address on the way to the scheduler unless told otherwise",
  });
  command.option("--no-nanny", "be the worker itself, which nobody starts again");
  return command.action(async (url: string | undefined) => {
    const { settings, isTyped } = await settingsOf(command);
    const log = createLog({ write: world.err, json: settings.json ?? false });
    if (isTyped("token")) log.warn("token in arguments", { instead: "MILLRACE_TOKEN" });
    const plan = planHere(settings);
    const typed = { url, isFileTyped: isTyped("schedulerFile") };
    const scheduler = await findScheduler(settings, typed, (message) => log.warn(message));
    await checkLocalDirectory(plan.localDirectory);
    const host = await hostFor(settings, scheduler);
    const { pidFile } = settings;
    const removePidFile = pidFile === undefined ? undefined : writePidFile(pidFile);
    try {
      const workers = { plan, scheduler, host, log, json: settings.json ?? false, world };
      ended(await (plan.hasNanny ? runNannies(workers) : runAlone(workers)));
    } finally {
      removePidFile?.();
    }
  });
}

type Workers = WorkersAround & { readonly scheduler: FoundScheduler };

/** Where peers find the workers: on the way to the scheduler, unless told otherwise. */
async function hostFor(settings: CommandSettings, scheduler: FoundScheduler): Promise<string> {
  const { address, family } = await addressOf("scheduler", scheduler.host);
  const host = settings.host ?? (await ownAddressTowards(address, family));
  checkBind(host, { ...scheduler, insecureNetwork: settings.insecureNetwork ?? false });
  return host;
}

async function runNannies(workers: Workers): Promise<number> {
  const { plan, scheduler, log, json, world } = workers;
  const nannies = startNannies(workers);
  let isKilled = false;
  const unlisten = world.onStop((count) => {
    isKilled = count > 1;
    log.info("workers end", { how: isKilled ? "at once" : "by retiring" });
    nannies.end(isKilled ? "kill" : "retire");
  });
  const ready = nannies.ready.then(() => world.out(readyWorkers(json, plan, scheduler)));
  await Promise.race([ready, nannies.ended]);
  const code = await nannies.ended;
  unlisten();
  return isKilled ? exit.interrupted : code;
}

async function runAlone(workers: Workers): Promise<number> {
  const { plan, scheduler, log, json, world } = workers;
  const options = workerOptions(workers, plan.names[0] ?? "");
  let isReady = false;
  const run = new WorkerRun(world.startWorker, { ...options, log }, () => {
    isReady = true;
    world.out(readyWorkers(json, plan, scheduler));
  });
  let timer: NodeJS.Timeout | undefined;
  let unlisten = (): void => undefined;
  const interrupted = new Promise<number>((resolve) => {
    unlisten = world.onStop((count) => {
      if (count > 1) {
        resolve(exit.interrupted);
        return;
      }
      log.info("worker ends", { how: "by retiring" });
      timer = setTimeout(() => {
        // As a nanny would: it was told to end, and so it does.
        log.warn("worker killed", { reason: "it did not end when asked to" });
        resolve(exit.fine);
      }, plan.nanny.terminateMs);
      void run.retire();
    });
  });
  const outcome = await Promise.race([run.ended, interrupted]);
  unlisten();
  clearTimeout(timer);
  if (typeof outcome === "number") return outcome;
  if (outcome.exitCode === exitCodes.done) return exit.fine;
  world.err(`millrace: worker ${options.name}: ${inOneLine(outcome.reason)}\n`);
  return isReady && outcome.exitCode === exitCodes.schedulerLost ? exit.failed : exit.refused;
}

function readyWorkers(json: boolean, plan: WorkersPlan, { url }: FoundScheduler): string {
  const { names, threads, memoryBytesMax } = plan;
  const count = names.length === 1 ? `worker ${names[0]}` : `${names.length} workers`;
  return readyLine(json, `millrace worker ready: ${count} of ${threads} threads at ${url}`, {
    kind: "worker",
    scheduler: url,
    pid: process.pid,
    names,
    threads,
    memoryBytesMax,
    version: packageVersion,
  });
}
