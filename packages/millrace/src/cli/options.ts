import type { CommandSettings, FoundSetting, SettingName } from "@millrace/distributed/command";
import {
  checkSetting,
  kebab,
  loadEverySetting,
  settingOf,
  settingsIn,
} from "@millrace/distributed/command";
import type { Command } from "commander";
import { Option } from "commander";

/** A setting as an option: what stands behind its flag, and what it does. */
type Flag = readonly [value: string | undefined, what: string];

const flags: Readonly<Partial<Record<SettingName, Flag>>> = {
  host: ["host", "where to listen; loopback unless told otherwise"],
  port: ["port", "8786 unless told otherwise; 0 for any that is free"],
  scheduler: ["url", "the address of a scheduler, such as ws://127.0.0.1:8786"],
  token: [
    "token",
    "who has it may run code; seen by others of this machine, so better MILLRACE_TOKEN",
  ],
  schedulerFile: ["path", "the file by which others find the scheduler, with its token"],
  tlsCa: ["path", "PEM file of who vouches for others"],
  tlsCert: ["path", "PEM file of the own certificate"],
  tlsKey: ["path", "PEM file of the own key"],
  insecureNetwork: [
    undefined,
    "listen off loopback without TLS or token: whoever comes may run code",
  ],
  allowedHosts: ["names", "further names by which the scheduler may be called, with commas"],
  idleTimeout: ["duration", "end when no client was there for so long"],
  noWorkersTimeout: ["duration", "how long a task waits for a worker that may run it"],
  pidFile: ["path", "a file for the number of this process"],
  json: [undefined, "write lines of JSON"],
  nthreads: ["count", "task threads of each worker, or auto"],
  nworkers: ["count", "workers, each a process, or auto; 1 unless told otherwise"],
  memoryLimit: ["size", "for each worker, such as 2GiB; auto is its share of the machine"],
  localDirectory: ["path", "a folder for values that do not fit into memory"],
  resources: ["amounts", "what tasks may ask for, such as gpu=2,disk=1"],
  name: ["name", "what the worker is called"],
  deathTimeout: ["duration", "how long to go on without a scheduler; 60s unless told otherwise"],
  terminateTimeout: ["duration", "how long a worker may take to retire; 30s unless told otherwise"],
  lifetime: ["duration", "retire the worker after so long"],
  lifetimeStagger: ["duration", "by chance so much longer or shorter"],
  lifetimeRestart: [undefined, "start a new worker after one that has retired so"],
};

/**
 * Options of a command, in the order of their help.
 *
 * @param others - what a flag does where it does something else for this command
 */
export function addSettings(
  command: Command,
  names: readonly SettingName[],
  others: Readonly<Partial<Record<SettingName, string>>> = {},
): Command {
  for (const name of names) {
    const [value, usual] = flags[name] ?? [undefined, ""];
    const what = others[name] ?? usual;
    const suffix = value === undefined ? "" : ` <${value}>`;
    command.addOption(new Option(`--${kebab(name)}${suffix}`, what));
  }
  return command;
}

/** What is set for a command, each with its source: by its flags, else as for everything. */
export async function everySetting(command: Command): Promise<readonly FoundSetting[]> {
  const typed: FoundSetting[] = [];
  for (const option of command.options) {
    const name = option.attributeName() as SettingName;
    if (command.getOptionValueSource(name) !== "cli") continue;
    const said = command.getOptionValue(name) as string | boolean;
    const source = option.negate ? `--no-${kebab(name)}` : `--${kebab(name)}`;
    const value = typeof said === "string" ? settingOf(name, said) : said;
    checkSetting(source, name, value);
    typed.push({ name, value, source });
  }
  const found = new Map<string, FoundSetting>();
  for (const each of [...(await loadEverySetting()), ...typed]) found.set(each.name, each);
  return [...found.values()];
}

/** The settings of a command, and whether a flag was typed. */
export async function settingsOf(
  command: Command,
): Promise<{ settings: CommandSettings; isTyped: (name: SettingName) => boolean }> {
  const settings = settingsIn(await everySetting(command));
  return { settings, isTyped: (name) => command.getOptionValueSource(name) === "cli" };
}
