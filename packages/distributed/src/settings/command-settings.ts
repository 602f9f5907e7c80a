import type { Settings } from "@millrace/graph";
import { checkSettings, quoteValue, settingNames } from "@millrace/graph";
import { ConfigError } from "../errors.ts";
import { durationForm, parseDuration } from "./parse-duration.ts";

/**
 * Everything that can be set from outside: what executors know, and what the commands know. Each
 * has one name, from which its flag (`--death-timeout`), its variable (`MILLRACE_DEATH_TIMEOUT`)
 * and its key in a file (`death-timeout`) are spelled.
 */
export interface CommandSettings extends Settings {
  /** Address of the scheduler. */
  readonly scheduler?: string;
  readonly schedulerFile?: string;
  readonly host?: string;
  readonly port?: number;
  readonly token?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecureNetwork?: boolean;
  readonly allowedHosts?: readonly string[];
  readonly idleTimeout?: string | number;
  readonly noWorkersTimeout?: string | number;
  readonly pidFile?: string;
  readonly json?: boolean;
  readonly nthreads?: number | "auto";
  readonly nworkers?: number | "auto";
  readonly name?: string;
  readonly nanny?: boolean;
  readonly deathTimeout?: string | number;
  readonly terminateTimeout?: string | number;
  readonly lifetime?: string | number;
  readonly lifetimeStagger?: string | number;
  readonly lifetimeRestart?: boolean;
}

/** The name of anything that can be set. */
export type SettingName = keyof CommandSettings;

type Own = Exclude<SettingName, keyof Settings>;

/** How a text becomes a value: as JSON where it is JSON, as it stands, as yes or no, as names. */
type Form = "json" | "text" | "flag" | "names" | "amounts";

interface Setting {
  readonly form: Form;
  /** What is wanted instead of a value; undefined where it is fine. */
  readonly check: (value: unknown) => string | undefined;
}

// oxlint-disable-next-line no-control-regex -- no line of a log or a table may be broken by a name
const NAME = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,256}$/;
/** What a scheduler takes for the name of a worker. */
export const nameLengthMax = 256;

const text = (wanted: string): Setting => ({
  form: "text",
  check: (value) => (typeof value === "string" && NAME.test(value) ? undefined : wanted),
});
const flag: Setting = {
  form: "flag",
  check: (value) => (typeof value === "boolean" ? undefined : "true or false"),
};
const count: Setting = {
  form: "json",
  check: (value) =>
    value === "auto" || isWhole(value, 1, 65_536)
      ? undefined
      : "a whole number from 1 to 65536, or 'auto'",
};
const duration = (leastMs: number): Setting => ({
  form: "json",
  check: (value) => {
    const isTime = typeof value === "string" || typeof value === "number";
    const ms = isTime ? parseDuration(value) : undefined;
    if (ms !== undefined && ms >= leastMs) return undefined;
    return leastMs === 0 ? durationForm : `${durationForm}, at least ${leastMs / 1000} s`;
  },
});

const own: Readonly<Record<Own, Setting>> = {
  scheduler: text("an address such as 'ws://127.0.0.1:8786'"),
  schedulerFile: text("the path of a file"),
  host: text("a name or address of this machine"),
  port: {
    form: "json",
    check: (value) => (isWhole(value, 0, 65_535) ? undefined : "a whole number from 0 to 65535"),
  },
  token: {
    form: "text",
    check: (value) =>
      typeof value === "string" && /^[\x21-\x7e]{1,1024}$/.test(value)
        ? undefined
        : "1 to 1024 visible ASCII characters without spaces",
  },
  tlsCa: text("the path of a PEM file"),
  tlsCert: text("the path of a PEM file"),
  tlsKey: text("the path of a PEM file"),
  insecureNetwork: flag,
  allowedHosts: {
    form: "names",
    check: (value) =>
      Array.isArray(value) && value.every((each) => typeof each === "string" && NAME.test(each))
        ? undefined
        : "names of hosts, such as 'a.example,b.example'",
  },
  idleTimeout: duration(1_000),
  noWorkersTimeout: duration(1_000),
  pidFile: text("the path of a file"),
  json: flag,
  nthreads: count,
  nworkers: count,
  name: text(`a name of 1 to ${nameLengthMax} characters that can be shown`),
  nanny: flag,
  deathTimeout: duration(1_000),
  terminateTimeout: duration(0),
  lifetime: duration(1_000),
  lifetimeStagger: duration(0),
  lifetimeRestart: flag,
};

const ofExecutors: Readonly<Record<keyof Settings, Form>> = {
  threads: "json",
  memoryLimit: "json",
  // A folder may have the name of a number.
  localDirectory: "text",
  awaitingTasks: "json",
  resources: "amounts",
};

/** The names of everything that can be set. */
export const everySettingName: readonly SettingName[] = [
  ...settingNames,
  ...(Object.keys(own) as Own[]),
];

/** What must never be shown. */
export function isSecret(name: string): boolean {
  return name === "token";
}

/**
 * Refuses a name that is no setting and a value that means nothing.
 *
 * @param where - the flag, the variable, or the file and line
 * @throws ConfigError `distributed/config`
 */
export function checkSetting(where: string, name: string, value: unknown): void {
  if (!Object.hasOwn(own, name)) {
    if ((settingNames as readonly string[]).includes(name)) checkOfExecutor(where, name, value);
    else throw unknownSetting(where, name);
    return;
  }
  const wanted = own[name as Own].check(value);
  if (wanted === undefined) return;
  throw badSetting(where, name, isSecret(name) ? sizeOf(value) : quoteValue(value), wanted);
}

/** All that is said of a secret. */
function sizeOf(value: unknown): string {
  return typeof value === "string" ? `a text of ${value.length} characters` : `a ${typeof value}`;
}

/** The value that a text stands for; what it does not fit is told by `checkSetting`. */
export function settingOf(name: SettingName, said: string): unknown {
  const form = Object.hasOwn(own, name)
    ? own[name as Own].form
    : ofExecutors[name as keyof Settings];
  switch (form) {
    case "text":
      return said;
    case "json":
      return jsonOf(said);
    case "flag":
      return flagOf(said);
    case "names":
      return said.split(",").map((each) => each.trim());
    case "amounts":
      return said.trimStart().startsWith("{") ? jsonOf(said) : amountsOf(said);
  }
}

/** `memoryLimit` is memory-limit. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `memoryLimit` is MILLRACE_MEMORY_LIMIT. */
export function variableOf(name: string): string {
  return `MILLRACE_${kebab(name).replaceAll("-", "_").toUpperCase()}`;
}

function checkOfExecutor(where: string, name: string, value: unknown): void {
  if (name === "resources" && typeof value === "string") {
    throw badSetting(where, name, quoteValue(value), "amounts such as 'gpu=2,disk=1'");
  }
  checkSettings(where, { [name]: value }, (_, __, got, wanted) =>
    badSetting(where, name, quoteValue(got), wanted),
  );
}

function badSetting(where: string, name: string, got: string, wanted: string): ConfigError {
  return new ConfigError(
    `${where}: bad setting '${kebab(name)}', got ${got}, wanted ${wanted}. Correct it, or leave it out.`,
  );
}

/** Its value is not shown: the name may be that of a secret, misspelt. */
function unknownSetting(where: string, name: string): ConfigError {
  return new ConfigError(
    `${where}: there is no such setting, got ${quoteValue(name)}, ` +
      `wanted one of ${everySettingName.map(kebab).join(", ")}. Correct the name.`,
  );
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** Numbers and objects are written as in JSON; everything else is text. */
function jsonOf(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return said;
  }
}

function flagOf(said: string): unknown {
  const word = said.trim().toLowerCase();
  if (["true", "1", "yes", "on"].includes(word)) return true;
  if (["false", "0", "no", "off"].includes(word)) return false;
  return said;
}

/** `gpu=2,disk=1`; the text itself where it is something else. */
function amountsOf(said: string): unknown {
  const amounts: [string, number][] = [];
  for (const each of said.split(",")) {
    const [, name = "", amount = ""] = /^\s*([^=\s]+)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(each) ?? [];
    if (name === "") return said;
    amounts.push([name, Number(amount)]);
  }
  return Object.fromEntries(amounts);
}
