import { quoteValue } from "@millrace/graph";
import { DistributedError } from "../../errors.ts";
import { isLoopback } from "./is-loopback.ts";
import type { Tls } from "../../wire/tls.ts";

/** How what listens is guarded. */
export interface Guards {
  readonly token: string | undefined;
  readonly tls: Tls | undefined;
  /** Whether the user has said that the network is one to trust; default false. */
  readonly insecureNetwork?: boolean;
}

/**
 * Refuses to listen where others may come by who could run code here: off loopback there must be a
 * token and TLS, or the word of the user.
 *
 * @throws DistributedError `distributed/insecure-network`
 */
export function checkBind(host: string, guards: Guards): void {
  const { token, tls, insecureNetwork = false } = guards;
  if (isLoopback(host) || insecureNetwork) return;
  const missing = [
    ...(tls === undefined ? ["TLS (--tls-ca, --tls-cert, --tls-key)"] : []),
    ...(token === undefined ? ["a token (MILLRACE_TOKEN)"] : []),
  ];
  if (missing.length === 0) return;
  const without = missing.map((each) => each.replace(/ \(.*/, "")).join(" and ");
  throw new DistributedError(
    "distributed/insecure-network",
    `--host: others on the network could run code here, got ${quoteValue(host)} without ${without}, ` +
      `wanted a loopback address or ${missing.join(" and ")}. Add them, or trust the network by ` +
      "--insecure-network.",
  );
}
