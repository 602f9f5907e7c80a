import type { Refusal } from "./check-options.ts";
import { GraphError, invalidArgument, quoteValue } from "./errors.ts";
import { parseBytes } from "./parse-bytes.ts";

/** What can be set for the executors of a process. What is left out has a default. */
export interface Settings {
  /** Task threads; default: as many as the machine runs at the same time. */
  readonly threads?: number;
  /**
   * What the process may take before values go to disk, in bytes or as text such as "2GiB"; "auto",
   * the default, is all that the machine, or its container, has.
   */
  readonly memoryLimit?: number | string;
  /** Folder for values that do not fit into memory; default: the temporary folder of the system. */
  readonly localDirectory?: string;
  /** Tasks of one thread that may wait for something asynchronous at a time; default 128. */
  readonly awaitingTasks?: number;
  /** Named amounts that tasks may ask for by their `resources`; default none. */
  readonly resources?: Readonly<Record<string, number>>;
}

/** Every setting: what is wanted instead of a value; undefined where the value is fine. */
const checks: { readonly [K in keyof Required<Settings>]: (value: unknown) => string | undefined } =
  {
    threads: (value) => (isCount(value, 1) ? undefined : "a whole number of 1 or more"),
    memoryLimit: (value) =>
      value === "auto" || isSize(value) ? undefined : "bytes, text such as '2GiB', or 'auto'",
    localDirectory: (value) =>
      typeof value === "string" && value !== "" ? undefined : "the path of a folder",
    awaitingTasks: (value) => (isCount(value, 1) ? undefined : "a whole number of 1 or more"),
    resources: (value) =>
      isAmounts(value) ? undefined : "an object of amounts, each a number of 0 or more",
  };

/**
 * The names of all settings.
 *
 * @example
 * ```ts
 * import { settingNames } from "@millrace/graph";
 *
 * settingNames.includes("threads"); // => true
 * ```
 */
export const settingNames: readonly (keyof Settings)[] = Object.keys(checks) as (keyof Settings)[];

let configured: Settings = {};
let isTaken = false;

/**
 * Sets things for this process, before its first run; later calls add to earlier ones. The same can
 * be set from outside by `MILLRACE_THREADS`, `MILLRACE_MEMORY_LIMIT` and so on, or in the file
 * `millrace.yaml`; what is set here counts more.
 *
 * @throws GraphError `graph/invalid-argument` for an unknown name or a bad value,
 * `graph/configured-late` after the first run
 * @example
 * ```ts
 * import { configure } from "@millrace/graph";
 *
 * configure({ threads: 2, memoryLimit: "1GiB" });
 * configure({ threads: 0 }); // throws graph/invalid-argument
 * ```
 */
export function configure(settings: Settings): void {
  if (isTaken) {
    throw new GraphError(
      "graph/configured-late",
      "configure: threads have been started already, got a call after the first run, wanted it before. " +
        "Move it to where the program begins.",
    );
  }
  checkSettings("configure", settings);
  // What is undefined says nothing, so it must not hide what was said before or elsewhere.
  const said = Object.entries(settings).filter(([, value]) => value !== undefined);
  configured = { ...configured, ...Object.fromEntries(said) };
}

/**
 * What was configured; from now on it is too late for more. For executors, when they start.
 *
 * @example
 * ```ts
 * import { configure, takeSettings } from "@millrace/graph";
 *
 * configure({ threads: 2 });
 * takeSettings().threads; // => 2
 * configure({ threads: 4 }); // throws graph/configured-late
 * ```
 */
export function takeSettings(): Settings {
  isTaken = true;
  return configured;
}

/**
 * Refuses names that are no settings and values that mean nothing.
 *
 * @param api - whom the error names
 * @param refusal - makes the error; default a GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { checkSettings } from "@millrace/graph";
 *
 * checkSettings("start", { threads: 2 });
 * checkSettings("start", { memoryLimit: "many" }); // throws graph/invalid-argument
 * ```
 */
export function checkSettings(
  api: string,
  settings: Settings,
  refusal: Refusal = invalidArgument,
): void {
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw refusal(api, "the settings must be an object", settings, "an object");
  }
  for (const [name, value] of Object.entries(settings) as [keyof Settings, unknown][]) {
    if (!Object.hasOwn(checks, name)) {
      const known = settingNames.join(", ");
      throw refusal(api, `there is no setting ${quoteValue(name)}`, value, `one of ${known}`);
    }
    const wanted = value === undefined ? undefined : checks[name](value);
    if (wanted !== undefined) throw refusal(api, `bad setting '${name}'`, value, wanted);
  }
}

function isCount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function isSize(value: unknown): boolean {
  if (typeof value !== "string" && typeof value !== "number") return false;
  try {
    return parseBytes(value) > 0;
  } catch {
    // The message of this check says the same, and the name of the setting.
    return false;
  }
}

function isAmounts(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((amount) => Number.isFinite(amount) && (amount as number) >= 0);
}
