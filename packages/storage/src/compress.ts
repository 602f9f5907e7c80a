import type { Transform } from "node:stream";
import zlib from "node:zlib";
import { type FrameCodec, loadLz4, loadZstd, nativeZstd } from "./codec-packages.ts";
import type { Codec } from "./compression.ts";

/**
 * Takes plain bytes and hands compressed ones to the function it was made with, in order, one call
 * at a time.
 */
export interface Encoder {
  write(chunk: Uint8Array): Promise<void>;
  /** Hand over the rest. */
  finish(): Promise<void>;
  /** Let go without finishing. */
  destroy(): void;
}

type Put = (bytes: Uint8Array) => Promise<void>;

const OPTIONS = { chunkSize: 256 * 1024 };
// Brotli's default quality of 11 is for files that are compressed once and served for years: it is
// 50 times slower.
const BROTLI = { ...OPTIONS, params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } };
const ZSTD_CHECKSUM_FLAG = 201;

/** The encoder of a codec; `none` passes the bytes on. */
export async function encoderOf(codec: "none" | Codec, url: string, put: Put): Promise<Encoder> {
  switch (codec) {
    case "none":
      return { write: put, finish: async () => undefined, destroy: () => undefined };
    case "gzip":
      return streamEncoder(zlib.createGzip(OPTIONS), put);
    case "brotli":
      return streamEncoder(zlib.createBrotliCompress(BROTLI), put);
    case "deflate":
      return streamEncoder(zlib.createDeflate(OPTIONS), put);
    case "zstd": {
      const native = nativeZstd();
      if (native === undefined) return frameEncoder(await loadZstd(url), put);
      const params = { [ZSTD_CHECKSUM_FLAG]: 1 };
      return streamEncoder(native.createZstdCompress({ ...OPTIONS, params }), put);
    }
    case "lz4":
      return frameEncoder(await loadLz4(url), put);
  }
}

function streamEncoder(stream: Transform, put: Put): Encoder {
  let fail: (error: unknown) => void = () => undefined;
  const pumped = (async () => {
    for await (const bytes of stream) await put(bytes as Uint8Array);
  })();
  // A failed put destroys the stream, and node:zlib then may never call a write under way back.
  pumped.catch((error: unknown) => fail(error));
  stream.on("error", () => undefined);
  return {
    write: async (chunk) => {
      const written = new Promise<void>((resolve, reject) => {
        fail = reject;
        stream.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
      // When the pump fails, its error is the one to report, not that the stream is destroyed.
      await written.catch(async (error: unknown) => {
        await pumped;
        throw error;
      });
    },
    finish: async () => {
      stream.end();
      await pumped;
    },
    destroy: () => stream.destroy(),
  };
}

// Large enough to compress well, small enough that a reader holds little: frames are read whole.
const FRAME_BYTES = 4 << 20;

function frameEncoder(codec: FrameCodec, put: Put): Encoder {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let frames = 0;
  const flush = async (): Promise<void> => {
    const data = Buffer.concat(parts);
    [parts, bytes] = [[], 0];
    frames++;
    await put(await codec.compress(data));
  };
  return {
    write: async (chunk) => {
      for (let from = 0; from < chunk.length;) {
        // A copy, because the chunk may be reused before its frame is full.
        const part = Uint8Array.prototype.slice.call(chunk, from, from + FRAME_BYTES - bytes);
        parts.push(part);
        bytes += part.length;
        from += part.length;
        if (bytes === FRAME_BYTES) await flush();
      }
    },
    finish: async () => {
      if (bytes > 0 || frames === 0) await flush();
    },
    destroy: () => {
      parts = [];
    },
  };
}
