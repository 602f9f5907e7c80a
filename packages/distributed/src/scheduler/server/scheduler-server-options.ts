import type { Tls } from "../../wire/tls.ts";
import type { Log } from "../../log.ts";
import type { SchedulerSettings } from "../settings.ts";

/** How a scheduler is started. */
export interface SchedulerServerOptions {
  /** The interface to listen on. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What every peer must show; undefined where anybody who reaches it may run code. */
  readonly token: string | undefined;
  /** Both sides show certificates; undefined for a connection in the clear. */
  readonly tls: Tls | undefined;
  /** Further names by which it may be called. */
  readonly hosts?: readonly string[];
  /** It ends when no client was there for so long; default never. */
  readonly idleTimeoutMs?: number;
  /** How long runs of a client go on whose connection broke; default 60,000. */
  readonly clientGraceMs?: number;
  readonly settings?: Partial<SchedulerSettings>;
  readonly log: Log;
}
