import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Settings } from "@millrace/graph";
import { checkSettings, settingNames, takeSettings } from "@millrace/graph";
import { ConfigError } from "../errors.ts";

/**
 * What is set for this process: by `configure`, else by `MILLRACE_…` variables, else in a YAML
 * file. The file is the one that `MILLRACE_CONFIG` names, else `millrace.yaml` in the working
 * directory, else `millrace/millrace.yaml` in the user's folder for configurations.
 *
 * @throws ConfigError `distributed/config` with the variable, or the file and line
 */
export async function loadSettings(): Promise<Settings> {
  warnOfUnknownVariables();
  const path = configPath();
  const file = path === undefined ? {} : await fromFile(path);
  return { ...file, ...fromEnvironment(), ...takeSettings() };
}

function warnOfUnknownVariables(): void {
  const known = ["MILLRACE_CONFIG", ...settingNames.map(variableOf)];
  for (const variable of Object.keys(process.env)) {
    if (!variable.startsWith("MILLRACE_") || known.includes(variable)) continue;
    process.emitWarning(
      `${variable} is no setting and not used, wanted one of ${known.join(", ")}.`,
      { code: "MILLRACE" },
    );
  }
}

function configPath(): string | undefined {
  const named = process.env["MILLRACE_CONFIG"];
  if (named !== undefined && named !== "") {
    if (existsSync(named)) return named;
    throw new ConfigError(
      `MILLRACE_CONFIG: there is no such file, got '${named}', wanted the path of a YAML file.`,
    );
  }
  const folder = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  return ["millrace.yaml", join(folder, "millrace", "millrace.yaml")].find(existsSync);
}

function fromEnvironment(): Settings {
  const found: [string, unknown][] = [];
  for (const name of settingNames) {
    const variable = variableOf(name);
    const text = process.env[variable];
    if (text === undefined || text === "") continue;
    // A folder may have the name of a number.
    const value = name === "localDirectory" ? text : valueOf(text);
    check(variable, { [name]: value });
    found.push([name, value]);
  }
  return Object.fromEntries(found);
}

/** `memoryLimit` is MILLRACE_MEMORY_LIMIT. */
function variableOf(name: string): string {
  return `MILLRACE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Numbers and objects are written as in JSON; everything else is text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function fromFile(path: string): Promise<Settings> {
  // Whoever has no such file does not wait for the parser.
  const { LineCounter, isMap, isScalar, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(textOf(path), { lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new ConfigError(`${path}: ${problem.message}`, { cause: problem });
  if (document.contents === null) return {};
  if (!isMap(document.contents)) {
    throw new ConfigError(`${path}: it holds no settings, wanted lines such as 'threads: 4'.`);
  }
  const found: [string, unknown][] = [];
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : "";
    const line = isScalar(key) ? lines.linePos(key.range?.[0] ?? 0).line : 1;
    const setting = settingNames.find((known) => kebab(known) === name) ?? name;
    const plain = (value as { toJSON(): unknown } | null)?.toJSON();
    check(`${path}:${line}`, { [setting]: plain });
    found.push([setting, plain]);
  }
  return Object.fromEntries(found);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { message } = error as Error;
    throw new ConfigError(`${path}: it cannot be read: ${message}`, { cause: error });
  }
}

/** `memoryLimit` is memory-limit. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function check(where: string, settings: Record<string, unknown>): void {
  try {
    checkSettings(where, settings);
  } catch (error) {
    throw new ConfigError((error as Error).message, { cause: error });
  }
}
