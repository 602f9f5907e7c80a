import { storageCode } from "./storage-error.ts";

type Chunks = AsyncIterable<Uint8Array>;

/** Compressed chunks on their way into a decoder, with what has to be known about them later. */
export class CompressedSource {
  /** What the chunks themselves ended with. */
  error: Error | undefined;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #bytes = 0;
  #peeked: Uint8Array | undefined;
  #pending: Promise<Uint8Array | undefined> | undefined;
  /** Chunks that the decoder has not used up yet. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(chunks: Chunks) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The first chunk that is not empty, which stays to be read; `undefined` when there is none. */
  async peek(): Promise<Uint8Array | undefined> {
    while (this.#peeked === undefined || this.#peeked.length === 0) {
      this.#peeked = await this.#next();
      if (this.#peeked === undefined) return undefined;
    }
    return this.#peeked;
  }

  /**
   * The chunks; leaving them leaves the source open. With `used`, the bytes that the decoder has
   * used so far, those after them are held for `rest`.
   */
  async *read(used?: () => number): AsyncGenerator<Uint8Array> {
    for (;;) {
      this.#pending = this.#next();
      const chunk = await this.#pending;
      if (chunk === undefined) return;
      if (used !== undefined) this.#hold(chunk, used());
      yield chunk;
    }
  }

  /** The bytes from a position on, those that `read` has given included. */
  async *rest(position: number): AsyncGenerator<Uint8Array> {
    // A reader that has left may still wait for a chunk, and holds it when it comes.
    await this.#pending;
    let at = this.#bytes - this.#heldBytes;
    for (const chunk of this.#held) {
      yield chunk.subarray(Math.max(0, position - at));
      at += chunk.length;
    }
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next())
      yield chunk;
  }

  /** Let go of the chunks, whose signal has fired: that they end with it is no news. */
  async close(): Promise<void> {
    try {
      await this.#chunks.return?.();
    } catch (error) {
      if (storageCode(error) !== "storage/aborted") throw error;
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#peeked !== undefined && this.#peeked.length > 0) {
      const peeked = this.#peeked;
      this.#peeked = undefined;
      return peeked;
    }
    try {
      const step = await this.#chunks.next();
      return step.done === true ? undefined : step.value;
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
      throw this.error;
    }
  }

  #hold(chunk: Uint8Array, used: number): void {
    this.#held.push(chunk);
    this.#bytes += chunk.length;
    this.#heldBytes += chunk.length;
    for (;;) {
      const { length } = this.#held[0] ?? chunk;
      if (this.#bytes - this.#heldBytes + length > used) return;
      this.#held.shift();
      this.#heldBytes -= length;
    }
  }
}
