/** Bytes of a stream, looked at before they are passed on. */
export class ByteQueue {
  /** The bytes that are here; call `need` first. */
  head: Buffer = Buffer.alloc(0);
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Have `count` bytes in `head`; false when the stream ends before. */
  async need(count: number): Promise<boolean> {
    while (this.head.length < count) {
      const step = await this.#chunks.next();
      if (step.done === true) return false;
      const { value } = step;
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      this.head = this.head.length === 0 ? bytes : Buffer.concat([this.head, bytes]);
    }
    return true;
  }

  /** Pass on exactly `count` bytes, as they come. */
  async *take(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      await this.expect(1);
      const part = this.head.subarray(0, left);
      this.head = this.head.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** As `need`, for bytes that must be there. */
  async expect(count: number): Promise<void> {
    if (!(await this.need(count))) throw new Error("unexpected end of file");
  }
}

/**
 * One frame in the making: its bytes as they come, and an upper bound of what it holds once they
 * are all there.
 */
export interface Frame {
  readonly bytes: AsyncGenerator<Uint8Array>;
  readonly size: { max: number };
}

/**
 * The next frame that holds data, or `undefined` at the end; the bytes of one are taken before the
 * next is asked for.
 */
export type NextFrame = (queue: ByteQueue) => Promise<Frame | undefined>;

const SKIPPABLE = 0x184d2a50;
const LZ4_MAGIC = 0x184d2204;
const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_BLOCK_MAX = 128 * 1024;

/** LZ4 frame format 1.6: header, blocks with a 4-byte size up to a size of 0, optional checksum. */
export const nextLz4Frame: NextFrame = async (queue) => {
  if (!(await skipToFrame(queue, LZ4_MAGIC))) return undefined;
  const size = { max: 0 };
  return { bytes: lz4Frame(queue), size };
};

/**
 * Zstandard frame format, RFC 8878 section 3.1.1: header, blocks up to a last one, optional
 * checksum.
 */
export const nextZstdFrame: NextFrame = async (queue) => {
  if (!(await skipToFrame(queue, ZSTD_MAGIC))) return undefined;
  const size = { max: 0 };
  return { bytes: zstdFrame(queue, size), size };
};

async function* lz4Frame(queue: ByteQueue): AsyncGenerator<Uint8Array> {
  await queue.expect(7);
  const flags = queue.head[4] ?? 0;
  const blockChecksum = flags & 0x10 ? 4 : 0;
  yield* queue.take(7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0));
  for (;;) {
    await queue.expect(4);
    const size = queue.head.readUInt32LE(0) & 0x7fff_ffff;
    if (size === 0) break;
    yield* queue.take(4 + size + blockChecksum);
  }
  yield* queue.take(4 + (flags & 0x04 ? 4 : 0));
}

async function* zstdFrame(queue: ByteQueue, held: { max: number }): AsyncGenerator<Uint8Array> {
  await queue.expect(5);
  const descriptor = queue.head[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  const contentSizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  yield* queue.take(5 + (single ? 0 : 1) + dictionaryBytes + contentSizeBytes);
  for (let last = false; !last;) {
    await queue.expect(3);
    const header = queue.head.readUIntLE(0, 3);
    last = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3) throw new Error("a zstd block of a reserved type");
    held.max += type === 2 ? ZSTD_BLOCK_MAX : size;
    yield* queue.take(3 + (type === 1 ? 1 : size));
  }
  if (descriptor & 0x04) yield* queue.take(4);
}

/** Pass over skippable frames, which both formats share; false at the end of the stream. */
async function skipToFrame(queue: ByteQueue, magic: number): Promise<boolean> {
  for (;;) {
    if (!(await queue.need(1))) return false;
    await queue.expect(4);
    const found = queue.head.readUInt32LE(0);
    if (found === magic) return true;
    if ((found & 0xffff_fff0) >>> 0 !== SKIPPABLE) throw new Error("no frame begins here");
    await queue.expect(8);
    for await (const _ of queue.take(8 + queue.head.readUInt32LE(4)));
  }
}
