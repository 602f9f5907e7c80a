import type { IncomingMessage } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import type { TLSSocket } from "node:tls";
import { allowedHosts, refusalOf } from "../../deploy/security/refusal-of.ts";
import { certifiedNames, roleRefusal } from "../../deploy/security/tls.ts";
import type { Role } from "../../deploy/security/tls.ts";
import { bearerOf, isToken } from "../../deploy/security/token.ts";
import type { SchedulerServerOptions } from "./scheduler-server-options.ts";

/** What a request that may not come in is answered. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** Says of requests whether they may come in, before anything else of them is looked at. */
export class Admission {
  readonly #hosts: readonly string[];
  readonly #token: string | undefined;
  readonly #hasTls: boolean;

  constructor({ host, token, tls, hosts = [] }: SchedulerServerOptions) {
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
  }

  /** Why a request is not even answered, whoever it is of; undefined where it may be. */
  strangerRefusalOf({ headers }: IncomingMessage): Refusal | undefined {
    const reason = refusalOf(headers, this.#hosts);
    return reason === undefined ? undefined : { status: 403, reason };
  }

  /** Why a request may not come in; undefined where it may. */
  refusalOf(request: IncomingMessage): Refusal | undefined {
    const stranger = this.strangerRefusalOf(request);
    if (stranger !== undefined) return stranger;
    if (this.#token !== undefined && !isToken(bearerOf(request.headers), this.#token)) {
      return { status: 401, reason: "the token is missing or wrong" };
    }
    return this.roleRefusalOf(request);
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
