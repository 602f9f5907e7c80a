import type { ClusterInfo } from "@millrace/distributed/command";
import {
  ApiReader,
  addressOf,
  clusterInfo,
  createLog,
  escapeControls,
  findScheduler,
} from "@millrace/distributed/command";
import { Command } from "commander";
import { addSettings, settingsOf } from "./options.ts";
import type { World } from "./world.ts";

const MIB = 2 ** 20;

/** `millrace status`: which workers a scheduler has. */
export function statusCommand(world: World): Command {
  const command = new Command("status")
    .description("Show the workers of a scheduler.")
    .argument("[url]", "the address of the scheduler, such as ws://127.0.0.1:8786");
  addSettings(command, ["schedulerFile", "token", "tlsCa", "tlsCert", "tlsKey", "json"]);
  return command.action(async (url: string | undefined) => {
    const { settings, isTyped } = await settingsOf(command);
    const log = createLog({ write: world.err, json: settings.json ?? false });
    const typed = { url, isFileTyped: isTyped("schedulerFile") };
    const scheduler = await findScheduler(settings, typed, (message) => log.warn(message));
    await addressOf("scheduler", scheduler.host);
    const status = await clusterInfo(new ApiReader(scheduler, "status"));
    world.out(settings.json === true ? `${JSON.stringify(status)}\n` : textOf(status));
  });
}

function textOf(info: ClusterInfo): string {
  const { url, version, startedMs, nowMs, clientCount, workers } = info;
  const upSeconds = Math.round((nowMs - startedMs) / 1_000);
  const threads = workers.reduce((sum, worker) => sum + worker.threads, 0);
  const head =
    `scheduler ${version} at ${url}, up ${upSeconds} s: ${workers.length} workers, ` +
    `${threads} threads, ${clientCount} clients`;
  const lines = workers.map((worker) => {
    const amounts = Object.entries(worker.resources).map(([name, { total }]) => `${name}=${total}`);
    const memory = `${Math.round(worker.memoryBytesMax / MIB)} MiB`;
    return ["  " + worker.name, `${worker.threads} threads`, memory, ...amounts].join("  ");
  });
  return `${[head, ...lines].map(escapeControls).join("\n")}\n`;
}
