import { ConfigError } from "../errors.ts";
import type { CommandSettings } from "../settings/command-settings.ts";
import { millis } from "./plan-workers.ts";
import { defaultPort } from "./scheduler-url.ts";
import { withoutBrackets } from "./security/is-loopback.ts";
import type { KnownAuthority, TlsFiles } from "./security/read-tls.ts";

/** The scheduler that a command starts. */
export interface SchedulerPlan {
  readonly host: string;
  readonly port: number;
  /** Undefined for a new one. */
  readonly token: string | undefined;
  readonly tlsFiles: TlsFiles | undefined;
  readonly insecureNetwork: boolean;
  readonly hosts: readonly string[];
  /** Undefined for never. */
  readonly idleTimeoutMs: number | undefined;
  /** How long tasks wait for a worker that may run them; Infinity for ever. */
  readonly noWorkersTimeoutMs: number;
  /** Undefined for the one where others look. */
  readonly schedulerFile: string | undefined;
}

/**
 * Which scheduler a command starts by what is set.
 *
 * @throws ConfigError `distributed/config` where settings do not go together
 */
export function planScheduler(settings: CommandSettings): SchedulerPlan {
  const { idleTimeout, noWorkersTimeout } = settings;
  return {
    host: withoutBrackets(settings.host ?? "127.0.0.1"),
    port: settings.port ?? defaultPort,
    token: settings.token,
    tlsFiles: tlsFilesIn(settings),
    insecureNetwork: settings.insecureNetwork ?? false,
    hosts: settings.allowedHosts ?? [],
    idleTimeoutMs: idleTimeout === undefined ? undefined : millis(idleTimeout, Infinity),
    noWorkersTimeoutMs: millis(noWorkersTimeout, Infinity),
    schedulerFile: settings.schedulerFile,
  };
}

/**
 * The PEM files that are set: all of them, or none. Who vouches for others may be known already.
 *
 * @throws ConfigError `distributed/config` where one of them is missing
 */
export function tlsFilesIn(
  { tlsCa, tlsCert: cert, tlsKey: key }: CommandSettings,
  known?: KnownAuthority,
): TlsFiles | undefined {
  if ((tlsCa ?? cert ?? key) === undefined) return undefined;
  const ca = tlsCa ?? known;
  if (ca !== undefined && cert !== undefined && key !== undefined) return { ca, cert, key };
  const flags = { "--tls-ca": ca, "--tls-cert": cert, "--tls-key": key };
  const missing = Object.entries(flags).filter(([, path]) => path === undefined);
  const names = missing.map(([name]) => name).join(" and ");
  throw new ConfigError(
    `${names}: both sides of a connection show certificates, got no file, wanted --tls-ca, --tls-cert and ` +
      "--tls-key. Give all three.",
  );
}
