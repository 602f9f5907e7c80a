import { X509Certificate } from "node:crypto";
import { checkServerIdentity } from "node:tls";
import type { PeerCertificate } from "node:tls";
import { refusedError } from "../../errors.ts";
import type { Tls } from "../../wire/tls.ts";

/** What a certificate made here is good for. */
export type Role = "scheduler" | "worker" | "client";

const ROLES: readonly Role[] = ["scheduler", "worker", "client"];
const PREFIX = "millrace ";

/** Options for `tls.createServer`, `https.createServer` and `tls.connect`: TLS 1.3, both ways. */
export interface TlsOptions extends Tls {
  readonly minVersion: "TLSv1.3";
  readonly requestCert: true;
  readonly rejectUnauthorized: true;
}

/** What the functions of node take. */
export function tlsOptions({ ca, cert, key }: Tls): TlsOptions {
  return { ca, cert, key, minVersion: "TLSv1.3", requestCert: true, rejectUnauthorized: true };
}

/** The organizational unit by which a certificate tells its role. */
export function unitOf(role: Role): string {
  return PREFIX + role;
}

/** What `getPeerCertificate()` of a TLS socket tells, as far as it matters here. */
export interface ShownCertificate {
  readonly subject?: { readonly OU?: string | readonly string[] | undefined } | undefined;
}

/**
 * The role in a certificate; undefined in one of another maker, which tells none and is good for
 * all.
 */
export function roleOf({ subject }: ShownCertificate): Role | undefined {
  const units = [subject?.OU ?? []].flat();
  return ROLES.find((role) => units.includes(unitOf(role)));
}

/** Why the other side must be refused, though its certificate is good; undefined where not. */
export function roleRefusal(shown: ShownCertificate, wanted: readonly Role[]): string | undefined {
  const role = roleOf(shown);
  if (role === undefined || wanted.includes(role)) return undefined;
  return `the certificate is one of a ${role}, wanted one of a ${wanted.join(" or ")}`;
}

/** What who connects to a scheduler gives node. */
export interface TlsToScheduler extends TlsOptions {
  readonly checkServerIdentity: (host: string, shown: PeerCertificate) => Error | undefined;
}

/**
 * The same for whoever connects to the scheduler at `url`. Who has the certificate of a worker must
 * not pass for it, which is found out before the token is sent.
 */
export function tlsToScheduler(url: string, tls: Tls): TlsToScheduler {
  return {
    ...tlsOptions(tls),
    checkServerIdentity: (host, shown) => {
      const refusal = roleRefusal(shown, ["scheduler"]);
      return refusal === undefined ? checkServerIdentity(host, shown) : refusedError(url, refusal);
    },
  };
}

/** The names and addresses that the own certificate stands for. */
export function certifiedNames({ cert }: Tls): string[] {
  const names = new X509Certificate(cert).subjectAltName ?? "";
  return names.split(", ").flatMap((each) => /^(?:DNS|IP Address):(.+)$/.exec(each)?.[1] ?? []);
}
