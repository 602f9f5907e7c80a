import { createHmac, randomBytes } from "node:crypto";
import { isToken } from "./token.ts";

/** A link to the page of a scheduler is good for so long. */
export const ticketMs: number = 15 * 60_000;
/** Clocks of two machines may differ by so much. */
const skewMs = 5 * 60_000;
const shape = /^([0-9a-z]{1,11})\.([\w-]{22})\.([\w-]{43})$/;

/** What a ticket says that the token has signed. */
export interface PageTicket {
  /** No two tickets have the same. */
  readonly nonce: string;
  /** It is good until then, milliseconds since 1970. */
  readonly untilMs: number;
}

/**
 * A text that lets a browser in once. It is made of the token and does not tell it: an address is
 * kept in histories and shown on screens.
 */
export function createTicket(token: string, nowMs: number): string {
  const said = `${Math.floor(nowMs).toString(36)}.${randomBytes(16).toString("base64url")}`;
  return `${said}.${signatureOf(said, token)}`;
}

/** What a ticket says; undefined where it is none of this token, or too old. */
export function readTicket(text: string, token: string, nowMs: number): PageTicket | undefined {
  const [, issued = "", nonce = "", signature = ""] = shape.exec(text) ?? [];
  const isSigned = isToken(signature, signatureOf(`${issued}.${nonce}`, token));
  const issuedMs = Number.parseInt(issued, 36);
  const untilMs = issuedMs + ticketMs + skewMs;
  if (!isSigned || nowMs > untilMs || issuedMs > nowMs + skewMs) return undefined;
  return { nonce, untilMs };
}

/** The address of the page of a scheduler, for a browser; it can be opened once. */
export function pageUrl(url: string, token: string | undefined, nowMs: number): string {
  const page = `${url.replace(/^ws/, "http")}/`;
  return token === undefined ? page : `${page}?token=${createTicket(token, nowMs)}`;
}

function signatureOf(said: string, token: string): string {
  return createHmac("sha256", token).update(`millrace page\n${said}`).digest("base64url");
}
