import type { Socket } from "node:net";
import { isToken } from "../../deploy/security/token.ts";
import { decodeControl } from "../../codec/control/control-frame.ts";
import { CONTROL_LIMITS, GREETING_LIMITS } from "../../codec/control/control-limits.ts";
import { adoptSocket } from "./adopt-socket.ts";
import { answerFetch, type FetchRequest } from "./answer-fetch.ts";
import { DataFault } from "./data-error.ts";
import { ANSWER_LIMITS } from "./data-limits.ts";
import { requestFrom } from "./data-messages.ts";
import { dataRoleRefusal } from "./data-tls.ts";
import { Deadline } from "./deadline.ts";
import { FrameReader } from "./frame-reader.ts";
import { MAGIC, PROTOCOL_VERSION, decodeHello, encodeGreeting, type Welcome } from "./greeting.ts";
import { Outgoing, SocketGone } from "./outgoing.ts";
import { ServedPush } from "./served-push.ts";
import type { ServerParts } from "./server-parts.ts";

/** What a connection tells its server. */
export interface ConnectionOwner {
  /** A peer has shown its token: undefined where it may stay, or why not. */
  authenticated(connection: ServedConnection): string | undefined;
  closed(connection: ServedConnection): unknown;
}

/** So long a refused peer is listened to: closing on unread bytes would lose what it is told. */
const LINGER_MS = 2_000;
/** Reasons in one answer to a push; of the others only the number is told. */
const REASONS_MAX = 1_000;

/** One peer: a greeting, then requests that are answered one after the other. */
export class ServedConnection {
  readonly socket: Socket;
  readonly #parts: ServerParts;
  readonly #owner: ConnectionOwner;
  readonly #reader: FrameReader;
  readonly #out: Outgoing;
  readonly #deadline: Deadline;
  #handshake: NodeJS.Timeout | undefined;
  #state: "greeting" | "open" | "refused" = "greeting";
  #isChecked = false;
  readonly #requests: (FetchRequest | ServedPush)[] = [];
  /** The push of which blocks are coming in. */
  #push: ServedPush | undefined;
  #isAnswering = false;

  /** `accepted` is paused where it is a plain one. */
  constructor(accepted: Socket, parts: ServerParts, owner: ConnectionOwner) {
    this.#parts = parts;
    this.#owner = owner;
    this.#reader = new FrameReader(
      {
        greeted: (magic, version) => this.#greeted(magic, version),
        frame: (bytes) => this.#frame(bytes),
        begun: (byteCount) => this.#push?.taker.begin(byteCount),
        completed: (check) => this.#push?.taker.complete(check),
      },
      GREETING_LIMITS.frameBytesMax,
    );
    const adopted = adoptSocket(accepted, {
      buffer: () => this.#reader.destination(),
      callback: (byteCount) => this.#heard(() => this.#reader.read(byteCount)),
    });
    const socket = adopted ?? accepted;
    this.socket = socket;
    this.#out = new Outgoing(socket, ANSWER_LIMITS);
    this.#deadline = new Deadline(socket, () => this.#late());
    this.#handshake = setTimeout(() => this.close("no greeting"), parts.limits.handshakeMs);
    this.#handshake.unref();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, parts.limits.progressMs);
    socket.on("error", (error) => this.close(error.message));
    if (adopted === undefined) {
      socket.on("data", (bytes: Buffer) => this.#heard(() => this.#reader.take(bytes)));
      socket.resume();
    }
    socket.on("end", () => this.close("the peer is done"));
    socket.on("close", () => this.#closed());
  }

  /** Nothing is asked, answered or coming in. */
  get isIdle(): boolean {
    return this.#requests.length === 0 && this.#push === undefined && this.#reader.isBetween;
  }

  /** It has begun to send something, and nothing keeps it from going on. */
  get #isPeersTurn(): boolean {
    const isCut = this.#push !== undefined || !this.#reader.isBetween;
    return isCut && !this.socket.isPaused();
  }

  close(reason: string): void {
    if (this.socket.destroyed) return;
    this.#parts.log?.debug("data connection closed", { reason, peer: this.socket.remoteAddress });
    this.socket.destroy();
  }

  #closed(): void {
    clearTimeout(this.#handshake);
    this.#reader.stop();
    for (const request of this.#requests) if (request instanceof ServedPush) request.abandon();
    this.#push = undefined;
    this.#parts.answers.recount();
    this.#parts.bytes.recount();
    this.#owner.closed(this);
  }

  /** Takes what has come; true, so that more is read. */
  #heard(take: () => void): boolean {
    try {
      take();
    } catch (error) {
      this.#parts.log?.warn("data connection sends what is no request", {
        reason: String(error),
        peer: this.socket.remoteAddress,
      });
      this.close(error instanceof DataFault ? error.message : String(error));
      return true;
    }
    this.#settle();
    return true;
  }

  #greeted(magic: number, version: number): void {
    // Whoever is not one of us is told nothing.
    if (magic !== MAGIC) throw new DataFault("a greeting of something else");
    if (version === PROTOCOL_VERSION) return;
    this.#refuse("version", `this worker speaks version ${PROTOCOL_VERSION}, not ${version}`);
  }

  #frame(bytes: Uint8Array): void {
    if (this.#state === "greeting") this.#hello(bytes);
    else if (this.#state === "open") this.#request(bytes);
  }

  #hello(bytes: Uint8Array): void {
    const { role, token, isChecked } = decodeHello(bytes);
    const { log } = this.#parts;
    if (this.#parts.token !== undefined && !isToken(token, this.#parts.token)) {
      log?.warn("data peer refused: wrong token", { peer: this.socket.remoteAddress, role });
      return this.#refuse("token", "the token is not the one of this cluster");
    }
    const refusal = dataRoleRefusal(this.socket, role) ?? this.#owner.authenticated(this);
    if (refusal !== undefined) return this.#refuse("other", refusal);
    clearTimeout(this.#handshake);
    this.#state = "open";
    this.#isChecked = isChecked;
    this.#out.isChecked = isChecked;
    this.#reader.isChecked = isChecked;
    this.#reader.frameBytesMax = CONTROL_LIMITS.frameBytesMax;
    this.#out.raw(encodeGreeting({ kind: "welcome" }));
    this.#out.flush();
  }

  #refuse(why: Extract<Welcome, { kind: "refused" }>["why"], reason: string): void {
    this.#state = "refused";
    this.#reader.stop();
    this.#out.raw(encodeGreeting({ kind: "refused", why, reason }));
    this.#out.flush();
    this.socket.end();
    clearTimeout(this.#handshake);
    this.#handshake = setTimeout(() => this.close(reason), LINGER_MS);
    this.#handshake.unref();
  }

  #request(bytes: Uint8Array): void {
    const request = requestFrom(decodeControl(bytes));
    const push = this.#push;
    switch (request.kind) {
      case "fetch":
        if (push !== undefined) throw new DataFault("a question among blocks");
        this.#requests.push(request);
        break;
      case "push": {
        if (push !== undefined) throw new DataFault("a push among blocks");
        const { number } = request;
        const next = new ServedPush(this.#parts, number, this.#isChecked, () => this.#settle());
        this.#push = next;
        this.#requests.push(next);
        break;
      }
      case "named-blocks":
        if (push === undefined) throw new DataFault("blocks that nobody has asked for");
        this.#reader.expect(push.table(request));
        break;
      case "pushed":
        if (push === undefined) throw new DataFault("the end of nothing");
        push.complete(request.checks);
        this.#push = undefined;
        break;
    }
    if (!this.#isAnswering) void this.#answerAll();
  }

  /** Answers what was asked, in order. It does not throw. */
  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    const isGone = (): boolean => this.socket.destroyed;
    // Whoever waits for a disk, or a turn, hears that somebody is there.
    const waits = setInterval(() => this.#sayWait(), this.#parts.limits.progressMs / 3);
    waits.unref();
    try {
      for (let next = this.#requests[0]; next !== undefined; next = this.#requests[0]) {
        if (next instanceof ServedPush) await this.#answerPush(next);
        else if (await this.#parts.answers.enter(1, isGone)) {
          try {
            await answerFetch(this.#parts, this.#out, next, isGone);
          } finally {
            this.#parts.answers.leave(1);
          }
        }
        this.#requests.shift();
        this.#settle();
      }
    } catch (error) {
      if (!(error instanceof SocketGone)) {
        this.#parts.log?.warn("data answer failed", { reason: String(error) });
        this.close(String(error));
      }
    }
    clearInterval(waits);
    this.#isAnswering = false;
  }

  async #answerPush({ number, outcome }: ServedPush): Promise<void> {
    const refused = [...(await outcome)];
    const reasons = refused.map(([, reason], n) => (n < REASONS_MAX ? reason : "as the others"));
    const places = Int32Array.from(refused, ([at]) => at);
    this.#out.frame({ kind: "taken", number, refused: places, reasons });
    this.#out.flush();
    await this.#out.room();
  }

  #sayWait(): void {
    // To a peer that should go on itself this would look like progress, and it could stop for ever.
    if (this.#out.isWithin || this.#isPeersTurn || this.socket.destroyed) return;
    this.#out.frame({ kind: "wait" });
    this.#out.flush();
  }

  /** After a change: whether to read on, and how long to bear silence. */
  #settle(): void {
    if (this.#state !== "open" || this.socket.destroyed) return;
    const { requestsMax, idleMs, progressMs } = this.#parts.limits;
    // What is coming in is read in any case, or its end would never be heard.
    const isFull = this.#push?.isFull ?? this.#requests.length >= requestsMax;
    if (isFull) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
    this.#deadline.set(this.isIdle ? idleMs : progressMs);
  }

  /** Nothing was read or written for long: is it the peer for which this waits? */
  #late(): void {
    if (this.isIdle) this.close("idle");
    else if (this.#out.queuedBytes > 0 || this.#isPeersTurn) this.close("no progress");
    else this.#deadline.renew();
  }
}
