import type { RawData, WebSocket } from "ws";
import { DistributedError } from "../errors.ts";
import type { Fields } from "./incoming.ts";
import { Incoming } from "./incoming.ts";
import type { OutgoingFrame } from "./outgoing.ts";
import { Outgoing } from "./outgoing.ts";
import type { WireLimits } from "./wire-limits.ts";
import { wireLimits } from "./wire-limits.ts";

/** What a connection says and hears, and what becomes of it. */
export interface ConnectionOptions<Out, In> {
  readonly pack: (message: Out, out: Outgoing) => unknown;
  readonly unpack: (fields: Fields) => In;
  /** Messages have come; called once a frame. */
  readonly heard: (messages: readonly In[]) => void;
  /** The connection is over, by either side; called once, never from inside of a call. */
  readonly closed: (reason: string) => void;
  readonly limits?: WireLimits;
}

/** Codes of the WebSocket protocol. */
const goingAway = 1_001;
const textNotTaken = 1_003;
const badFrame = 1_007;
const againstTheRules = 1_008;

/** Who has so much to read is not answered that this side is there. */
const pongBytesMax = 2 ** 16;

/** Bytes of a reason that a close frame can hold. */
const reasonBytesMax = 123;

/**
 * Messages over a WebSocket whose peer has been greeted. What is said in one turn goes in as few
 * frames as can be; parts are sent as they are and land in shared memory. A peer that breaks a rule
 * of the wire, or does not read, is cut off.
 */
export class Connection<Out, In> {
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions<Out, In>;
  readonly #limits: WireLimits;
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  #messages: Out[] = [];
  #waiting: OutgoingFrame[] = [];
  #waitingBytes = 0;
  /** The socket has as much as it is given, and tells when it has passed that on. */
  #isFull = false;
  #stall: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(socket: WebSocket, options: ConnectionOptions<Out, In>) {
    this.#socket = socket;
    this.#options = options;
    this.#limits = options.limits ?? wireLimits;
    this.#outgoing = new Outgoing(this.#limits);
    this.#incoming = new Incoming(this.#limits);
    socket.on("message", (data, isBinary) => this.#hear(data, isBinary));
    socket.on("close", (code, reason) => this.#end(textOf(code, reason)));
    socket.on("error", (error) => {
      this.#forsake();
      this.#end(error.message);
    });
    // None of ours asks; who does and never reads the answers would have them gathered for it.
    socket.on("ping", (data: Buffer) => {
      if (!this.#isOver && socket.bufferedAmount < pongBytesMax) socket.pong(data);
    });
    socket.resume();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes that wait here or in the socket. */
  get bufferedBytes(): number {
    return this.#waitingBytes + this.#socket.bufferedAmount;
  }

  /** Sends a message at the end of this turn; one to a connection that is over goes nowhere. */
  send(message: Out): void {
    if (this.#isOver) return;
    if (this.#messages.push(message) === 1) queueMicrotask(() => this.#flush());
  }

  /** Ends it after what has been sent; the peer is told why. */
  close(reason: string): void {
    if (this.#isOver) return;
    this.#flush();
    while (this.#waiting.length > 0) this.#write(this.#waiting.shift() as OutgoingFrame);
    this.#socket.close(goingAway, fitting(reason));
    this.#end(reason);
  }

  /** Ends it at once. */
  cut(reason: string): void {
    this.#refuse(againstTheRules, reason);
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (this.#isOver) return;
    if (!isBinary) {
      this.#refuse(textNotTaken, "messages are binary");
      return;
    }
    let messages: readonly In[];
    try {
      messages = this.#incoming.read(data as Buffer).map(this.#options.unpack);
    } catch (error) {
      // Reading changes nothing, so whatever went wrong is over with this connection.
      const isExpected = error instanceof DistributedError;
      this.#refuse(badFrame, isExpected ? error.message : `it cannot be read: ${String(error)}`);
      return;
    }
    if (messages.length > 0) this.#options.heard(messages);
  }

  #refuse(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#socket.close(code, fitting(reason));
    this.#forsake();
    this.#end(reason);
  }

  /** Who does not answer the end of a connection, or goes on to send, is not waited for. */
  #forsake(): void {
    setTimeout(() => this.#socket.terminate(), 100).unref();
  }

  #flush(): void {
    const messages = this.#messages;
    if (messages.length === 0 || this.#isOver) return;
    this.#messages = [];
    for (const message of messages) {
      this.#outgoing.add(this.#options.pack(message, this.#outgoing));
    }
    for (const frame of this.#outgoing.take()) {
      this.#waiting.push(frame);
      this.#waitingBytes += bytesOf(frame);
    }
    this.#pump();
  }

  /** Gives the socket what it takes. */
  #pump(): void {
    while (this.#waiting.length > 0 && !this.#isFull) {
      const frame = this.#waiting.shift() as OutgoingFrame;
      const bytes = bytesOf(frame);
      this.#waitingBytes -= bytes;
      const isLast = this.#socket.bufferedAmount + bytes >= this.#limits.sendingBytesMax;
      if (isLast) this.#isFull = true;
      this.#write(frame, isLast ? () => this.#drained() : undefined);
    }
    if (!this.#isFull || this.#waitingBytes <= this.#limits.waitingBytesMax) return;
    this.#stall ??= setTimeout(
      () => this.cut(`it has read nothing for ${this.#limits.stallMs} ms`),
      this.#limits.stallMs,
    ).unref();
  }

  #drained(): void {
    this.#isFull = false;
    clearTimeout(this.#stall);
    this.#stall = undefined;
    if (!this.#isOver) this.#pump();
  }

  #write(frame: OutgoingFrame, passedOn?: () => void): void {
    const last = frame.length - 1;
    frame.forEach((bytes, n) => {
      const isLast = n === last;
      this.#socket.send(bytes, { binary: true, fin: isLast }, isLast ? passedOn : undefined);
    });
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#stall);
    this.#messages = [];
    this.#waiting = [];
    this.#waitingBytes = 0;
    queueMicrotask(() => this.#options.closed(reason));
  }
}

function bytesOf(frame: OutgoingFrame): number {
  let bytes = 0;
  for (const piece of frame) bytes += piece.byteLength;
  return bytes;
}

/** As much of a reason as a close frame holds. */
function fitting(reason: string): string {
  let text = reason.slice(0, reasonBytesMax);
  while (Buffer.byteLength(text) > reasonBytesMax) text = text.slice(0, -1);
  return text;
}

function textOf(code: number, reason: Buffer): string {
  const text = reason.toString();
  if (text !== "") return text;
  return code === 1_006 ? "the connection broke" : `the connection was closed (${code})`;
}
