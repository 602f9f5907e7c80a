import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { packFromClient, unpackToClient } from "../wire/client-wire.ts";
import type { FromClient, ToClient } from "../wire/client-wire.ts";
import { DataClient } from "../wire/data/data-client.ts";
import type { SchedulerAddress } from "../wire/dial.ts";
import { reach } from "../wire/dial.ts";
import { expectSignsOfLife } from "../wire/signs-of-life.ts";
import { Session } from "../wire/session.ts";
import { hostIdentity } from "../worker/store/process-identity.ts";
import { Actors } from "./actors/actor.ts";
import { atExit } from "./at-exit.ts";
import { receivingActors } from "./actors/handle.ts";
import { Bringing } from "./bring.ts";
import { bytesMaxDefault } from "./byte-budget.ts";
import type { ClientOptions, ClientTransport, Redial } from "./client-options.ts";
import { Coordinating } from "./coordination/coordinating.ts";
import { Publishing } from "./coordination/publishing.ts";
import { Scattering } from "./futures/scatter.ts";
import { Submitting } from "./futures/submit.ts";
import { RunClient } from "./run-client.ts";
import { Uploads } from "./uploads/uploads.ts";
import { Watching } from "./watch/watching.ts";

export { addressOf } from "./connect-to.ts";

/** What a client consists of. */
export interface ClientParts {
  readonly runs: RunClient;
  readonly submitting: Submitting;
  readonly scattering: Scattering;
  readonly coordinating: Coordinating;
  readonly publishing: Publishing;
  readonly actors: Actors;
  readonly uploads: Uploads;
  readonly watching: Watching;
  /** Gives the scheduler up: nothing will be answered any more. */
  close(reason: string): Promise<void>;
}

const timeoutMsDefault = 10_000;
/** A connection that broke at once is not followed by another one at once. */
const redialAfterMs = 50;
/** Where nobody has listened for so long the scheduler is gone, not the network. */
const absentMs = 3_000;

/** How a client comes to a scheduler. */
interface Dialing extends Pick<ClientOptions, "name" | "timeoutMs" | "bytesMax"> {
  /** Gets what each connection goes over. */
  readonly carried?: (carrier: Socket) => void;
}

/** Connects to a scheduler over the network. */
export async function dialTransport(
  address: SchedulerAddress,
  { name = "client", timeoutMs = timeoutMsDefault, bytesMax, carried = () => undefined }: Dialing,
): Promise<ClientTransport> {
  const id = randomUUID();
  const helloOf = (heard: number | undefined) =>
    ({ role: "client", name, session: { id, heard } }) as const;
  const { socket, carrier, session } = await reach(address, helloOf(undefined), timeoutMs);
  carried(carrier);
  expectSignsOfLife(socket);
  const graceMs = session?.graceMs ?? 0;
  const { token, tls } = address;
  const data = new DataClient({ token, tls, host: hostIdentity(), role: "client" });
  const redial: Redial = async (heardCount, signal) => {
    await sleep(redialAfterMs, undefined, { signal });
    const dialed = await reach(address, helloOf(heardCount), graceMs, { signal, absentMs });
    carried(dialed.carrier);
    expectSignsOfLife(dialed.socket);
    return { socket: dialed.socket, heardCount: dialed.session?.heard ?? 0 };
  };
  return { name, socket, redial, data, address, isShared: false, bytesMax };
}

/** The parts of a client, joined: what is heard goes to whom it is for. */
export function joinParts(transport: ClientTransport): ClientParts {
  const { socket, redial, data, bytesMax } = transport;
  const closing = new AbortController();
  const bringing = new Bringing(data);
  const session: Session<FromClient, ToClient> = new Session<FromClient, ToClient>({
    pack: packFromClient,
    unpack: unpackToClient,
    heard: (messages) => {
      try {
        for (const message of messages) {
          if (message.kind === "coordinated") coordinating.told(message);
          else {
            if (message.kind === "finished") bringing.heard(message);
            runs.told(message);
          }
        }
      } catch (error) {
        // A mistake of ours: all that was asked for fails, and the program goes on.
        const reason = `a message could not be taken: ${String(error)}`;
        session.cut(reason);
        lost(reason);
      }
    },
    broke: (reason) => {
      if (redial === undefined) session.end(reason);
      else void goOn(session, redial, reason, closing.signal);
    },
    ended: (reason) => lost(reason),
  });
  const runs = new RunClient({
    tell: (message) => session.send(message),
    bring: (from) => bringing.bring(from),
    bytesMax: bytesMax ?? bytesMaxDefault,
    receive: (decode) => receivingActors((address) => actors.take(address), decode),
  });
  const submitting = new Submitting(runs);
  const coordinating = new Coordinating(runs, (message) => session.send(message));
  const lost = (reason: string, isClosed = false): void => {
    callOff();
    runs.lost(reason, isClosed);
    coordinating.lost(reason, isClosed);
  };
  // Else the scheduler would wait for this client to come back, and work for it meanwhile.
  const callOff = atExit(() => session.close("its process has ended"));
  const close = async (reason: string): Promise<void> => {
    callOff();
    await coordinating.leave();
    lost(reason, true);
    closing.abort();
    session.close(reason);
    await data.close();
  };
  session.resume(socket, 0);
  const scattering = new Scattering(runs, data);
  const publishing = new Publishing(coordinating, submitting);
  const actors = new Actors(coordinating, submitting);
  const uploads = new Uploads(coordinating, scattering);
  const watching = new Watching(transport);
  const values = { runs, submitting, scattering };
  const shared = { coordinating, publishing, actors, uploads };
  return { ...values, ...shared, watching, close };
}

/** A connection broke: what was asked for goes on, where another one is found in time. */
async function goOn(
  session: Session<FromClient, ToClient>,
  redial: Redial,
  broke: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { socket, heardCount } = await redial(session.heardCount, signal);
    if (signal.aborted) socket.terminate();
    else session.resume(socket, heardCount);
  } catch (error) {
    session.end(`${broke}; ${(error as Error).message}`);
  }
}
