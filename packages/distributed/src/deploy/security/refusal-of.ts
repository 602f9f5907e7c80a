import type { IncomingHttpHeaders } from "node:http";
import { quoteValue } from "@millrace/graph";
import { inBrackets, isEveryInterface, isLoopback, withoutBrackets } from "./is-loopback.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/**
 * Why a request or an upgrade must be refused before anything else is looked at; undefined where it
 * need not.
 *
 * A page in a browser can reach every port of the machine: its requests are told by `Origin`, which
 * no client of ours sends, and by `Sec-Fetch-Site`. A page whose own name was made to lead here is
 * told by `Host`, which must be one of `allowed`: names and addresses, without port or brackets.
 */
export function refusalOf(
  headers: IncomingHttpHeaders,
  allowed: readonly string[],
): string | undefined {
  if (headers.origin !== undefined) {
    return `requests of web pages are refused, got the Origin ${quoteValue(headers.origin)}`;
  }
  const site = headers["sec-fetch-site"];
  if (site === "cross-site" || site === "same-site") {
    return "requests of other web pages are refused";
  }
  const name = hostName(headers.host);
  if (name === undefined) return `there is no Host, got ${quoteValue(headers.host)}`;
  if (allowed.some((each) => hostName(inBrackets(each)) === name)) return undefined;
  return `the Host is none of this scheduler, got ${quoteValue(headers.host)}`;
}

/** What is known of the machine and of what was asked for. */
export interface HostFacts {
  /** Where it listens. */
  readonly host: string;
  /** The name of the machine. */
  readonly machine: string;
  /** Addresses of its interfaces. */
  readonly addresses: readonly string[];
  /** Names that the certificate stands for. */
  readonly certified?: readonly string[];
  /** Names that the user gave. */
  readonly named?: readonly string[];
}

/**
 * The hosts by which a scheduler may be called: itself by the loopback names, where it listens, and
 * what the user or the certificate say. What listens on every interface has the addresses of all
 * and the name of the machine too.
 */
export function allowedHosts(facts: HostFacts): string[] {
  const { host, machine, addresses, certified = [], named = [] } = facts;
  const own = isEveryInterface(host)
    ? [machine, ...addresses, ...LOOPBACK]
    : isLoopback(host)
      ? [...LOOPBACK, host]
      : [host];
  return [...new Set([...own, ...certified, ...named].map((each) => withoutBrackets(each)))];
}

/** The name in a `Host` header, as it is compared: no port, brackets, case or final dot. */
function hostName(host: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::\d{1,5})?$/i.exec(host ?? "");
  const name = match?.[1] ?? match?.[2];
  return name === undefined ? undefined : name.toLowerCase().replace(/\.$/, "");
}
