import type { Socket } from "node:net";
import { crc32 } from "node:zlib";
import { encodeControl } from "../../codec/control/control-frame.ts";
import type { ControlLimits } from "../../codec/control/control-limits.ts";
import type { Block } from "../../codec/block.ts";
import { ZEROS, alignedEnd } from "../../codec/block-layout.ts";

/** Parts up to this are copied together; longer ones are written from where they are. */
const COPIED_BYTES_MAX = 16 * 1024;
const TOGETHER_BYTES_MAX = 64 * 1024;
/** A long part is written in slices: a checksum of one takes a fifth of a millisecond. */
const SLICE_BYTES = 2 ** 20;
/** Bytes that a socket has and the system does not; beyond, the writer waits. */
const QUEUED_BYTES_MAX = 4 * 2 ** 20;

/** The socket has closed, so that nobody reads what was to be written. */
export class SocketGone extends Error {
  override readonly name = "SocketGone";
}

/**
 * Writes frames and blocks into a socket, never more than a few megabytes ahead of what the system
 * takes. What is written is in order; `flush` sends it on its way.
 */
export class Outgoing {
  isChecked = false;
  /** What was announced is being written: no frame may stand among it. */
  isWithin = false;
  readonly #socket: Socket;
  readonly #limits: ControlLimits;
  /** Small parts that go together, and how many bytes these are. */
  #small: Uint8Array[] = [];
  #smallBytes = 0;
  #isGone = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, limits: ControlLimits) {
    this.#socket = socket;
    this.#limits = limits;
    socket.on("drain", () => this.#wake?.());
    socket.on("close", () => {
      this.#isGone = true;
      this.#wake?.();
    });
  }

  /** Bytes of what was written that the system has not taken. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /**
   * @throws DistributedError `distributed/invalid-argument` for a message that is too long, and
   *   then nothing is written
   */
  frame(message: unknown): void {
    const frame = encodeControl(message, this.#limits);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, frame.byteLength, true);
    this.#put(length);
    this.#put(frame);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#put(bytes);
  }

  /**
   * The bytes of a block; gives their CRC-32, or 0 where there are no checksums.
   *
   * @throws SocketGone
   */
  async block({ header, buffers }: Block): Promise<number> {
    let check = 0;
    let end = 0;
    for (const part of [header, ...buffers]) {
      const padding = ZEROS.subarray(0, alignedEnd(end) - end);
      end += padding.length + part.length;
      if (padding.length > 0) check = this.#piece(padding, check);
      for (let at = 0; at < part.length; at += SLICE_BYTES) {
        check = this.#piece(part.subarray(at, at + SLICE_BYTES), check);
        if (this.queuedBytes > QUEUED_BYTES_MAX) await this.room();
      }
    }
    return check;
  }

  /**
   * Waits until the system has taken what was written, if that is much.
   *
   * @throws SocketGone
   */
  async room(): Promise<void> {
    if (!this.#isGone && this.queuedBytes > QUEUED_BYTES_MAX) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#isGone) throw new SocketGone();
  }

  flush(): void {
    const small = this.#small;
    if (small.length === 0) return;
    this.#small = [];
    this.#smallBytes = 0;
    // One call of the system costs more than copying them.
    this.#write(small.length === 1 ? (small[0] as Uint8Array) : Buffer.concat(small));
  }

  #piece(bytes: Uint8Array, check: number): number {
    this.#put(bytes);
    return this.isChecked ? crc32(bytes, check) : 0;
  }

  #put(bytes: Uint8Array): void {
    if (bytes.length > COPIED_BYTES_MAX) {
      this.flush();
      this.#write(bytes);
      return;
    }
    if (this.#smallBytes + bytes.length > TOGETHER_BYTES_MAX) this.flush();
    this.#small.push(bytes);
    this.#smallBytes += bytes.length;
  }

  #write(bytes: Uint8Array): void {
    // A socket that is closing says so with an event; what is written then is nobody's.
    if (!this.#isGone && this.#socket.writable) this.#socket.write(bytes);
  }
}
