import { availableParallelism, hostname, tmpdir } from "node:os";
import { realpathSync } from "node:fs";
import type {
  CommandSettings,
  FoundScheduler,
  Log,
  NannyEnd,
  SentWorkerOptions,
  WorkersPlan,
} from "@millrace/distributed/command";
import {
  Nanny,
  WorkerRun,
  addressOf,
  checkBind,
  checkLocalDirectory,
  createLog,
  exitCodes,
  findScheduler,
  memoryOfMachine,
  ownAddressTowards,
  packageVersion,
  planWorkers,
  writePidFile,
} from "@millrace/distributed/command";
import { Command } from "commander";
import { addSettings, settingsOf } from "./options.ts";
import { readyLine } from "./ready-line.ts";
import type { World } from "./world.ts";
import { exit } from "./world.ts";

/** `millrace worker`: workers and their nannies, until they are told to end. */
export function workerCommand(world: World, ended: (code: number) => void): Command {
  const command = new Command("worker")
    .description("Start workers. They are started again when they die.")
    .argument("[url]", "the address of the scheduler, such as ws://127.0.0.1:8786");
  addSettings(command, [
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
  ]);
  command.option("--no-nanny", "be the worker itself, which nobody starts again");
  return command.action(async (url: string | undefined) => {
    const { settings, isTyped } = await settingsOf(command);
    const log = createLog({ write: world.err, json: settings.json ?? false });
    if (isTyped("token")) log.warn("token in arguments", { instead: "MILLRACE_TOKEN" });
    const plan = planWorkers(settings, {
      cores: availableParallelism(),
      memoryBytes: memoryOfMachine(),
      name: hostname(),
      pid: process.pid,
      temporary: realpathSync(tmpdir()),
    });
    const typed = { url, isFileTyped: isTyped("schedulerFile") };
    const scheduler = await findScheduler(settings, typed, (message) => log.warn(message));
    await checkLocalDirectory(plan.localDirectory);
    const host = await hostFor(settings, scheduler);
    const { pidFile } = settings;
    const removePidFile = pidFile === undefined ? undefined : writePidFile(pidFile);
    try {
      const workers = { plan, scheduler, log, json: settings.json ?? false, world };
      const options = plan.names.map((name) => optionsOf(plan, scheduler, name, host));
      const run = plan.hasNanny ? runNannies : runAlone;
      ended(await run(workers, options));
    } finally {
      removePidFile?.();
    }
  });
}

interface Workers {
  readonly plan: WorkersPlan;
  readonly scheduler: FoundScheduler;
  readonly log: Log;
  readonly json: boolean;
  readonly world: World;
}

/** Where peers find the workers: on the way to the scheduler, unless told otherwise. */
async function hostFor(settings: CommandSettings, scheduler: FoundScheduler): Promise<string> {
  const { address, family } = await addressOf("scheduler", scheduler.host);
  const host = settings.host ?? (await ownAddressTowards(address, family));
  checkBind(host, { ...scheduler, insecureNetwork: settings.insecureNetwork ?? false });
  return host;
}

function optionsOf(
  plan: WorkersPlan,
  { url, token, tls }: FoundScheduler,
  name: string,
  host: string,
): SentWorkerOptions {
  const { threads, memoryBytesMax, localDirectory, resources, deathTimeoutMs } = plan;
  return {
    scheduler: url,
    token,
    ...(tls === undefined ? {} : { tls }),
    name,
    threads,
    memoryBytesMax,
    localDirectory,
    resources,
    host,
    deathTimeoutMs,
  };
}

async function runNannies(
  { plan, scheduler, log, json, world }: Workers,
  options: readonly SentWorkerOptions[],
): Promise<number> {
  const nannies = options.map((worker) =>
    Nanny.start({
      worker,
      settings: plan.nanny,
      log,
      json,
      output: (chunk) => world.err(chunk.toString("utf8")),
      ...(world.workerMain === undefined ? {} : { main: world.workerMain }),
    }),
  );
  let isKilled = false;
  const unlisten = world.onStop((count) => {
    isKilled = count > 1;
    log.info("workers end", { how: isKilled ? "at once" : "by retiring" });
    for (const nanny of nannies) void (isKilled ? nanny.kill() : nanny.retire());
  });
  let isReady = false;
  const ready = Promise.all(nannies.map((nanny) => nanny.ready)).then(() => {
    isReady = true;
    world.out(readyWorkers(json, plan, scheduler));
  });
  const ends = Promise.all(nannies.map((nanny) => nanny.ended));
  await Promise.race([ready, ends]);
  const codes = (await ends).map((end, index) => codeOf(end, isReady, plan.names[index], world));
  unlisten();
  return isKilled ? exit.interrupted : Math.max(...codes);
}

/** What the end of a worker means for the command; one that is no good is told. */
function codeOf(end: NannyEnd, isReady: boolean, name: string | undefined, world: World): number {
  switch (end.kind) {
    case "retired":
    case "closed":
    case "killed":
      return exit.fine;
    case "refused":
    case "not-started":
      world.err(`millrace: worker ${name}: ${inOneLine(end.reason)}\n`);
      return exit.refused;
    case "scheduler-lost":
      world.err(`millrace: worker ${name}: ${inOneLine(end.reason)}\n`);
      return isReady ? exit.failed : exit.refused;
    case "died":
    case "gave-up":
      world.err(`millrace: worker ${name} is given up: ${inOneLine(end.reason)}\n`);
      return exit.failed;
  }
}

async function runAlone(
  { plan, scheduler, log, json, world }: Workers,
  [options]: readonly SentWorkerOptions[],
): Promise<number> {
  if (options === undefined) return exit.fine;
  let isReady = false;
  const run = new WorkerRun(world.startWorker, { ...options, log }, () => {
    isReady = true;
    world.out(readyWorkers(json, plan, scheduler));
  });
  let timer: NodeJS.Timeout | undefined;
  let unlisten = (): void => undefined;
  const interrupted = new Promise<undefined>((resolve) => {
    unlisten = world.onStop((count) => {
      if (count > 1) {
        resolve(undefined);
        return;
      }
      log.info("worker ends", { how: "by retiring" });
      timer = setTimeout(() => resolve(undefined), plan.nanny.terminateMs);
      void run.retire();
    });
  });
  const outcome = await Promise.race([run.ended, interrupted]);
  unlisten();
  clearTimeout(timer);
  if (outcome === undefined) return exit.interrupted;
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

function inOneLine(reason: string): string {
  return reason.replaceAll(/\s*\n\s*/g, " | ");
}
