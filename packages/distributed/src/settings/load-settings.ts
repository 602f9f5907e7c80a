import type { Settings } from "@millrace/graph";
import { settingNames, takeSettings } from "@millrace/graph";
import type { CommandSettings, SettingName } from "./command-settings.ts";
import { checkSetting, everySettingName, settingOf, variableOf } from "./command-settings.ts";
import type { FoundSetting } from "./settings-file.ts";
import { readSettingsFile, settingsFile } from "./settings-file.ts";

/**
 * What is set for the executors of this process: by `configure`, else by `MILLRACE_…` variables,
 * else in a YAML file. The file is the one that `MILLRACE_CONFIG` names, else `millrace.yaml` in
 * the working directory, else `millrace/millrace.yaml` in the user's folder for configurations.
 *
 * Whatever else these set, for the commands, must be right too.
 *
 * @throws ConfigError `distributed/config` with the variable, or the file and line
 */
export async function loadSettings(): Promise<Settings> {
  const found = await loadEverySetting();
  const known = found.filter(({ name }) => (settingNames as readonly string[]).includes(name));
  return settingsIn(known);
}

/**
 * Everything that is set, each once and with its source: what counts more stands in for what
 * counts less.
 *
 * @throws ConfigError `distributed/config` with the variable, or the file and line
 */
export async function loadEverySetting(): Promise<readonly FoundSetting[]> {
  warnOfUnknownVariables();
  const path = settingsFile();
  const inFile = path === undefined ? [] : await readSettingsFile(path);
  const configured = Object.entries(takeSettings()).map(([name, value]) => ({
    name: name as SettingName,
    value: value as unknown,
    source: "configure",
  }));
  const found = new Map<string, FoundSetting>();
  for (const each of [...inFile, ...fromEnvironment(), ...configured]) found.set(each.name, each);
  return [...found.values()];
}

/** The settings themselves. */
export function settingsIn(found: readonly FoundSetting[]): CommandSettings {
  return Object.fromEntries(found.map(({ name, value }) => [name, value]));
}

function warnOfUnknownVariables(): void {
  const known = ["MILLRACE_CONFIG", ...everySettingName.map(variableOf)];
  for (const variable of Object.keys(process.env)) {
    if (!variable.startsWith("MILLRACE_") || known.includes(variable)) continue;
    process.emitWarning(
      `${variable} is no setting and not used, wanted one of ${known.join(", ")}.`,
      { code: "MILLRACE" },
    );
  }
}

function fromEnvironment(): FoundSetting[] {
  const found: FoundSetting[] = [];
  for (const name of everySettingName) {
    const source = variableOf(name);
    const text = process.env[source];
    if (text === undefined || text === "") continue;
    const value = settingOf(name, text);
    checkSetting(source, name, value);
    found.push({ name, value, source });
  }
  return found;
}
