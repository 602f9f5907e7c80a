import { DistributedError } from "../errors.ts";
import type { EarlyFrame } from "./early-frames.ts";
import { takeEarlyFrames } from "./early-frames.ts";
import type { Fields } from "./incoming.ts";
import { Incoming } from "./incoming.ts";
import type { OutgoingFrame } from "./outgoing.ts";
import { Outgoing } from "./outgoing.ts";
import type { WireLimits } from "./wire-limits.ts";
import { wireLimits } from "./wire-limits.ts";

/** What a connection needs of a WebSocket, or of what stands for one. */
export interface FrameSocket {
  on(event: "message", heard: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: "close", closed: (code: number, reason: Buffer) => void): unknown;
  on(event: "error", failed: (error: Error) => void): unknown;
  resume(): void;
  readonly bufferedAmount: number;
  /** As of a WebSocket; one that never closes before it is listened to has none. */
  readonly readyState?: number;
  send(
    bytes: Uint8Array,
    options: { readonly binary: boolean; readonly fin: boolean },
    passedOn?: () => void,
  ): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** What a connection says and hears, and what becomes of it. */
export interface ConnectionOptions<Out, In> {
  readonly pack: (message: Out, out: Outgoing) => unknown;
  readonly unpack: (fields: Fields) => In;
  /** Messages have come; called once a frame. */
  readonly heard: (messages: readonly In[]) => void;
  /**
   * The connection is over; called once, never from inside of a call. It broke where neither side
   * has ended it.
   */
  readonly closed: (reason: string, isBroken: boolean) => void;
  readonly limits?: WireLimits;
}

/** Codes of the WebSocket protocol. */
const goingAway = 1_001;
const textNotTaken = 1_003;
const badFrame = 1_007;
const againstTheRules = 1_008;
/** Nobody has said why. */
const brokenOff = 1_006;

/** The state of a WebSocket that has told of its end. */
const closed = 3;

/** Who has broken a rule has so long to end its side, milliseconds. */
const refusedMs = 100;
/**
 * A peer that is told of the end has so long to answer it, milliseconds: one that runs does so at
 * once, however busy its tasks are; one that is stopped would hold up the end of this process for
 * the 30 s of the library.
 */
const farewellMs = 1_000;

/** Bytes of a reason that a close frame can hold. */
const reasonBytesMax = 123;

/**
 * Messages over a WebSocket whose peer has been greeted. What is said in one turn goes in as few
 * frames as can be; parts are sent as they are and land in shared memory. A peer that breaks a rule
 * of the wire, or does not read, is cut off.
 */
export class Connection<Out, In> {
  readonly #socket: FrameSocket;
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

  constructor(socket: FrameSocket, options: ConnectionOptions<Out, In>) {
    this.#socket = socket;
    this.#options = options;
    this.#limits = options.limits ?? wireLimits;
    this.#outgoing = new Outgoing(this.#limits);
    this.#incoming = new Incoming(this.#limits);
    const early = takeEarlyFrames(socket);
    socket.on("message", (data, isBinary) => this.#hear(data, isBinary));
    socket.on("close", (code, reason) => this.#end(textOf(code, reason), code === brokenOff));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#forsake();
      // Frames against the rules of the protocol end it: they would come again.
      this.#end(error.message, error.code?.startsWith("WS_") !== true);
    });
    if (early.length === 0) socket.resume();
    else queueMicrotask(() => this.#hearEarly(early));
    // It says so to nobody who listens from now on. What came before is heard all the same.
    if (socket.readyState === closed) queueMicrotask(() => this.#end("the connection broke", true));
  }

  /** What came with the greeting goes before all else, when the caller is done. */
  #hearEarly(frames: readonly EarlyFrame[]): void {
    for (const { data, isBinary } of frames) this.#hear(data, isBinary);
    this.#socket.resume();
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
    this.#part(Infinity);
    this.#end(reason);
  }

  /** Ends it at once. */
  cut(reason: string): void {
    this.#refuse(againstTheRules, reason);
  }

  /** Breaks it, as a network would: the peer is told nothing. */
  drop(reason: string): void {
    if (this.#isOver) return;
    this.#socket.terminate();
    this.#end(reason, true);
  }

  #hear(data: unknown, isBinary: boolean): void {
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
    setTimeout(() => this.#socket.terminate(), refusedMs).unref();
  }

  /**
   * The peer has to answer the end; each time that it has taken some of what was sent before, it
   * has as long again.
   */
  #part(leftBytes: number): void {
    setTimeout(() => {
      const bytes = this.#socket.bufferedAmount;
      if (bytes > 0 && bytes < leftBytes) this.#part(bytes);
      else this.#socket.terminate();
    }, farewellMs).unref();
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

  #end(reason: string, isBroken = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#stall);
    this.#messages = [];
    this.#waiting = [];
    this.#waitingBytes = 0;
    queueMicrotask(() => this.#options.closed(reason, isBroken));
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
  return code === brokenOff ? "the connection broke" : `the connection was closed (${code})`;
}
