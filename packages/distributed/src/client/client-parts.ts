import { packFromClient, unpackToClient } from "../wire/client-wire.ts";
import type { FromClient, ToClient } from "../wire/client-wire.ts";
import { Connection } from "../wire/connection.ts";
import { DataClient } from "../wire/data/data-client.ts";
import type { SchedulerAddress } from "../wire/dial.ts";
import { reach } from "../wire/dial.ts";
import { hostIdentity } from "../worker/store/process-identity.ts";
import { Bringing } from "./bring.ts";
import type { ClientTransport } from "./client-options.ts";
import { Coordinating } from "./coordination/coordinating.ts";
import { Publishing } from "./coordination/publishing.ts";
import { Scattering } from "./futures/scatter.ts";
import { Submitting } from "./futures/submit.ts";
import { RunClient } from "./run-client.ts";

/** What a client consists of. */
export interface ClientParts {
  readonly connection: Connection<FromClient, ToClient>;
  readonly runs: RunClient;
  readonly submitting: Submitting;
  readonly scattering: Scattering;
  readonly coordinating: Coordinating;
  readonly publishing: Publishing;
  /** The scheduler is gone, or is given up: nothing will be answered any more. */
  lost(reason: string): void;
}

/** Connects to a scheduler over the network. */
export async function dialTransport(
  address: SchedulerAddress,
  name: string,
  timeoutMs: number,
): Promise<ClientTransport> {
  const { socket } = await reach(address, { role: "client", name }, timeoutMs);
  const { token, tls } = address;
  const data = new DataClient({ token, tls, host: hostIdentity(), role: "client" });
  return { socket, data, address, isShared: false };
}

/** The parts of a client, joined: what is heard goes to whom it is for. */
export function joinParts({ socket, data }: ClientTransport): ClientParts {
  const bringing = new Bringing(data);
  const runs = new RunClient({
    tell: (message) => connection.send(message),
    bring: (from) => bringing.bring(from),
  });
  const submitting = new Submitting(runs);
  const coordinating = new Coordinating(runs, (message) => connection.send(message));
  const lost = (reason: string): void => {
    runs.lost(reason);
    coordinating.lost(reason);
  };
  const connection: ClientParts["connection"] = new Connection(socket, {
    pack: packFromClient,
    unpack: unpackToClient,
    heard: (messages) => {
      for (const message of messages) {
        if (message.kind === "coordinated") coordinating.told(message);
        else {
          if (message.kind === "finished") bringing.meet(message.peers);
          runs.told(message);
        }
      }
    },
    closed: lost,
  });
  const scattering = new Scattering(runs, data);
  const publishing = new Publishing(coordinating, submitting);
  return { connection, runs, submitting, scattering, coordinating, publishing, lost };
}
