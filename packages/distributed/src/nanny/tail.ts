const LINES_MAX = 20;
const EXCERPT_CHARACTERS_MAX = 4096;

/** The last bytes of a stream of which nobody knows how long it gets. */
export class Tail {
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): void {
    // A part of a larger buffer would keep all of that.
    const own = Buffer.from(chunk.subarray(Math.max(0, chunk.length - this.#bytesMax)));
    this.#chunks.push(own);
    this.#bytes += own.length;
    while (this.#bytes - (this.#chunks[0]?.length ?? 0) >= this.#bytesMax) {
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
    }
    // Many small chunks cost more than what is in them.
    if (this.#chunks.length > 256) this.#chunks = [Buffer.concat(this.#chunks)];
  }

  text(): string {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - this.#bytesMax)).toString("utf8");
  }

  /** The last lines, for a message. */
  excerpt(): string {
    const lines = this.text().trimEnd().split("\n").slice(-LINES_MAX).join("\n");
    return lines.slice(-EXCERPT_CHARACTERS_MAX);
  }
}
