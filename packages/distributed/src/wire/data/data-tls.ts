import type { PeerCertificate } from "node:tls";

/** Who a process is, as PEM texts; both sides of a connection show a certificate. */
export interface DataTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What node takes, on either side. */
export interface TlsSettings extends DataTls {
  readonly minVersion: "TLSv1.3";
  readonly requestCert: true;
  readonly rejectUnauthorized: true;
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => undefined;
}

/**
 * Both sides must have a certificate of `ca`. The name in it is not compared: workers come and go
 * at addresses that nobody knows when certificates are made, and `ca` stands for one cluster.
 */
export function tlsSettings({ ca, cert, key }: DataTls): TlsSettings {
  return {
    ca,
    cert,
    key,
    minVersion: "TLSv1.3",
    requestCert: true,
    rejectUnauthorized: true,
    checkServerIdentity: () => undefined,
  };
}
