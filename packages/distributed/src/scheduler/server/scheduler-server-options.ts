import type { Tls } from "../../wire/tls.ts";
import type { Log } from "../../log.ts";
import type { SchedulerSettings } from "../settings.ts";

/** What a scheduler bears. */
export interface ServerLimits {
  /** Connections of those who have not said who they are; one more is closed at once. */
  readonly strangersMax: number;
  /** How long a request may take to come, milliseconds. */
  readonly requestMs: number;
  /**
   * Tasks of one graph, and inputs of all of them: another thread writes them out, but nobody is
   * heard while what is known of each is gone through once, as when the graph is let go.
   */
  readonly tasksMax: number;
  readonly inputsMax: number;
}

/** What holds where nothing else is said. */
export const serverLimits: ServerLimits = {
  strangersMax: 1_024,
  requestMs: 10_000,
  tasksMax: 2_000_000,
  inputsMax: 10_000_000,
};

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
  readonly limits?: Partial<ServerLimits>;
  readonly log: Log;
}

/** What a scheduler with these options bears. */
export function limitsOf({ limits }: SchedulerServerOptions): ServerLimits {
  return { ...serverLimits, ...limits };
}
