import type { WebSocket } from "ws";
import { packageVersion } from "../../package-version.ts";
import { packToClient, unpackFromClient } from "../../wire/client-wire.ts";
import type { FromClient, ToClient } from "../../wire/client-wire.ts";
import type { Hello } from "../../wire/greeting.ts";
import { answer } from "../../wire/greeting.ts";
import { Session } from "../../wire/session.ts";

/** What becomes of clients. */
export interface ClientSessionsOptions {
  /** How long a client whose connection broke may be away. */
  readonly graceMs: number;
  readonly joined: (epoch: number, name: string) => void;
  readonly said: (epoch: number, messages: readonly FromClient[]) => void;
  readonly broke: (epoch: number, reason: string) => void;
  readonly resumed: (epoch: number) => void;
  readonly left: (epoch: number, reason: string) => void;
}

interface ClientSession {
  readonly epoch: number;
  /** Undefined where it cannot come back. */
  readonly id: string | undefined;
  readonly session: Session<ToClient, FromClient>;
  /** The greeting by which it came last. */
  attempt: number;
  /** Runs while it is away. */
  grace: NodeJS.Timeout | undefined;
}

/** Sessions that are known to be over; the one that ended first is forgotten. */
const overMax = 4_096;

/**
 * The clients of a scheduler. One whose connection broke stays what it was, under its number, until
 * it is back or was away for too long; it misses nothing.
 */
export class ClientSessions {
  readonly #options: ClientSessionsOptions;
  readonly #byEpoch = new Map<number, ClientSession>();
  readonly #byId = new Map<string, ClientSession>();
  /** Sessions that have ended, which nobody begins again. */
  readonly #over = new Set<string>();

  constructor(options: ClientSessionsOptions) {
    this.#options = options;
  }

  /** Those that are here, or may come back. */
  get size(): number {
    return this.#byEpoch.size;
  }

  /** Those that have a connection. */
  get hereCount(): number {
    let count = 0;
    for (const { grace } of this.#byEpoch.values()) if (grace === undefined) count++;
    return count;
  }

  send(epoch: number, message: ToClient): void {
    this.#byEpoch.get(epoch)?.session.send(message);
  }

  /** Greets a client that begins a session, by the number given, or goes on with one. */
  admit(socket: WebSocket, { name, session: hello, attempt = 0 }: Hello, epoch: number): void {
    const { id, heard } = hello ?? { id: undefined, heard: undefined };
    const known = id === undefined ? undefined : this.#byId.get(id);
    if (known !== undefined && attempt <= known.attempt) {
      turnAway(socket, name, "this greeting of the session, or a later one, was said before");
    }
    // One that never got the answer to its first word says it again.
    if (known === undefined && heard !== undefined) {
      turnAway(socket, name, "the scheduler does not know the session, or not any more");
    }
    if (id !== undefined && this.#over.has(id)) turnAway(socket, name, "the session is over");
    const client = known ?? this.#begin(id, epoch);
    client.attempt = attempt;
    clearTimeout(client.grace);
    client.grace = undefined;
    const session = { heard: client.session.heardCount, graceMs: this.#options.graceMs };
    answer(socket, { kind: "welcome", epoch: client.epoch, version: packageVersion, session });
    client.session.resume(socket, heard ?? 0);
    if (known === undefined) this.#options.joined(epoch, name);
    else this.#options.resumed(client.epoch);
  }

  #begin(id: string | undefined, epoch: number): ClientSession {
    const { graceMs, said, broke, left } = this.#options;
    const client: ClientSession = {
      epoch,
      id,
      session: new Session<ToClient, FromClient>({
        pack: packToClient,
        unpack: unpackFromClient,
        heard: (messages) => said(epoch, messages),
        broke: (reason) => {
          if (id === undefined) return client.session.end(reason);
          broke(epoch, reason);
          client.grace = setTimeout(() => client.session.end(reason), graceMs);
        },
        ended: (reason) => {
          this.#forget(client);
          left(epoch, reason);
        },
      }),
      attempt: 0,
      grace: undefined,
    };
    this.#byEpoch.set(epoch, client);
    if (id !== undefined) this.#byId.set(id, client);
    return client;
  }

  #forget(client: ClientSession): void {
    clearTimeout(client.grace);
    this.#byEpoch.delete(client.epoch);
    if (client.id === undefined) return;
    this.#byId.delete(client.id);
    this.#over.add(client.id);
    const [oldest] = this.#over;
    if (this.#over.size > overMax) this.#over.delete(oldest as string);
  }

  /** Sends a client away. */
  cut(epoch: number, reason: string): void {
    const client = this.#byEpoch.get(epoch);
    if (client === undefined) return;
    this.#forget(client);
    client.session.cut(reason);
    this.#options.left(epoch, reason);
  }

  /** Ends all of them. */
  close(reason: string): void {
    for (const client of this.#byEpoch.values()) {
      clearTimeout(client.grace);
      client.session.close(reason);
    }
  }
}

function turnAway(socket: WebSocket, name: string, reason: string): never {
  answer(socket, { kind: "gone", reason });
  throw new Error(`client ${name}: ${reason}`);
}
