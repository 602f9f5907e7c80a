import type { RawData, WebSocket } from "ws";
import { decodeControl, encodeControl } from "../codec/control/control-frame.ts";
import { GREETING_LIMITS } from "../codec/control/control-limits.ts";
import { DistributedError } from "../errors.ts";
import { Fields, Incoming } from "./incoming.ts";
import { wireLimits } from "./wire-limits.ts";

/** Peers that speak another version do not understand each other. */
export const protocolVersion = 1;

/** How long either side waits for the first word of the other. */
export const greetingMs = 10_000;

/** Who connects: a worker, or a client. */
export interface Hello {
  readonly role: "worker" | "client";
  /** How its user calls it. */
  readonly name: string;
  /** The version of its package. */
  readonly version: string;
}

/** The first word of a scheduler: it knows the peer from now on by the number `epoch`. */
export type Welcome =
  | { readonly kind: "welcome"; readonly epoch: number; readonly version: string }
  | { readonly kind: "mismatch"; readonly reason: string };

/** Says who connects, and gives the answer; rejects where there is none. */
export async function greet(socket: WebSocket, hello: Hello): Promise<Welcome> {
  const answer = firstMessage(socket);
  socket.send(encodeControl({ protocol: protocolVersion, ...hello }, GREETING_LIMITS));
  const fields = await answer;
  if (fields.oneOf("kind", ["welcome", "mismatch"]) === "mismatch") {
    return { kind: "mismatch", reason: fields.text("reason") };
  }
  return { kind: "welcome", epoch: fields.whole("epoch"), version: fields.text("version", 64) };
}

/**
 * Hears who connects. Rejects where it is nobody of ours, and tells the peer why, before the socket
 * is closed.
 */
export async function hear(socket: WebSocket, version: string): Promise<Hello> {
  const fields = await firstMessage(socket);
  const theirs = { protocol: fields.number("protocol"), version: fields.text("version", 64) };
  const role = fields.oneOf("role", ["worker", "client"]);
  if (theirs.protocol === protocolVersion) {
    return { role, name: fields.text("name", 256), version: theirs.version };
  }
  const reason =
    `${role} ${theirs.version} speaks protocol ${theirs.protocol}, ` +
    `scheduler ${version} needs ${protocolVersion}: install the same version of both`;
  answer(socket, { kind: "mismatch", reason });
  throw new DistributedError("distributed/version-mismatch", reason);
}

/** Answers who has connected. */
export function answer(socket: WebSocket, welcome: Welcome): void {
  socket.send(encodeControl(welcome, GREETING_LIMITS));
}

/**
 * The first message of a peer. The socket is paused afterwards: whoever listens next resumes it, so
 * that nothing is missed.
 */
function firstMessage(socket: WebSocket): Promise<Fields> {
  return new Promise((resolve, reject) => {
    const done = (end: () => void): void => {
      clearTimeout(timer);
      socket.off("message", heard).off("close", closed).off("error", failed);
      end();
    };
    const timer = setTimeout(
      () => done(() => reject(new Error(`no word for ${greetingMs} ms`))),
      greetingMs,
    );
    const heard = (data: RawData, isBinary: boolean): void => {
      socket.pause();
      done(() => {
        try {
          if (!isBinary) throw new Error("messages are binary");
          const message = decodeControl(data as Buffer, GREETING_LIMITS);
          resolve(new Fields(message, new Incoming(wireLimits)));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    };
    const closed = (code: number, reason: Buffer): void =>
      done(() => reject(new Error(reason.toString() || `the connection was closed (${code})`)));
    const failed = (error: Error): void => done(() => reject(error));
    socket.on("message", heard).on("close", closed).on("error", failed);
  });
}
