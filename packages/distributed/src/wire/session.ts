import type { FrameSocket } from "./connection.ts";
import { Connection } from "./connection.ts";
import type { Fields } from "./incoming.ts";
import { KeptMessages } from "./kept-messages.ts";
import type { Outgoing } from "./outgoing.ts";

/** What a session says and hears, and what becomes of it. */
export interface SessionOptions<Out, In> {
  readonly pack: (message: Out, out: Outgoing) => unknown;
  readonly unpack: (fields: Fields) => In;
  /** Messages have come, each once and in the order in which they were said. */
  readonly heard: (messages: readonly In[]) => void;
  /** The connection broke; `resume` with another one goes on where it was. */
  readonly broke: (reason: string) => void;
  /** It is over, by either side; called once. */
  readonly ended: (reason: string) => void;
}

/** The other side hears that so many messages are here, as soon as it was not told of so many … */
const confirmAfterCount = 64;
/** … or when so long has passed. */
const confirmAfterMs = 200;
/** A side that is away misses no more: a scheduler must not drown in what it cannot say. */
const missedMax = 100_000;

/** A message, or how many messages of the other side have come, which is no message itself. */
type Said<T> =
  { readonly confirms: number } | { readonly confirms: undefined; readonly message: T };

/**
 * Messages over one connection after the other: what a connection had not brought over when it
 * broke is said again on the next one, and nothing is heard twice. Whoever closes it ends it.
 */
export class Session<Out, In> {
  readonly #options: SessionOptions<Out, In>;
  readonly #book = new KeptMessages<Out>();
  #connection: Connection<Said<Out>, Said<In>> | undefined;
  #confirming: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: SessionOptions<Out, In>) {
    this.#options = options;
  }

  /** How many messages have come, which the other side must know to resume. */
  get heardCount(): number {
    return this.#book.heardCount;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends a message, now or on the next connection. */
  send(message: Out): void {
    if (this.#isOver) return;
    this.#book.said(message);
    if (this.#connection !== undefined) {
      this.#connection.send({ confirms: undefined, message });
    } else if (this.#book.keptCount > missedMax) {
      this.end(`more than ${missedMax} messages were missed`);
    }
  }

  /** Goes on with a connection whose other side has heard so many messages. */
  resume(socket: FrameSocket, theirCount: number): void {
    // A peer that believes in the old one may be on its way back already: that is no end.
    this.#connection?.drop("another connection of the same session has come");
    const connection: Connection<Said<Out>, Said<In>> = new Connection(socket, {
      pack: (said, out) => this.#pack(said, out),
      unpack: (fields) => this.#unpack(fields),
      heard: (messages) => this.#heard(messages),
      closed: (reason, isBroken) => {
        if (this.#connection !== connection) return;
        this.#connection = undefined;
        if (!isBroken) this.end(reason);
        else if (!this.#isOver) this.#options.broke(reason);
      },
    });
    this.#connection = connection;
    if (!this.#book.arrived(theirCount)) {
      connection.cut("a session that has heard what was never said");
      return;
    }
    this.#book.confirm();
    for (const message of this.#book.unheard) connection.send({ confirms: undefined, message });
  }

  #pack(said: Said<Out>, out: Outgoing): unknown {
    if (said.confirms === undefined) return this.#options.pack(said.message, out);
    return { heard: said.confirms };
  }

  #unpack(fields: Fields): Said<In> {
    if (fields.has("heard")) return { confirms: fields.whole("heard") };
    return { confirms: undefined, message: this.#options.unpack(fields) };
  }

  #heard(all: readonly Said<In>[]): void {
    const messages: In[] = [];
    for (const said of all) {
      if (said.confirms === undefined) messages.push(said.message);
      else if (!this.#book.arrived(said.confirms)) {
        this.#connection?.cut("a side that has heard what was never said");
        return;
      }
    }
    if (messages.length === 0) return;
    this.#book.heard(messages.length);
    if (this.#book.unconfirmedCount >= confirmAfterCount) this.#confirm();
    else this.#confirming ??= setTimeout(() => this.#confirm(), confirmAfterMs).unref();
    this.#options.heard(messages);
  }

  #confirm(): void {
    clearTimeout(this.#confirming);
    this.#confirming = undefined;
    if (this.#connection === undefined || this.#book.unconfirmedCount === 0) return;
    this.#connection.send({ confirms: this.#book.confirm() });
  }

  /** Ends it after what has been sent; the other side is told why. */
  close(reason: string): void {
    this.#over();
    this.#connection?.close(reason);
  }

  /** Ends it at once; the other side is told why. */
  cut(reason: string): void {
    this.#over();
    this.#connection?.cut(reason);
    this.#connection = undefined;
  }

  /** It is over: there will be no other connection. */
  end(reason: string): void {
    if (this.#isOver) return;
    this.#over();
    this.#options.ended(reason);
  }

  #over(): void {
    this.#isOver = true;
    clearTimeout(this.#confirming);
  }
}
