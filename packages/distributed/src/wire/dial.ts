import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { VersionMismatchError, refusedError } from "../errors.ts";
import { packageVersion } from "../package-version.ts";
import type { Tls } from "./tls.ts";
import type { Hello } from "./greeting.ts";
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
  /** The number by which the scheduler knows this side. */
  readonly epoch: number;
}

const dialMs = 10_000;
/** A refusal is a line of text. */
const refusalBytesMax = 4_096;

/**
 * Connects to a scheduler. Rejects with an error of which `isRefusal` is true where the scheduler
 * will not have this side, however often it tries, and with another where it cannot be reached.
 */
export async function dial(
  address: SchedulerAddress,
  hello: Pick<Hello, "role" | "name">,
): Promise<Dialed> {
  const socket = new WebSocket(`${address.url}/ws`, {
    perMessageDeflate: false,
    handshakeTimeout: dialMs,
    maxPayload: 2 ** 21,
    ...(address.token !== undefined && { headers: { Authorization: `Bearer ${address.token}` } }),
    ...address.tls,
  });
  // One that nobody listens for would end the process.
  socket.on("error", () => undefined);
  try {
    await opened(socket);
    const welcome = await greet(socket, { ...hello, version: packageVersion });
    if (welcome.kind === "mismatch") throw new VersionMismatchError(address.url, welcome.reason);
    return { socket, epoch: welcome.epoch };
  } catch (error) {
    socket.terminate();
    throw error;
  }
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      void refusalOf(response).then((reason) => reject(refusedError(socket.url, reason)));
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
