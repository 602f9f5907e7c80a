/** Certificates for TLS in both directions, as PEM texts. */
export interface Tls {
  /** The authority that has signed the certificates of all peers. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}
