import { pipeline, Readable, type Transform } from "node:stream";
import zlib from "node:zlib";

import { type FrameCodec, loadLz4, loadZstd, nativeZstd } from "./codec-packages.ts";
import { CompressedSource } from "./compressed-source.ts";
import type { Codec } from "./compression.ts";
import { ByteQueue, type Frame, nextLz4Frame, nextZstdFrame, type NextFrame } from "./frames.ts";
import { onAbort } from "./on-abort.ts";
import { checkAborted, shown, StorageError, storageCode } from "./storage-error.ts";

type Chunks = AsyncIterable<Uint8Array>;

// The default of 16 KiB costs a round trip to the thread pool each.
const OPTIONS = { chunkSize: 256 * 1024 };

/** Opens the compressed chunks; the function is told of an encoding that they no longer have. */
export type CompressedRead = (signal: AbortSignal, onDecoded: (encoding: string) => void) => Chunks;

/**
 * The bytes that compressed chunks stand for; bad ones are `storage/corrupt` with the name. The
 * chunks are read with a signal of their own, which fires when the consumer leaves.
 */
export async function* decompress(
  codec: Codec,
  read: CompressedRead,
  url: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  checkAborted("read", url, signal);
  const stop = new AbortController();
  const release =
    signal === undefined ? undefined : onAbort(signal, () => stop.abort(signal.reason));
  let undone = "none";
  const chunks = read(stop.signal, (encoding) => (undone = encoding));
  const source = new CompressedSource(chunks);
  try {
    const head = await source.peek();
    if (isDecoded(codec, undone, head)) yield* source.read();
    else yield* decode(codec, source, url);
  } catch (error) {
    // What the driver says passes as it is; whatever else went wrong is about the bytes.
    if (source.error !== undefined) throw source.error;
    throw storageCode(error) === undefined ? corrupt(codec, url, error) : error;
  } finally {
    release?.();
    // What is read ahead may never come: whoever leaves must not wait for it.
    stop.abort();
    // Streams let go of their source some time later; a reader that has left must find it closed.
    await source.close();
  }
}

const ENCODINGS: ReadonlyMap<string, Codec> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["br", "brotli"],
  ["deflate", "deflate"],
  ["zstd", "zstd"],
]);

/**
 * Whether the transport has undone the compression of the file itself, as from a server that takes
 * the suffix for a `Content-Encoding`; a file compressed once more on its way still has its mark.
 */
function isDecoded(codec: Codec, undone: string, head: Uint8Array | undefined): boolean {
  if (ENCODINGS.get(undone) !== codec) return false;
  const marked =
    (codec === "gzip" && head?.[0] === 0x1f && head?.[1] === 0x8b) ||
    (codec === "zstd" && head?.[0] === 0x28 && head?.[1] === 0xb5);
  return !marked;
}

function decode(codec: Codec, source: CompressedSource, url: string): AsyncGenerator<Uint8Array> {
  switch (codec) {
    case "gzip":
      return wholeStream(zlib.createGunzip(OPTIONS), source, isPadding);
    case "brotli":
      return wholeStream(zlib.createBrotliDecompress(OPTIONS), source, isNothing);
    case "deflate":
      return wholeStream(zlib.createInflate(OPTIONS), source, isNothing);
    case "zstd":
      return throughZstd(source, url);
    case "lz4":
      return throughFrames(source, nextLz4Frame, async () => framesAtOnce(await loadLz4(url)));
  }
}

async function* throughStream(stream: Transform, chunks: Chunks): AsyncGenerator<Uint8Array> {
  // Errors of the chunks and of the stream all end the iteration below: nothing is left to say.
  pipeline(Readable.from(chunks), stream, () => undefined);
  for await (const chunk of stream) yield chunk as Uint8Array;
}

// gzip files are padded with zeros to whole blocks by tapes and by tar.
const isPadding = (rest: Uint8Array): boolean => rest.every((byte) => byte === 0);
const isNothing = (rest: Uint8Array): boolean => rest.length === 0;

/** As `throughStream`, with a look at what follows the stream: node:zlib drops it silently. */
async function* wholeStream(
  stream: Transform & { readonly bytesWritten: number },
  source: CompressedSource,
  mayFollow: (rest: Uint8Array) => boolean,
): AsyncGenerator<Uint8Array> {
  yield* throughStream(
    stream,
    source.read(() => stream.bytesWritten),
  );
  for await (const rest of source.rest(stream.bytesWritten)) {
    if (!mayFollow(rest)) throw new Error("bytes after the end of the stream");
  }
}

type Decoder = (frame: Frame) => AsyncGenerator<Uint8Array>;

function throughZstd(source: CompressedSource, url: string): AsyncGenerator<Uint8Array> {
  return throughFrames(source, nextZstdFrame, async () => {
    const native = nativeZstd();
    if (native === undefined) return framesAtOnce(await loadZstd(url));
    return ({ bytes }) => throughStream(native.createZstdDecompress(OPTIONS), bytes);
  });
}

/** Frame after frame: none of the decoders goes on to the next by itself. */
async function* throughFrames(
  source: CompressedSource,
  next: NextFrame,
  load: () => Promise<Decoder>,
): AsyncGenerator<Uint8Array> {
  const decoder = await load();
  const queue = new ByteQueue(source.read());
  let frame = await next(queue);
  if (frame === undefined) throw new Error("unexpected end of file");
  for (; frame !== undefined; frame = await next(queue)) yield* decoder(frame);
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
