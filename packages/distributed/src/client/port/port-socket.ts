import type { FrameSocket } from "../../wire/connection.ts";
import type { FromPort } from "./port-messages.ts";

type Heard = (data: unknown, isBinary: boolean) => void;
type Closed = (code: number, reason: Buffer) => void;

interface Sent {
  left: number;
  readonly passedOn: () => void;
}

/** A socket in another thread, as a connection here sees it. */
export class PortSocket implements FrameSocket {
  readonly #say: (message: FromPort, transfer?: readonly ArrayBuffer[]) => void;
  #heard: Heard = () => undefined;
  #closed: Closed = () => undefined;
  #isOver = false;
  bufferedAmount = 0;
  /** Who waits to hear that what was sent before is on its way, the first one first. */
  readonly #waiting: Sent[] = [];

  constructor(say: (message: FromPort, transfer?: readonly ArrayBuffer[]) => void) {
    this.#say = say;
  }

  on(event: "message", heard: Heard): void;
  on(event: "close", closed: Closed): void;
  on(event: "error", failed: (error: Error) => void): void;
  on(event: "message" | "close" | "error", listener: unknown): void {
    if (event === "message") this.#heard = listener as Heard;
    // Errors come as an end: the thread with the socket says why.
    else if (event === "close") this.#closed = listener as Closed;
  }

  resume(): void {
    // What came before somebody listened was not told of: the port is opened for its listener.
  }

  send(bytes: Uint8Array, { fin }: { readonly fin: boolean }, passedOn?: () => void): void {
    if (this.#isOver) return;
    this.bufferedAmount += bytes.byteLength;
    if (passedOn !== undefined) this.#waiting.push({ left: this.bufferedAmount, passedOn });
    if (bytes.buffer instanceof SharedArrayBuffer) {
      this.#say({ kind: "frame", bytes, fin });
      return;
    }
    // All memory behind a view would be copied; the view alone is enough.
    const own = new Uint8Array(bytes);
    this.#say({ kind: "frame", bytes: own, fin }, [own.buffer]);
  }

  close(code: number, reason: string): void {
    if (!this.#isOver) this.#say({ kind: "close", code, reason });
  }

  terminate(): void {
    if (!this.#isOver) this.#say({ kind: "terminate" });
  }

  /** The socket has heard something. */
  heard(bytes: Uint8Array, isBinary: boolean): void {
    this.#heard(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), isBinary);
  }

  /** The socket has passed bytes on. */
  passedOn(bytes: number): void {
    this.bufferedAmount -= bytes;
    for (const sent of this.#waiting) sent.left -= bytes;
    while ((this.#waiting[0]?.left ?? 1) <= 0) this.#waiting.shift()?.passedOn();
  }

  /** The socket is closed. */
  closed(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#closed(code, Buffer.from(reason));
  }
}
