import type { PeerCertificate } from "node:tls";
import type { TlsOptions } from "../../deploy/security/tls.ts";
import { tlsOptions } from "../../deploy/security/tls.ts";
import type { Tls } from "../tls.ts";

/** What node takes, on either side. */
export interface TlsSettings extends TlsOptions {
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => undefined;
}

/**
 * Both sides must have a certificate of `ca`. The name in it is not compared: workers come and go
 * at addresses that nobody knows when certificates are made, and `ca` stands for one cluster.
 */
export function tlsSettings(tls: Tls): TlsSettings {
  return { ...tlsOptions(tls), checkServerIdentity: () => undefined };
}
