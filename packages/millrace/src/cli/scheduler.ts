import { createLog, packageVersion, writePidFile } from "@millrace/distributed/command";
import { Command } from "commander";
import type { OpenScheduler, SchedulerOptions } from "./open-scheduler.ts";
import { openScheduler, pageLine, schedulerOptions } from "./open-scheduler.ts";
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
    const options = await schedulerOptions(settings, isTyped, log);
    const removePidFile = pidFile === undefined ? undefined : writePidFile(pidFile);
    try {
      ended(await serve(options, json, world));
    } finally {
      removePidFile?.();
    }
  });
}

async function serve(options: SchedulerOptions, json: boolean, world: World): Promise<number> {
  let open: OpenScheduler | undefined;
  let stopCount = 0;
  let interrupt: (reason: string) => void = () => undefined;
  const interrupted = new Promise<string>((resolve) => {
    interrupt = resolve;
  });
  // Before anybody can know that it is there, so that nobody ends it in another way.
  const unlisten = world.onStop((count) => {
    stopCount = count;
    if (count > 1) interrupt("it was interrupted");
    else void open?.scheduler.close("it was told to end");
  });
  try {
    open = await openScheduler(options, world);
    if (stopCount === 0) world.out(readyScheduler(json, open, options));
    else void open.scheduler.close("it was told to end");
    const reason = await Promise.race([open.scheduler.ended, interrupted]);
    options.log.info("scheduler ended", { reason });
    return stopCount > 1 ? exit.interrupted : exit.fine;
  } finally {
    unlisten();
    open?.removeFile();
  }
}

function readyScheduler(
  json: boolean,
  { scheduler, path }: OpenScheduler,
  options: SchedulerOptions,
): string {
  const { url } = scheduler;
  const text = `millrace scheduler ready at ${url}, found by ${path}`;
  return readyLine(json, text + pageLine(scheduler, options), {
    kind: "scheduler",
    url,
    pid: process.pid,
    schedulerFile: path,
    version: packageVersion,
  });
}
