/** Where events are told: one line each. Facts are plain: texts, numbers, lists, errors. */
export interface Log {
  debug(event: string, facts?: object): void;
  info(event: string, facts?: object): void;
  warn(event: string, facts?: object): void;
  error(event: string, facts?: object): void;
}

/** How much an event matters, the least first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** How lines are written. */
export interface LogOptions {
  /** Takes one line with its end. */
  readonly write: (line: string) => void;
  /** One JSON object a line; default lines for people. */
  readonly json?: boolean;
  /** What matters less is left out; default "info". */
  readonly level?: LogLevel;
  /** The time in milliseconds since 1970. */
  readonly now?: () => number;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
/** What would end a line, or make a terminal do something, or show text in another order. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
const FACT_CHARACTERS_MAX = 8192;

/**
 * A log of lines. Whatever events and facts hold, a line stays one line, and a terminal shows it
 * as it is.
 */
export function createLog(options: LogOptions): Log {
  const { write, json = false, level = "info", now = Date.now } = options;
  const least = LEVELS.indexOf(level);
  const line = json ? jsonLine : textLine;
  const at =
    (own: LogLevel) =>
    (event: string, facts: object = {}): void => {
      if (LEVELS.indexOf(own) < least) return;
      write(`${line(new Date(now()).toISOString(), own, event, facts)}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** A text with what is not for a terminal spelled out. */
export function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${code}`;
  });
}

function textLine(time: string, level: LogLevel, event: string, facts: object): string {
  const told = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${textOf(plain(value))}`],
  );
  return escapeControls([time, level.padEnd(5), event, ...told].join(" "));
}

/** A text of one word stands as it is; others have quotes. */
function textOf(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value);
}

function jsonLine(time: string, level: LogLevel, event: string, facts: object): string {
  const plainFacts = Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, plain(value)]),
  );
  const own = { time, level, event };
  // First for people who read it, and last, so that no fact passes for it.
  return escapeControls(JSON.stringify(Object.assign({}, own, plainFacts, own)));
}

/** A fact as JSON can say it, and not endlessly long. */
function plain(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return value.length > FACT_CHARACTERS_MAX ? `${value.slice(0, FACT_CHARACTERS_MAX)}…` : value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "bigint":
    case "symbol":
    case "function":
      return String(value);
    case "object":
      if (value instanceof Error) return plain(value.message);
      if (Array.isArray(value)) return value.map(plain);
      if (value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  }
}
