import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { SchedulerAddress } from "@millrace/distributed/command";
import {
  ConfigError,
  LocalCluster,
  checkLocalDirectory,
  createLog,
  findScheduler,
} from "@millrace/distributed/command";
import { Command } from "commander";
import { planHere } from "./nannies.ts";
import { addSettings, settingsOf } from "./options.ts";
import type { StopSignal, World } from "./world.ts";
import { exit, exitOf } from "./world.ts";

/** `millrace run`: a script whose collections are computed on a cluster. */
export function runCommand(world: World, ended: (code: number) => void): Command {
  const command = new Command("run")
    .description("Run a script on a cluster: that which is named, else one of its own.")
    .argument("<script>", "a module that node can run")
    .argument("[args...]", "what it finds in process.argv")
    // What stands behind the script belongs to it.
    .passThroughOptions();
  addSettings(command, [
    "scheduler",
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
  ]);
  return command.action(async (script: string, args: readonly string[]) => {
    const { settings, isTyped } = await settingsOf(command);
    const log = createLog({ write: world.err, level: "warn" });
    if (isTyped("token")) log.warn("token in arguments", { instead: "MILLRACE_TOKEN" });
    checkScript(script);
    const argv = [script, ...args];
    if (settings.scheduler !== undefined || settings.schedulerFile !== undefined) {
      const typed = { url: settings.scheduler, isFileTyped: isTyped("schedulerFile") };
      // What was typed counts more than what is set.
      if (typed.isFileTyped && !isTyped("scheduler")) typed.url = undefined;
      const warn = (message: string): void => log.warn(message);
      ended(await runScript(argv, await findScheduler(settings, typed, warn), world));
      return;
    }
    const { names, threads, memoryBytesMax, localDirectory, resources } = planHere({
      nworkers: "auto",
      ...settings,
      nanny: true,
    });
    await checkLocalDirectory(localDirectory);
    await using cluster = await LocalCluster.start({
      workers: names.length,
      threadsPerWorker: threads,
      memoryLimit: memoryBytesMax,
      localDirectory,
      resources,
      log,
    });
    ended(await runScript(argv, cluster.scheduler, world));
  });
}

function checkScript(script: string): void {
  const found = statSync(script, { throwIfNoEntry: false });
  if (found?.isFile() === true) return;
  const what = found === undefined ? "there is no such file" : "it is no file";
  throw new ConfigError(
    `run: ${what}, got ${JSON.stringify(script)}, wanted the path of a script. Correct it.`,
  );
}

/** Runs a script to its end, and gives its exit code. */
async function runScript(
  argv: readonly string[],
  { url, token, tls }: SchedulerAddress,
  { onStop }: World,
): Promise<number> {
  const main = fileURLToPath(new URL("./script-main.js", import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, "--import", main, ...argv], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
  });
  // What lets in stands in no argument and in no variable, which all that it starts would see.
  const pipe = child.stdio[3] as Writable;
  // A script that ends before it has read is told by its exit.
  pipe.on("error", () => undefined);
  pipe.end(JSON.stringify({ url, token, tls }));
  let said: StopSignal | undefined;
  // A terminal sends the script its own signal too, and shall not seem to have sent two.
  const unlisten = onStop((count, signal) => {
    said ??= signal;
    child.kill(count > 1 ? "SIGKILL" : "SIGTERM");
  });
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    const ended = code ?? (signal === null ? exit.failed : exitOf(signal));
    // It ended by the signal of this command, which stands for that of the user.
    return said !== undefined && ended === exitOf("SIGTERM") ? exitOf(said) : ended;
  } finally {
    unlisten();
  }
}
