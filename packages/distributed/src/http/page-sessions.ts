import { createHash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { readTicket } from "../deploy/security/page-ticket.ts";

/** A browser stays in for so long. */
const sessionMs = 12 * 3_600_000;
/** Browsers that are in at a time; the one that came first is out when another comes. */
const sessionsMax = 64;
/** Tickets that were used and would still be good. */
const usedMax = 1_024;

/**
 * Browsers that were let in by a ticket. Each has a cookie with a secret of its own, which is good
 * for looking only: it opens no connection that can do anything.
 */
export class PageSessions {
  /** When each ends, by the digest of its secret. */
  readonly #ends = new Map<string, number>();
  /** Until when each used ticket would be good, by its nonce. */
  readonly #used = new Map<string, number>();
  readonly #token: string;
  readonly #name: string;
  readonly #attributes: string;

  constructor(token: string, port: number, isSecure: boolean) {
    this.#token = token;
    // Cookies do not tell ports apart, and there may be more schedulers on this host.
    this.#name = `${isSecure ? "__Host-" : ""}millrace-${port}`;
    const age = `Max-Age=${sessionMs / 1_000}`;
    this.#attributes = `Path=/; HttpOnly; SameSite=Strict; ${age}${isSecure ? "; Secure" : ""}`;
  }

  /** The cookie for a browser that shows a ticket; undefined where that is no good, or was used. */
  redeem(text: string, nowMs: number): string | undefined {
    const ticket = readTicket(text, this.#token, nowMs);
    if (ticket === undefined || this.#used.has(ticket.nonce)) return undefined;
    for (const [nonce, untilMs] of this.#used) if (untilMs < nowMs) this.#used.delete(nonce);
    if (this.#used.size >= usedMax) return undefined;
    this.#used.set(ticket.nonce, ticket.untilMs);
    const secret = randomBytes(32).toString("base64url");
    this.#ends.set(digestOf(secret), nowMs + sessionMs);
    if (this.#ends.size > sessionsMax) {
      const [oldest] = this.#ends.keys() as Iterable<string>;
      this.#ends.delete(oldest as string);
    }
    return `${this.#name}=${secret}; ${this.#attributes}`;
  }

  /** Whether a request has the cookie of a browser that is in. */
  isOpen({ cookie = "" }: IncomingHttpHeaders, nowMs: number): boolean {
    return cookie.split(";").some((pair) => {
      const at = pair.indexOf("=");
      if (pair.slice(0, at).trim() !== this.#name) return false;
      // Digests are looked up, so that the time tells nothing of a secret.
      const endMs = this.#ends.get(digestOf(pair.slice(at + 1).trim()));
      return endMs !== undefined && nowMs < endMs;
    });
  }
}

function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64");
}
