import type { IncomingMessage } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import type { TLSSocket } from "node:tls";
import { allowedHosts, refusalOf } from "../../deploy/security/refusal-of.ts";
import { isLoopback } from "../../deploy/security/is-loopback.ts";
import { certifiedNames, roleRefusal } from "../../deploy/security/tls.ts";
import type { Role } from "../../deploy/security/tls.ts";
import { bearerOf, isToken } from "../../deploy/security/token.ts";
import type { Log } from "../../log.ts";
import type { SchedulerServerOptions } from "./scheduler-server-options.ts";
import { WrongTokens } from "./wrong-tokens.ts";

/** What a request that may not come in is answered. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** When it may be tried again. */
  readonly afterS?: number;
}

/** Says of requests whether they may come in, before anything else of them is looked at. */
export class Admission {
  readonly #hosts: readonly string[];
  readonly #token: string | undefined;
  readonly #hasTls: boolean;
  readonly #wrong = new WrongTokens();
  readonly #log: Pick<Log, "warn">;

  constructor({ host, token, tls, hosts = [], log }: SchedulerServerOptions) {
    const interfaces = Object.values(networkInterfaces()).flat();
    this.#hosts = allowedHosts({
      host,
      machine: hostname(),
      addresses: interfaces.flatMap((each) => each?.address ?? []),
      certified: tls === undefined ? [] : certifiedNames(tls),
      named: hosts,
    });
    this.#token = token;
    this.#hasTls = tls !== undefined;
    this.#log = log;
  }

  /** Why a request is not even answered, whoever it is of; undefined where it may be. */
  strangerRefusalOf({ headers, headersDistinct }: IncomingMessage): Refusal | undefined {
    // Which of two is meant others on the way may see in another way.
    const twice = single.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
    if (twice !== undefined) return { status: 400, reason: `the header ${twice} is there twice` };
    const reason = refusalOf(headers, this.#hosts);
    return reason === undefined ? undefined : { status: 403, reason };
  }

  /** Why a request may not come in; undefined where it may. */
  refusalOf(request: IncomingMessage): Refusal | undefined {
    const stranger = this.strangerRefusalOf(request);
    if (stranger !== undefined) return stranger;
    return this.#tokenRefusalOf(request) ?? this.roleRefusalOf(request);
  }

  /**
   * Who guesses is turned away for a while: from another machine all that it says, from this one
   * only what is wrong. All users of this machine have one address, and none of them may keep out
   * the one who has the token.
   */
  #tokenRefusalOf({ headers, socket }: IncomingMessage): Refusal | undefined {
    if (this.#token === undefined) return undefined;
    const { remoteAddress: from = "" } = socket;
    const given = bearerOf(headers);
    if (!isLoopback(from) && given !== undefined) {
      const afterS = this.#wrong.lockedS(from, performance.now());
      if (afterS > 0) return guessed(afterS);
    }
    if (isToken(given, this.#token)) return undefined;
    // Who says nothing guesses nothing.
    return given === undefined ? notLetIn : this.wrongTokenOf(from);
  }

  /** Somebody has shown what is no token, nor made with it. */
  wrongTokenOf(from: string): Refusal {
    const nowMs = performance.now();
    if (this.#wrong.note(from, nowMs)) {
      this.#log.warn("wrong tokens", { from, afterS: this.#wrong.lockedS(from, nowMs) });
    }
    const afterS = this.#wrong.lockedS(from, nowMs);
    return afterS > 0 ? guessed(afterS) : notLetIn;
  }

  /** Why the certificate of who asks is not one for this; undefined where it is, or none is due. */
  roleRefusalOf(
    { socket }: IncomingMessage,
    wanted: readonly Role[] = ["worker", "client"],
  ): Refusal | undefined {
    if (!this.#hasTls) return undefined;
    const shown = (socket as TLSSocket).getPeerCertificate();
    const wrongRole = roleRefusal(shown, wanted);
    return wrongRole === undefined ? undefined : { status: 403, reason: wrongRole };
  }
}

/** Headers that decide who may come in. */
const single = ["host", "authorization", "origin", "sec-fetch-site"] as const;

const notLetIn: Refusal = { status: 401, reason: "the token is missing or wrong" };

function guessed(afterS: number): Refusal {
  const reason = `too many wrong tokens came from this address, try again in ${afterS} s`;
  return { status: 429, reason, afterS };
}
