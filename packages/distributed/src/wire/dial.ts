import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { WebSocket } from "ws";
import {
  DistributedError,
  VersionMismatchError,
  addressTakenError,
  distrustedError,
  isRefusal,
  nameTakenError,
  refusedError,
} from "../errors.ts";
import { packageVersion } from "../package-version.ts";
import { tlsToScheduler } from "../deploy/security/tls.ts";
import type { Tls } from "./tls.ts";
import type { Hello, SessionWelcome } from "./greeting.ts";
import { greet } from "./greeting.ts";

/** Where a scheduler is, and what it takes to be let in. */
export interface SchedulerAddress {
  /** `ws://host:port`, or `wss://…` with `tls`. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly tls?: Tls | undefined;
}

/** A socket whose peer has been greeted, paused until somebody listens. */
export interface Dialed {
  readonly socket: WebSocket;
  /** What it goes over. */
  readonly carrier: Socket;
  /** The number by which the scheduler knows this side. */
  readonly epoch: number;
  /** Of a client. */
  readonly session: SessionWelcome | undefined;
}

/** For a try, from the first packet to the welcome; milliseconds. */
const dialMs = 10_000;
/** A refusal is a line of text. */
const refusalBytesMax = 4_096;

/** What ends a try to connect. */
interface Try {
  readonly signal?: AbortSignal | undefined;
  /** How long the scheduler has, from the first packet to its welcome; default 10 s. */
  readonly waitMs?: number;
}

/** Who connects; the rest is the same for all, or counted here. */
type Greeting = Omit<Hello, "version" | "attempt">;

/** How many greetings were said by this process. */
let attempts = 0;

/**
 * Connects to a scheduler. Rejects with an error of which `isRefusal` is true where the scheduler
 * will not have this side, however often it tries, and with another where it cannot be reached.
 */
export async function dial(
  address: SchedulerAddress,
  hello: Greeting,
  { signal, waitMs = dialMs }: Try = {},
): Promise<Dialed> {
  // Whoever connects to nothing does not wait for the library.
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(`${address.url}/ws`, {
    perMessageDeflate: false,
    maxPayload: 2 ** 21,
    ...(address.token !== undefined && { headers: { Authorization: `Bearer ${address.token}` } }),
    ...(address.tls !== undefined && tlsToScheduler(address.url, address.tls)),
  });
  // One that nobody listens for would end the process.
  socket.on("error", () => undefined);
  const attempt = ++attempts;
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    socket.terminate();
  }, waitMs);
  const abort = (): void => socket.terminate();
  signal?.addEventListener("abort", abort);
  try {
    const carrier = await opened(socket);
    const welcome = await greet(socket, { ...hello, attempt, version: packageVersion });
    if (welcome.kind === "mismatch") throw new VersionMismatchError(address.url, welcome.reason);
    if (welcome.kind === "taken") throw nameTakenError(address.url, welcome.reason);
    if (welcome.kind === "address-taken") throw addressTakenError(address.url, welcome.reason);
    if (welcome.kind === "distrusted") throw distrustedError(address.url, welcome.reason);
    if (welcome.kind !== "welcome") throw refusedError(address.url, welcome.reason);
    return { socket, carrier, epoch: welcome.epoch, session: welcome.session };
  } catch (error) {
    socket.terminate();
    throw isLate ? new Error(`no welcome for ${Math.round(waitMs)} ms`) : error;
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", abort);
  }
}

/** Between two tries, milliseconds: at first, and at most. */
const firstPauseMs = 50;
const pauseMsMax = 2_000;

/** In less than this a scheduler that is there may not have answered; milliseconds. */
const shortMs = 100;

/** What is done while a scheduler is not there yet. */
export interface Reaching {
  /** Aborted, it gives up. */
  readonly signal?: AbortSignal;
  /** How long nobody may listen at the address: a system that answers so has no scheduler. */
  readonly absentMs?: number;
  /** Called after each try that has failed. */
  readonly retried?: (reason: string) => void;
}

/**
 * Connects to a scheduler, and tries again until the time is over.
 *
 * @throws what `dial` rejects with where the scheduler refuses; else DistributedError
 *   `distributed/unreachable`
 */
export async function reach(
  address: SchedulerAddress,
  hello: Greeting,
  timeoutMs: number,
  { signal, absentMs = Infinity, retried }: Reaching = {},
): Promise<Dialed> {
  const startMs = performance.now();
  const untilMs = startMs + timeoutMs;
  let heardMs = startMs;
  let reason = "";
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMsMax, 2 * pauseMs)) {
    const waitMs = Math.max(1, Math.min(dialMs, untilMs - performance.now()));
    try {
      return await dial(address, hello, { signal, waitMs });
    } catch (error) {
      if (isRefusal(error)) throw error;
      // A last try without time says less than the one before.
      if (reason === "" || waitMs >= shortMs) reason = (error as Error).message;
      const nowMs = performance.now();
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") heardMs = nowMs;
      const leftMs = Math.min(untilMs, heardMs + absentMs) - nowMs;
      if (leftMs <= 0 || signal?.aborted === true) {
        const waitedMs = Math.min(timeoutMs, Math.round(nowMs - startMs));
        throw notFound(address.url, waitedMs, reason);
      }
      retried?.(reason);
      await rest(Math.min(pauseMs, leftMs), signal);
    }
  }
}

function notFound(url: string, timeoutMs: number, reason: string): Error {
  return new DistributedError(
    "distributed/unreachable",
    `connect: no scheduler was found in ${timeoutMs} ms, got "${reason}" from ${url}, wanted an ` +
      "answer. Start one with 'millrace scheduler', or correct the address.",
  );
}

async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Who gives up sees to that.
  }
}

function opened(socket: WebSocket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once("upgrade", (response) => {
      const carrier = response.socket;
      socket.once("open", () => resolve(carrier));
    });
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      const { statusCode = 0, statusMessage = "" } = response;
      // Who had to wait for others of its address is told when it may come again.
      if (statusCode === 429) {
        void refusalOf(response).then((reason) => reject(new Error(reason)), reject);
        return;
      }
      // Anything else may be said by a proxy whose scheduler is only about to start.
      if (statusCode !== 401 && statusCode !== 403) {
        reject(new Error(`the answer was ${statusCode} ${statusMessage}`.trimEnd()));
        return;
      }
      void refusalOf(response).then((reason) => reject(refusedError(socket.url, reason)), reject);
    });
  });
}

async function refusalOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > refusalBytesMax) break;
  }
  return text.trim() || `the answer was ${response.statusCode}`;
}
