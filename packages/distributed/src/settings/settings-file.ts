import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../errors.ts";
import type { SettingName } from "./command-settings.ts";
import { checkSetting, everySettingName, kebab, settingOf } from "./command-settings.ts";

/** A setting and where it was found: a variable, or a file and line. */
export interface FoundSetting {
  readonly name: SettingName;
  readonly value: unknown;
  readonly source: string;
}

/** The file that `MILLRACE_CONFIG` names, that of the working directory, or that of the user. */
export function settingsFile(): string | undefined {
  const named = process.env["MILLRACE_CONFIG"];
  if (named !== undefined && named !== "") {
    if (existsSync(named)) return named;
    throw new ConfigError(
      `MILLRACE_CONFIG: there is no such file, got '${named}', wanted the path of a YAML file. Correct it.`,
    );
  }
  const folder = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  return ["millrace.yaml", join(folder, "millrace", "millrace.yaml")].find(existsSync);
}

/**
 * The settings of a YAML file.
 *
 * @throws ConfigError `distributed/config` with file and line
 */
export async function readSettingsFile(path: string): Promise<readonly FoundSetting[]> {
  // Whoever has no such file does not wait for the parser.
  const { LineCounter, isMap, isNode, isScalar, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(textOf(path), { lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new ConfigError(`${path}: ${problem.message}`, { cause: problem });
  if (document.contents === null) return [];
  if (!isMap(document.contents)) {
    throw new ConfigError(
      `${path}: it holds no settings, wanted lines such as 'threads: 4'. Correct it.`,
    );
  }
  return document.contents.items.map(({ key, value }) => {
    const said = isScalar(key) ? String(key.value) : "";
    const line = isScalar(key) ? lines.linePos(key.range?.[0] ?? 0).line : 1;
    const known = everySettingName.find((name) => name === said || kebab(name) === said);
    const name = known ?? (said as SettingName);
    const plain: unknown = isNode(value) ? value.toJS(document) : value;
    // Lists and amounts may also stand as they would be typed.
    const isText = known !== undefined && typeof plain === "string";
    const meant = isText ? settingOf(known, plain) : plain;
    const source = `${path}:${line}`;
    checkSetting(source, name, meant);
    return { name, value: meant, source };
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { message } = error as Error;
    throw new ConfigError(`${path}: it cannot be read: ${message}`, { cause: error });
  }
}
