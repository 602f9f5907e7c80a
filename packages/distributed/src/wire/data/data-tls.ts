import type { Socket } from "node:net";
import { TLSSocket, type PeerCertificate } from "node:tls";
import type { TlsOptions } from "../../deploy/security/tls.ts";
import { roleRefusal, tlsOptions } from "../../deploy/security/tls.ts";
import type { Tls } from "../tls.ts";
import type { DataRole } from "./greeting.ts";

/** What node takes, on either side. */
export interface TlsSettings extends TlsOptions {
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/**
 * Both sides must have a certificate of `ca`. The name in it is not compared: workers come and go
 * at addresses that nobody knows when certificates are made, and `ca` stands for one cluster. Who
 * serves must be a worker, which is found out before it is shown the token.
 */
export function tlsSettings(tls: Tls): TlsSettings {
  return {
    ...tlsOptions(tls),
    checkServerIdentity: (_host, shown) => {
      const refusal = roleRefusal(shown, ["worker"]);
      return refusal === undefined ? undefined : new Error(refusal);
    },
  };
}

/** Why who calls itself a worker or a client must be refused for its certificate. */
export function dataRoleRefusal(socket: Socket, role: DataRole): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // What a client may do here a worker may, too: its tasks have clients.
  const wanted = role === "worker" ? (["worker"] as const) : (["worker", "client"] as const);
  return roleRefusal(socket.getPeerCertificate(), wanted);
}
