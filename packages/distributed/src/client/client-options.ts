import { quoteValue } from "@millrace/graph";
import { DistributedError, invalidArgument } from "../errors.ts";
import { checkBytesMax } from "./byte-budget.ts";
import type { FrameSocket } from "../wire/connection.ts";
import type { DataClient } from "../wire/data/data-client.ts";
import type { SchedulerAddress } from "../wire/dial.ts";
import type { Tls } from "../wire/tls.ts";

/** How a client connects. */
export interface ClientOptions {
  /** What the scheduler lets in; a cluster of this process needs none. */
  readonly token?: string | undefined;
  /** Certificates, for `wss://`. */
  readonly tls?: Tls | undefined;
  /** What the scheduler calls this client. */
  readonly name?: string | undefined;
  /** How long to look for the scheduler, milliseconds; default 10,000. */
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

/** Where a client is to connect to. */
export function addressOf(
  to: string | HasScheduler,
  { token, tls, bytesMax }: ClientOptions,
): SchedulerAddress {
  checkBytesMax("Client.connect", bytesMax);
  if (typeof to !== "string") {
    if (typeof (to as Partial<HasScheduler> | undefined)?.scheduler?.url === "string") {
      return to.scheduler;
    }
    throw notAnAddress(quoteValue(to));
  }
  const url = URL.canParse(to) ? new URL(to) : undefined;
  if (url?.protocol !== "ws:" && url?.protocol !== "wss:") throw notAnAddress(quoteValue(to));
  return { url: `${url.protocol}//${url.host}`, token, tls };
}

function notAnAddress(got: string): Error {
  return invalidArgument(
    "Client.connect",
    "this is no scheduler",
    got,
    'an address such as "ws://127.0.0.1:8786", or a cluster',
    "Look at what `millrace scheduler` has printed when it was ready.",
  );
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

/** The error for a call of a client that was closed; `api` is what was called. */
export function closedError(api: string): Error {
  return new DistributedError(
    "distributed/client-closed",
    `${api}: the client was closed, got a call, wanted one before. Connect another client.`,
  );
}
