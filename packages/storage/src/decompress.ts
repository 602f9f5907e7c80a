import { pipeline, Readable, type Transform } from "node:stream";
import zlib from "node:zlib";

import { type FrameCodec, loadLz4, loadZstd, nativeZstd } from "./codec-packages.ts";
import type { Codec } from "./compression.ts";
import { ByteQueue, type Frame, nextLz4Frame, nextZstdFrame, type NextFrame } from "./frames.ts";
import { shown, StorageError, storageCode } from "./storage-error.ts";

type Chunks = AsyncIterable<Uint8Array>;

// The default of 16 KiB costs a round trip to the thread pool each.
const OPTIONS = { chunkSize: 256 * 1024 };

/** The bytes that compressed chunks stand for; bad ones are `storage/corrupt` with the name. */
export async function* decompress(
  codec: Codec,
  chunks: Chunks,
  url: string,
): AsyncGenerator<Uint8Array> {
  const source = new Source(chunks);
  try {
    yield* decode(codec, source, url);
  } catch (error) {
    // What the driver says passes as it is; whatever else went wrong is about the bytes.
    if (source.error !== undefined) throw source.error;
    throw storageCode(error) === undefined ? corrupt(codec, url, error) : error;
  } finally {
    // Streams let go of their source some time later; a reader that has left must find it closed.
    await source.close();
  }
}

function decode(codec: Codec, source: Source, url: string): AsyncGenerator<Uint8Array> {
  switch (codec) {
    case "gzip":
      return throughStream(zlib.createGunzip(OPTIONS), source.read());
    case "brotli":
      return wholeStream(zlib.createBrotliDecompress(OPTIONS), source);
    case "deflate":
      return wholeStream(zlib.createInflate(OPTIONS), source);
    case "zstd":
      return throughZstd(source, url);
    case "lz4":
      return throughFrames(source, nextLz4Frame, async () => framesAtOnce(await loadLz4(url)));
  }
}

/** The compressed chunks, with what has to be known about them afterwards. */
class Source {
  bytes = 0;
  error: Error | undefined;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(chunks: Chunks) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of { [Symbol.asyncIterator]: () => this.#chunks }) {
        this.bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
      throw this.error;
    }
  }
}

async function* throughStream(stream: Transform, chunks: Chunks): AsyncGenerator<Uint8Array> {
  // Errors of the chunks and of the stream all end the iteration below: nothing is left to say.
  pipeline(Readable.from(chunks), stream, () => undefined);
  for await (const chunk of stream) yield chunk as Uint8Array;
}

/**
 * As `throughStream`, for formats of one stream a file: node:zlib drops what follows it silently.
 */
async function* wholeStream(
  stream: Transform & { readonly bytesWritten: number },
  source: Source,
): AsyncGenerator<Uint8Array> {
  yield* throughStream(stream, source.read());
  if (stream.bytesWritten < source.bytes) throw new Error("bytes after the end of the stream");
}

type Decoder = (frame: Frame) => AsyncGenerator<Uint8Array>;

function throughZstd(source: Source, url: string): AsyncGenerator<Uint8Array> {
  return throughFrames(source, nextZstdFrame, async () => {
    const native = nativeZstd();
    if (native === undefined) return framesAtOnce(await loadZstd(url));
    return ({ bytes }) => throughStream(native.createZstdDecompress(OPTIONS), bytes);
  });
}

/** Frame after frame: none of the decoders goes on to the next by itself. */
async function* throughFrames(
  source: Source,
  next: NextFrame,
  load: () => Promise<Decoder>,
): AsyncGenerator<Uint8Array> {
  const decoder = await load();
  const queue = new ByteQueue(source.read());
  try {
    let frame = await next(queue);
    if (frame === undefined) throw new Error("unexpected end of file");
    for (; frame !== undefined; frame = await next(queue)) yield* decoder(frame);
  } finally {
    await queue.close();
  }
}

/** A decoder that takes a frame whole, in memory. */
function framesAtOnce(codec: FrameCodec): Decoder {
  return async function* ({ bytes, size }) {
    const parts: Uint8Array[] = [];
    for await (const part of bytes) parts.push(part);
    const decoded = await codec.decompress(Buffer.concat(parts), size.max);
    if (decoded.length > 0) yield decoded;
  };
}

function corrupt(codec: Codec, url: string, error: unknown): StorageError {
  const reason = error instanceof Error ? error.message : String(error);
  const message =
    `read: not valid ${codec}, got ${shown(url)} (${reason}), wanted a whole ${codec} file. ` +
    "Fetch or write it again, or name another compression.";
  return new StorageError("storage/corrupt", message, url, error);
}
