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

/** How whoever takes an address refuses one. */
export interface UrlRefusal {
  /** Makes the error of a message. */
  readonly refusal: (message: string) => Error;
  /** How a token is given, which does not belong into an address; a sentence. */
  readonly tokenGoes: string;
}

const ofSettings: UrlRefusal = {
  refusal: (message) => new ConfigError(message),
  tokenGoes: "Give the token by MILLRACE_TOKEN or --scheduler-file.",
};

const SHAPE =
  /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[0-9a-f:.]+\]|[^\s/:?#@[\]]+)(?::(\d+))?(\/(?:ws\/?)?)?$/i;
const REMEDY = "It is told where the scheduler says that it is ready.";

/**
 * Takes the address of a scheduler apart; port 8786 where it has none.
 *
 * @param where - the argument, flag, variable or line that said it
 * @param how - who refuses it; by default as a setting is refused
 * @throws ConfigError `distributed/config`, or what `how` makes, for anything else
 */
export function parseSchedulerUrl(
  where: string,
  text: string,
  how: UrlRefusal = ofSettings,
): SchedulerUrl {
  const bad = (what: string, rest: string, scheme = "ws"): Error =>
    how.refusal(
      `${where}: ${what}, got ${quoteValue(text)}, wanted one such as '${scheme}://${rest}'. ${REMEDY}`,
    );
  if (/[?#@]/.test(text)) {
    // It may be a secret.
    throw how.refusal(
      `${where}: an address holds no names or secrets, got a text with '?', '#' or '@', wanted one such ` +
        `as 'ws://127.0.0.1:${defaultPort}'. ${how.tokenGoes}`,
    );
  }
  const [, scheme, said, digits] = SHAPE.exec(text) ?? [];
  const name = URL.canParse(`ws://${said}`) ? said : undefined;
  const rest = `${name ?? "127.0.0.1"}:${digits ?? defaultPort}`;
  if (name === undefined) throw bad("it is no address", rest);
  const isSecure = scheme?.toLowerCase() === "wss";
  if (!isSecure && scheme?.toLowerCase() !== "ws") {
    const what = scheme === undefined ? "it has no 'ws://'" : `'${scheme}://' is not spoken here`;
    const isTls = /^(https|tls|wss|ssl)$/i.test(scheme ?? "");
    throw bad(what, rest, isTls ? "wss" : "ws");
  }
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port < 1 || port > 65_535) {
    throw bad("its port is none from 1 to 65535", `${name}:${defaultPort}`);
  }
  const host = withoutBrackets(name);
  return { url: `${isSecure ? "wss" : "ws"}://${name}:${port}`, isSecure, host, port };
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
