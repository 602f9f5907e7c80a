import {
  checkLocalDirectory,
  createLog,
  packageVersion,
  writePidFile,
} from "@millrace/distributed/command";
import type { Log, WorkersPlan } from "@millrace/distributed/command";
import { Command } from "commander";
import type { Nannies } from "./nannies.ts";
import { planHere, startNannies } from "./nannies.ts";
import type { OpenScheduler, SchedulerOptions } from "./open-scheduler.ts";
import { openScheduler, pageLine, schedulerOptions } from "./open-scheduler.ts";
import { addSettings, settingsOf } from "./options.ts";
import { readyLine } from "./ready-line.ts";
import type { World } from "./world.ts";
import { exit } from "./world.ts";

const loopback = "127.0.0.1";

/** `millrace cluster`: a scheduler and workers of this machine, until it is told to end. */
export function clusterCommand(world: World, ended: (code: number) => void): Command {
  const command = new Command("cluster").description(
    "Start a scheduler and workers on this machine. Clients of this user find them by its file.",
  );
  addSettings(command, [
    "port",
    "token",
    "schedulerFile",
    "nworkers",
    "nthreads",
    "memoryLimit",
    "localDirectory",
    "resources",
    "name",
    "idleTimeout",
    "noWorkersTimeout",
    "pidFile",
    "json",
  ]);
  return command.action(async () => {
    const { settings, isTyped } = await settingsOf(command);
    const { json = false, pidFile, port, token, schedulerFile } = settings;
    const { idleTimeout, noWorkersTimeout } = settings;
    const log = createLog({ write: world.err, json });
    // Nobody else reaches it, so that what is set for a network is not for this one.
    const own = { port, token, schedulerFile, idleTimeout, noWorkersTimeout };
    const said = Object.entries(own).filter(([, value]) => value !== undefined);
    const options = await schedulerOptions(Object.fromEntries(said), isTyped, log);
    const plan = planHere({ nworkers: "auto", ...settings, nanny: true });
    await checkLocalDirectory(plan.localDirectory);
    const removePidFile = pidFile === undefined ? undefined : writePidFile(pidFile);
    try {
      ended(await runCluster({ options, plan, log, json, world }));
    } finally {
      removePidFile?.();
    }
  });
}

interface ClusterParts {
  readonly options: SchedulerOptions;
  readonly plan: WorkersPlan;
  readonly log: Log;
  readonly json: boolean;
  readonly world: World;
}

async function runCluster(parts: ClusterParts): Promise<number> {
  const { options, plan, log, json, world } = parts;
  let open: OpenScheduler | undefined;
  let nannies: Nannies | undefined;
  let stopCount = 0;
  const unlisten = world.onStop((count) => {
    stopCount = count;
    log.info("cluster ends", { how: count > 1 ? "at once" : "with its workers" });
    // There will be nobody to whom values could be handed over.
    nannies?.end(count > 1 ? "kill" : "close");
  });
  try {
    open = await openScheduler(options, world);
    const { scheduler } = open;
    if (stopCount > 0) return exit.fine;
    const place = { url: scheduler.url, token: options.token, tls: undefined };
    nannies = startNannies({ plan, scheduler: place, host: loopback, log, json, world });
    // It may have nothing to do for long enough.
    void scheduler.ended.then((reason) => {
      log.info("scheduler ended", { reason });
      nannies?.end("close");
    });
    const readily = nannies.ready.then(() => world.out(readyCluster(parts, open as OpenScheduler)));
    await Promise.race([readily, nannies.ended]);
    const code = await nannies.ended;
    return stopCount > 1 ? exit.interrupted : code;
  } finally {
    unlisten();
    open?.removeFile();
    await open?.scheduler.close("the cluster has ended");
  }
}

function readyCluster(
  { options, plan, json }: ClusterParts,
  { scheduler, path }: OpenScheduler,
): string {
  const { url } = scheduler;
  const { names, threads, memoryBytesMax } = plan;
  const workers = `${names.length} ${names.length === 1 ? "worker" : "workers"}`;
  const text =
    `millrace cluster ready: ${workers} of ${threads} threads at ${url}, found by ${path}` +
    pageLine(scheduler, options);
  return readyLine(json, text, {
    kind: "cluster",
    url,
    pid: process.pid,
    schedulerFile: path,
    names,
    threads,
    memoryBytesMax,
    version: packageVersion,
  });
}
