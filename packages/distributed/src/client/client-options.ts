import { DistributedError } from "../errors.ts";
import type { FrameSocket } from "../wire/connection.ts";
import type { DataClient } from "../wire/data/data-client.ts";
import type { SchedulerAddress } from "../wire/dial.ts";
import type { Tls } from "../wire/tls.ts";

/** How a client connects. */
export interface ClientOptions {
  /** What the scheduler lets in; refused beside a cluster, which has its own, as is `tls`. */
  readonly token?: string | undefined;
  /**
   * Certificates, which `wss://` wants and `ws://` does not take; `ca` may be left out where a
   * connection file has it.
   */
  readonly tls?: (Omit<Tls, "ca"> & Partial<Tls>) | undefined;
  /** What the scheduler calls this client; 1 to 256 characters. */
  readonly name?: string | undefined;
  /** How long to look for the scheduler, milliseconds above 0; default 10,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * What one call may bring to this process: a `compute`, `gather` or `result` of more bytes
   * rejects. Default 1 GiB; Infinity for any. What is streamed comes piece by piece, without limit.
   */
  readonly bytesMax?: number | undefined;
}

/** Something that has a scheduler, such as a cluster of this process. */
export interface HasScheduler {
  readonly scheduler: SchedulerAddress;
}

/** The connection file of a scheduler, with its address and its token. */
export interface HasSchedulerFile {
  /** As `--scheduler-file` of the command that has started it. */
  readonly schedulerFile: string;
}

/**
 * Which scheduler is meant: its address, `ws://host:port` or `wss://…`, with port 8786 where it has
 * none, or what knows it.
 */
export type SchedulerReference = string | HasScheduler | HasSchedulerFile;

/**
 * Connects again to a scheduler that has said so many messages of which this side knows; gives how
 * many of this side it has heard. Rejects where there is no way back.
 */
export type Redial = (
  heardCount: number,
  signal: AbortSignal,
) => Promise<{ readonly socket: FrameSocket; readonly heardCount: number }>;

/** How a client reaches scheduler and workers. */
export interface ClientTransport {
  /** What the scheduler calls the client. */
  readonly name: string;
  readonly socket: FrameSocket;
  /** Finds back after a connection broke; undefined where that is the end. */
  readonly redial: Redial | undefined;
  readonly data: Pick<DataClient, "fetch" | "push" | "close">;
  /** Where its scheduler is, for who has the right to know; a task has not. */
  readonly address: SchedulerAddress | undefined;
  /** Whether others use the client too, so that none of them may close it. */
  readonly isShared: boolean;
  /** As `ClientOptions` has it. */
  readonly bytesMax?: number | undefined;
}

/** Where the scheduler of a client is; `api` is who asks. */
export function addressIn(api: string, { address }: ClientTransport): SchedulerAddress {
  if (address !== undefined) return address;
  throw new DistributedError(
    "distributed/no-client",
    `${api}: the client of a task does not ask over HTTP, got a call inside a task, wanted one from a ` +
      "program. Connect a client there with Client.connect.",
  );
}

/**
 * The error for a call of a client that was closed.
 *
 * @param api - what was called
 * @param got - what was called for, where it was called before
 */
export function closedError(api: string, got: string = "a call"): Error {
  return new DistributedError(
    "distributed/client-closed",
    `${api}: the client was closed, got ${got}, wanted one before. Connect another client.`,
  );
}
