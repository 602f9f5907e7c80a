import zlib from "node:zlib";
import { shown, StorageError } from "./storage-error.ts";

/** Whole frames in, whole frames out: all that the optional packages can do. */
export interface FrameCodec {
  compress(data: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** `sizeMax` is an upper bound of what the frame holds. */
  decompress(frame: Uint8Array, sizeMax: number): Promise<Uint8Array> | Uint8Array;
}

/** The streams that node:zlib has from 22.15 on; @types/node 20 does not know them. */
export interface ZstdStreams {
  createZstdCompress(options?: object): NodeJS.ReadWriteStream & zlib.Gzip;
  createZstdDecompress(options?: object): NodeJS.ReadWriteStream & zlib.Gunzip;
}

/** The zstd of node:zlib, where there is one. */
export function nativeZstd(): ZstdStreams | undefined {
  return "createZstdDecompress" in zlib ? (zlib as typeof zlib & ZstdStreams) : undefined;
}

interface ZstdWasm {
  init(): Promise<void>;
  compress(data: Uint8Array, level?: number): Uint8Array;
  decompress(frame: Uint8Array, options: { defaultHeapSize: number }): Uint8Array;
}

interface Lz4Napi {
  compressFrame(data: Uint8Array, options: { contentChecksum: boolean }): Promise<Uint8Array>;
  decompressFrame(frame: Uint8Array): Promise<Uint8Array>;
}

const initialised = new WeakMap<ZstdWasm, Promise<void>>();

/** The zstd of an optional package, or `storage/missing-codec` with its name. */
export async function loadZstd(url: string): Promise<FrameCodec> {
  const zstd = await loadCodec<ZstdWasm>("zstd", "@bokuweb/zstd-wasm", url);
  // A second init would swap the memory of the module under a call that is under way.
  const ready = initialised.get(zstd) ?? zstd.init();
  initialised.set(zstd, ready);
  await ready;
  return {
    compress: (data) => zstd.compress(data),
    decompress: (frame, sizeMax) =>
      zstd.decompress(frame, { defaultHeapSize: Math.max(1, sizeMax) }),
  };
}

/** The lz4 of an optional package, or `storage/missing-codec` with its name. */
export async function loadLz4(url: string): Promise<FrameCodec> {
  const lz4 = await loadCodec<Lz4Napi>("lz4", "lz4-napi", url);
  return {
    compress: async (data) => lz4.compressFrame(data, { contentChecksum: true }),
    decompress: async (frame) => lz4.decompressFrame(frame),
  };
}

async function loadCodec<T>(codec: string, name: string, url: string): Promise<T> {
  try {
    // The name is a variable, so that compilers do not look for packages that are optional.
    const loaded = (await import(name)) as T & { default?: T };
    return loaded.default ?? loaded;
  } catch (error) {
    const message =
      `compression: ${codec} needs an optional package that cannot be loaded, got ${shown(url)}, ` +
      `wanted '${name}'. ` +
      `${codec === "zstd" ? "Use Node 22.15 or later, or run" : "Run"}: npm install ${name}`;
    throw new StorageError("storage/missing-codec", message, url, error);
  }
}
