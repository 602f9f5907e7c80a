import { existsSync } from "node:fs";
import { quoteValue } from "@millrace/graph";
import { ConfigError } from "../errors.ts";
import type { CommandSettings } from "../settings/command-settings.ts";
import type { Tls } from "../wire/tls.ts";
import { tlsFilesIn } from "./plan-scheduler.ts";
import type { SchedulerUrl } from "./scheduler-url.ts";
import { defaultPort, parseSchedulerUrl } from "./scheduler-url.ts";
import type { Connection } from "./security/connection-file.ts";
import { defaultConnectionFile, readConnectionFile } from "./security/connection-file.ts";
import { isLoopback } from "./security/is-loopback.ts";
import type { KnownAuthority } from "./security/read-tls.ts";
import { readTls } from "./security/read-tls.ts";

/** A scheduler, and what it takes to be let in. */
export interface FoundScheduler extends SchedulerUrl {
  readonly token: string;
  readonly tls: Tls | undefined;
}

/** What was typed beside what is set. */
export interface Typed {
  /** The argument; undefined where there was none. */
  readonly url: string | undefined;
  /** Whether `--scheduler-file` was typed, which an argument contradicts. */
  readonly isFileTyped: boolean;
}

/**
 * Finds the scheduler that is meant: by its address, else by the connection file, else by the
 * address that is set. For one of this machine the token is found where it left it.
 *
 * @throws ConfigError `distributed/config` where there is no address or token, or they do not go
 * together; DistributedError `distributed/bad-connection-file`, `distributed/bad-certificate`
 */
export async function findScheduler(
  settings: CommandSettings,
  typed: Typed,
  warn: (message: string) => void,
): Promise<FoundScheduler> {
  const { place, connection, authority } = await placeOf(settings, typed);
  const token = settings.token ?? connection?.token;
  if (token === undefined) {
    throw new ConfigError(
      `--token: a scheduler lets in who has its token, got none for ${quoteValue(place.url)}, wanted ` +
        "MILLRACE_TOKEN, or the --scheduler-file that it wrote.",
    );
  }
  return { ...place, token, tls: await tlsFor(settings, place, authority, warn) };
}

interface Place extends Partial<Left> {
  readonly place: SchedulerUrl;
}

/** What a scheduler has left in its connection file. */
interface Left {
  readonly connection: Connection;
  /** By whose certificates it is known; undefined without TLS. */
  readonly authority: KnownAuthority | undefined;
}

async function placeOf(settings: CommandSettings, { url, isFileTyped }: Typed): Promise<Place> {
  const { scheduler, schedulerFile } = settings;
  if (url !== undefined && isFileTyped) {
    throw new ConfigError(
      "--scheduler-file: the address is given twice, got an address and a file, wanted one of the two.",
    );
  }
  const isByFile = schedulerFile !== undefined && (isFileTyped || (url ?? scheduler) === undefined);
  if (isByFile) {
    const left = await leftIn(schedulerFile);
    return { place: parseSchedulerUrl("--scheduler-file", left.connection.url), ...left };
  }
  const said = url ?? scheduler;
  if (said === undefined) {
    throw new ConfigError(
      "scheduler: its address is missing, got none, wanted one such as " +
        `'ws://127.0.0.1:${defaultPort}' as argument, or --scheduler-file.`,
    );
  }
  const place = parseSchedulerUrl("scheduler", said);
  return { place, ...(await leftBy(place, settings)) };
}

async function leftIn(path: string): Promise<Left> {
  const connection = await readConnectionFile(path);
  const { ca: pem } = connection;
  return { connection, authority: pem === undefined ? undefined : { pem, path } };
}

/** What a scheduler of this machine has left for others of its user. */
async function leftBy(
  place: SchedulerUrl,
  { token, schedulerFile }: CommandSettings,
): Promise<Left | undefined> {
  if (token !== undefined) return undefined;
  const path = schedulerFile ?? defaultConnectionFile(place.port);
  if (schedulerFile === undefined && !(isLoopback(place.host) && existsSync(path)))
    return undefined;
  const left = await leftIn(path);
  const { port, host } = parseSchedulerUrl(path, left.connection.url);
  // The token of one scheduler is not for another.
  const isSame = port === place.port && (host === place.host || isLoopback(place.host));
  return isSame ? left : undefined;
}

async function tlsFor(
  settings: CommandSettings,
  { url, isSecure }: SchedulerUrl,
  authority: KnownAuthority | undefined,
  warn: (message: string) => void,
): Promise<Tls | undefined> {
  const files = tlsFilesIn(settings, authority);
  if (isSecure && files === undefined) {
    throw new ConfigError(
      `--tls-cert: a scheduler at wss:// wants to see a certificate, got none for ${quoteValue(url)}, ` +
        "wanted --tls-ca, --tls-cert and --tls-key. Give all three.",
    );
  }
  if (!isSecure && files !== undefined) {
    throw new ConfigError(
      `scheduler: it is called without TLS, got ${quoteValue(url)} and certificates, wanted 'wss://'. ` +
        "Correct the address, or leave out --tls-ca, --tls-cert and --tls-key.",
    );
  }
  return files === undefined ? undefined : readTls(files, warn);
}
