import type { RawData, WebSocket } from "ws";
import { decodeControl, encodeControl } from "../codec/control/control-frame.ts";
import { GREETING_LIMITS } from "../codec/control/control-limits.ts";
import { DistributedError } from "../errors.ts";
import { keepEarlyFrames } from "./early-frames.ts";
import { Fields, Incoming } from "./incoming.ts";
import { wireLimits } from "./wire-limits.ts";

/**
 * Peers that speak another version do not understand each other; nor do those of one protocol whose
 * packages differ in major or minor number.
 */
export const protocolVersion = 4;

/** How long either side waits for the first word of the other. */
export const greetingMs = 10_000;

/** Characters of the name by which a user calls a worker or a client. */
export const nameLengthMax = 256;

/** Characters of the address of a worker. */
export const addressLengthMax = 1_024;

/** Who connects: a worker, or a client. */
export interface Hello {
  readonly role: "worker" | "client";
  /** Of a client that a worker connects for its tasks; default false. */
  readonly isOfTasks?: boolean | undefined;
  /** How its user calls it. */
  readonly name: string;
  /** The version of its package. */
  readonly version: string;
  /**
   * Which of the greetings of its process it is: who is known already is heard by later ones only,
   * so that one which was captured on its way is worth nothing. Not there where nobody comes back.
   */
  readonly attempt?: number | undefined;
  /** Of a worker: what it is known by when it comes back, which nobody can guess. */
  readonly instance?: string | undefined;
  /** Of a worker: where its values are found. */
  readonly address?: string | undefined;
  /** Of a client that can come back when its connection breaks. */
  readonly session?: SessionHello | undefined;
}

/** What a client and its scheduler go on with when their connection breaks. */
export interface SessionHello {
  /** A name that nobody can guess. */
  readonly id: string;
  /** Messages of the scheduler that have come; undefined where the session begins. */
  readonly heard: number | undefined;
}

/** The first word of a scheduler: it knows the peer from now on by the number `epoch`. */
export type Welcome =
  | {
      readonly kind: "welcome";
      readonly epoch: number;
      readonly version: string;
      readonly session?: SessionWelcome | undefined;
    }
  | { readonly kind: "mismatch"; readonly reason: string }
  /** Whoever connects may not be what it says. */
  | { readonly kind: "refused"; readonly reason: string }
  /** A worker of this name, `reason`, is there and alive. */
  | { readonly kind: "taken"; readonly reason: string }
  /** A worker at this address, `reason`, is there and alive. */
  | { readonly kind: "address-taken"; readonly reason: string }
  /** This process did not give others what it claimed to hold; another one may come instead. */
  | { readonly kind: "distrusted"; readonly reason: string }
  /** The session is not known, or no more. */
  | { readonly kind: "gone"; readonly reason: string };

const welcomeKinds = [
  "welcome",
  "mismatch",
  "refused",
  "taken",
  "address-taken",
  "distrusted",
  "gone",
] as const satisfies readonly Welcome["kind"][];

/** What a scheduler says of the session of a client. */
export interface SessionWelcome {
  /** Messages of the client that have come. */
  readonly heard: number;
  /** How long the session outlives a connection that broke. */
  readonly graceMs: number;
}

/** Says who connects, and gives the answer; rejects where there is none. */
export async function greet(socket: WebSocket, hello: Hello): Promise<Welcome> {
  // What cannot be said is found before there is a promise of an answer that nobody awaits.
  const said = encodeControl(packHello(hello), GREETING_LIMITS);
  const answer = firstMessage(socket);
  socket.send(said);
  const fields = await answer;
  const kind = fields.oneOf("kind", welcomeKinds);
  if (kind !== "welcome") return { kind, reason: fields.text("reason") };
  const session = fields.has("session")
    ? fields.object("session", (of) => ({
        heard: of.whole("heard"),
        graceMs: of.number("graceMs"),
      }))
    : undefined;
  return { kind, epoch: fields.whole("epoch"), version: fields.text("version", 64), session };
}

function packHello({ session, ...facts }: Hello): object {
  const message = { protocol: protocolVersion, ...facts };
  if (session === undefined) return message;
  const { id, heard } = session;
  return { ...message, session: heard === undefined ? { id } : { id, heard } };
}

/**
 * Hears who connects. Rejects where it is nobody of ours, and tells the peer why, before the socket
 * is closed.
 */
export async function hear(socket: WebSocket, version: string): Promise<Hello> {
  const fields = await firstMessage(socket);
  // Nothing else of another version need be as it is here.
  if (!fields.is("protocol", protocolVersion)) {
    const [role, theirs, protocol] = ["role", "version", "protocol"].map((of) => fields.told(of));
    const speaks = `${role} ${theirs} speaks protocol ${protocol}`;
    throw mismatched(socket, `${speaks}, scheduler ${version} needs ${protocolVersion}`);
  }
  const role = fields.oneOf("role", ["worker", "client"]);
  const theirVersion = fields.text("version", 64);
  if (lineOf(theirVersion) !== lineOf(version)) {
    const are = `${role} ${theirVersion} and scheduler ${version} are not of one version`;
    throw mismatched(socket, `${are} (${lineOf(version)}.x)`);
  }
  const isBack = role === "client" && fields.has("session");
  const session = isBack ? fields.object("session", readSession) : undefined;
  const isOfTasks = role === "client" && fields.has("isOfTasks") && fields.flag("isOfTasks");
  const name = fields.text("name", nameLengthMax);
  const hasInstance = role === "worker" && fields.has("instance");
  const instance = hasInstance ? fields.text("instance", 64) : undefined;
  const address = role === "worker" ? fields.text("address", addressLengthMax) : undefined;
  const isKnownAgain = session !== undefined || instance !== undefined;
  const attempt = isKnownAgain ? fields.whole("attempt") : undefined;
  return { role, isOfTasks, name, version: theirVersion, attempt, instance, address, session };
}

/**
 * Major and minor number of a version. Functions of the packages themselves travel by their names,
 * and may mean something else in the next minor version, whatever the messages look like.
 */
function lineOf(version: string): string {
  return version.split(".", 2).join(".");
}

/** Tells a peer why it does not fit, and gives the error. */
function mismatched(socket: WebSocket, why: string): DistributedError {
  const reason = `${why}: install the same version of both`;
  answer(socket, { kind: "mismatch", reason });
  return new DistributedError("distributed/version-mismatch", reason);
}

function readSession(fields: Fields): SessionHello {
  const heard = fields.has("heard") ? fields.whole("heard") : undefined;
  return { id: fields.text("id", 64), heard };
}

/** Answers who has connected. */
export function answer(socket: WebSocket, welcome: Welcome): void {
  if (welcome.kind !== "welcome") socket.send(encodeControl(welcome, GREETING_LIMITS));
  else {
    const { session, ...facts } = welcome;
    const message = session === undefined ? facts : { ...facts, session };
    socket.send(encodeControl(message, GREETING_LIMITS));
  }
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
      keepEarlyFrames(socket);
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
