import { quoteValue } from "@millrace/graph";
import { ConfigError } from "../errors.ts";
import {
  inBrackets,
  isEveryInterface,
  isLoopback,
  withoutBrackets,
} from "./security/is-loopback.ts";

/** Where a scheduler listens unless told otherwise. */
export const defaultPort = 8786;

/** The address of a scheduler, taken apart. */
export interface SchedulerUrl {
  /** `ws://host:port` or `wss://host:port`, with nothing behind it. */
  readonly url: string;
  readonly isSecure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

const SHAPE =
  /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[0-9a-f:.]+\]|[^\s/:?#@[\]]+)(?::(\d+))?(\/(?:ws\/?)?)?$/i;
const REMEDY = "It is told where the scheduler says that it is ready.";

/**
 * Takes the address of a scheduler apart; port 8786 where it has none.
 *
 * @param where - the argument, flag, variable or line that said it
 * @throws ConfigError `distributed/config` for anything else
 */
export function parseSchedulerUrl(where: string, text: string): SchedulerUrl {
  if (/[?#@]/.test(text)) {
    // It may be a secret.
    throw new ConfigError(
      `${where}: an address holds no names or secrets, got a text with '?', '#' or '@', wanted one such ` +
        `as 'ws://127.0.0.1:${defaultPort}'. Give the token by MILLRACE_TOKEN or --scheduler-file.`,
    );
  }
  const [, scheme, name, digits] = SHAPE.exec(text) ?? [];
  const rest = `${name ?? "127.0.0.1"}:${digits ?? defaultPort}`;
  if (name === undefined) throw bad(where, "it is no address", text, rest);
  const isSecure = scheme?.toLowerCase() === "wss";
  if (!isSecure && scheme?.toLowerCase() !== "ws") {
    const what = scheme === undefined ? "it has no 'ws://'" : `'${scheme}://' is not spoken here`;
    const isTls = /^(https|tls|wss|ssl)$/i.test(scheme ?? "");
    throw bad(where, what, text, rest, isTls ? "wss" : "ws");
  }
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port < 1 || port > 65_535) {
    throw bad(where, "its port is none from 1 to 65535", text, `${name}:${defaultPort}`);
  }
  const host = withoutBrackets(name);
  return { url: `${isSecure ? "wss" : "ws"}://${name}:${port}`, isSecure, host, port };
}

function bad(where: string, what: string, text: string, rest: string, scheme = "ws"): ConfigError {
  return new ConfigError(
    `${where}: ${what}, got ${quoteValue(text)}, wanted one such as '${scheme}://${rest}'. ${REMEDY}`,
  );
}

/**
 * The address by which others call a scheduler that listens on `host`: for one that listens on all
 * interfaces a name of its certificate, else an address of the machine.
 */
export function schedulerUrlFor(
  { host, port, isSecure }: Pick<SchedulerUrl, "host" | "port" | "isSecure">,
  certified: readonly string[],
  addresses: readonly string[],
): string {
  const names = [...certified, ...addresses].filter((each) => !isLoopback(each));
  const called = isEveryInterface(host) ? (names[0] ?? "127.0.0.1") : host;
  return `${isSecure ? "wss" : "ws"}://${inBrackets(called)}:${port}`;
}
