import net, { type OnReadOpts, type Socket } from "node:net";
import tls from "node:tls";
import { decodeControl } from "../../codec/control/control-frame.ts";
import { CONTROL_LIMITS, GREETING_LIMITS } from "../../codec/control/control-limits.ts";
import { DistributedError, VersionMismatchError } from "../../errors.ts";
import {
  CorruptDataError,
  DataFault,
  DataTooLarge,
  PeerLostError,
  refusedBy,
  type PeerLoss,
} from "./data-error.ts";
import { ANSWER_LIMITS, type DataClientLimits } from "./data-limits.ts";
import { answerFrom } from "./data-messages.ts";
import type { Tls } from "../tls.ts";
import { tlsSettings } from "./data-tls.ts";
import { Deadline } from "./deadline.ts";
import { FrameReader } from "./frame-reader.ts";
import { MAGIC, PROTOCOL_VERSION, decodeWelcome, encodeGreeting, type Hello } from "./greeting.ts";
import { Outgoing, SocketGone } from "./outgoing.ts";
import type { PeerRequest } from "./peer-request.ts";

/** Whom to connect to, and how. */
export interface PeerTarget {
  /** As it was told, for messages. */
  readonly address: string;
  readonly endpoint: { readonly path: string } | { readonly host: string; readonly port: number };
  /** Undefined for a connection without TLS. */
  readonly tls: Tls | undefined;
  readonly hello: Hello;
  readonly limits: DataClientLimits;
}

interface Pending {
  readonly api: string;
  readonly request: PeerRequest;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** -1 until it is sent. */
  number: number;
  /** The peer has begun to answer. */
  isHeard: boolean;
}

/** Why a connection is of no use any more, as an error of what was called. */
type Failure = (api: string, isHeard: boolean) => Error;

/**
 * A connection to a peer. Questions are sent as they come and answered in their order. Where it
 * breaks, all of them fail.
 */
export class PeerConnection {
  readonly #target: PeerTarget;
  readonly #changed: (connection: PeerConnection) => void;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #out: Outgoing;
  readonly #deadline: Deadline;
  readonly #handshake: NodeJS.Timeout;
  /** In the order in which they are sent and answered. */
  #pending: Pending[] = [];
  #numbers = 0;
  #sending: Promise<void> = Promise.resolve();
  #isReached = false;
  #isWelcome = false;
  #failure: Failure | undefined;
  #isClosed = false;

  /** `changed` is called when it is idle, and when it is closed. */
  constructor(target: PeerTarget, changed: (connection: PeerConnection) => void) {
    this.#target = target;
    this.#changed = changed;
    const { hello, limits } = target;
    this.#reader = new FrameReader(
      {
        greeted: (magic, version) => this.#greeted(magic, version),
        frame: (bytes) => this.#frame(bytes),
        begun: (byteCount) => this.#pending[0]?.request.begin(byteCount),
        completed: (check) => this.#pending[0]?.request.complete(check),
      },
      GREETING_LIMITS.frameBytesMax,
    );
    this.#socket = connect(target, {
      buffer: () => this.#reader.destination(),
      callback: (byteCount) => this.#read(byteCount),
    });
    this.#out = new Outgoing(this.#socket, CONTROL_LIMITS);
    this.#out.isChecked = hello.isChecked;
    this.#deadline = new Deadline(this.#socket, () => this.#late());
    this.#handshake = setTimeout(() => {
      this.#fail(this.#lost(`no welcome in ${limits.handshakeMs} ms`));
    }, limits.handshakeMs);
    this.#handshake.unref();
    this.#socket.setNoDelay(true);
    this.#socket.on("connect", () => {
      this.#isReached = true;
    });
    this.#socket.on("error", (error) => this.#fail(this.#lost(error.message, error)));
    this.#socket.on("close", () => this.#close());
    this.#out.raw(encodeGreeting(hello));
    this.#out.flush();
  }

  get isClosed(): boolean {
    return this.#failure !== undefined || this.#isClosed;
  }

  /** Whether its peer has let it in. */
  get isWelcome(): boolean {
    return this.#isWelcome;
  }

  /** How many questions have no answer yet. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Asks; settled when the answer is complete. */
  async ask(api: string, request: PeerRequest, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure(api, false);
    let pending: Pending | undefined;
    const drop = (): void => {
      if (pending !== undefined) this.#drop(pending, signal?.reason);
    };
    signal?.addEventListener("abort", drop, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        pending = { api, request, resolve, reject, number: -1, isHeard: false };
        this.#pending.push(pending);
        this.#settle();
        this.#sending = this.#sending.then(() => this.#send(pending as Pending));
      });
    } finally {
      signal?.removeEventListener("abort", drop);
    }
  }

  /** Ends it, whatever is asked. */
  close(reason: string): void {
    this.#fail(this.#lost(reason));
  }

  /** It does not throw. */
  async #send(pending: Pending): Promise<void> {
    if (this.#failure !== undefined || !this.#pending.includes(pending)) return;
    pending.number = this.#numbers++;
    try {
      await pending.request.send(this.#out, pending.number);
    } catch (error) {
      if (error instanceof SocketGone) return;
      // Half of a request may be on its way.
      pending.reject(error as Error);
      this.#pending = this.#pending.filter((each) => each !== pending);
      this.#fail(this.#lost("a question that could not be sent"));
    }
  }

  /** Somebody has given up: what still comes is dropped, or all that can come is cut off. */
  #drop(pending: Pending, reason: unknown): void {
    if (!this.#pending.includes(pending)) return;
    pending.reject(reason as Error);
    pending.request.drop();
    const isSent = pending.number >= 0;
    if (isSent && this.#pending.length > 1 && pending.request.isShort) return;
    this.#pending = this.#pending.filter((each) => each !== pending);
    if (isSent) this.#fail(this.#lost("an end, since another question was given up"));
    else this.#settle();
  }

  #greeted(magic: number, version: number): void {
    if (magic !== MAGIC) throw new DataFault("a greeting of something else");
    if (version === PROTOCOL_VERSION) return;
    const reason = `it speaks version ${version}, this is version ${PROTOCOL_VERSION}`;
    this.#fail((api) => new VersionMismatchError(this.#target.address, reason, api));
  }

  #read(byteCount: number): boolean {
    try {
      this.#reader.read(byteCount);
    } catch (error) {
      const isFault = error instanceof DataFault || error instanceof DistributedError;
      const found = isFault ? error.message : String(error);
      const isOfPeer = this.#isWelcome && isFault && !(error instanceof DataTooLarge);
      this.#fail(() => new CorruptDataError(this.#target.address, found, isOfPeer));
    }
    return true;
  }

  #frame(bytes: Uint8Array): void {
    if (!this.#isWelcome) return this.#welcome(bytes);
    const answer = answerFrom(decodeControl(bytes, ANSWER_LIMITS));
    if (answer.kind === "wait") return;
    const [first] = this.#pending;
    if (first?.number !== answer.number) throw new DataFault("an answer to no question");
    first.isHeard = true;
    const next = first.request.answer(answer);
    if (next !== "done") return this.#reader.expect(next);
    this.#pending.shift();
    first.resolve();
    this.#settle();
  }

  #welcome(bytes: Uint8Array): void {
    const welcome = decodeWelcome(bytes);
    const { address, hello } = this.#target;
    if (welcome.kind === "refused") {
      const { why, reason } = welcome;
      return this.#fail((api) =>
        why === "version"
          ? new VersionMismatchError(address, reason, api)
          : refusedBy(api, address, reason),
      );
    }
    clearTimeout(this.#handshake);
    this.#isWelcome = true;
    this.#reader.isChecked = hello.isChecked;
    this.#reader.frameBytesMax = ANSWER_LIMITS.frameBytesMax;
  }

  /** After a change: an idle connection keeps no process alive, and not itself for long. */
  #settle(): void {
    if (this.isClosed) return;
    const { idleMs, progressMs } = this.#target.limits;
    const isIdle = this.#pending.length === 0;
    this.#deadline.set(isIdle ? idleMs : progressMs);
    if (isIdle) this.#socket.unref();
    else this.#socket.ref();
    if (isIdle) this.#changed(this);
  }

  #late(): void {
    const { progressMs } = this.#target.limits;
    const isIdle = this.#pending.length === 0;
    // A silent peer is not asked again by itself: that would take as long.
    for (const pending of this.#pending) pending.isHeard = true;
    this.#fail(this.#lost(isIdle ? "nothing to do" : `no byte in ${progressMs} ms`));
  }

  #lost(reason: string, cause?: unknown): Failure {
    const { address } = this.#target;
    return (api, isHeard) => {
      const loss: PeerLoss = { isUnheard: !isHeard, isUnreached: !this.#isReached, cause };
      return new PeerLostError(api, address, reason, loss);
    };
  }

  #fail(failure: Failure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    clearTimeout(this.#handshake);
    this.#reader.stop();
    const pending = this.#pending;
    this.#pending = [];
    for (const { api, isHeard, reject } of pending) reject(failure(api, isHeard));
    this.#socket.destroy();
    this.#changed(this);
  }

  #close(): void {
    this.#isClosed = true;
    this.#fail(this.#lost("an end of the connection"));
  }
}

/** Bytes go to where the reader wants them: the system copies them, and nobody else. */
function connect({ endpoint, tls: files }: PeerTarget, onread: OnReadOpts): Socket {
  if (files === undefined) return net.connect({ ...endpoint, onread });
  const options: tls.ConnectionOptions & { readonly onread: OnReadOpts } = {
    ...endpoint,
    ...tlsSettings(files),
    onread,
  };
  return tls.connect(options);
}
