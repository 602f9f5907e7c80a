import { badLayout } from "../../arrow/arrow-type.ts";
import { codecs, decompressor } from "../parquet/decompress.ts";
import { parquetModule } from "../parquet/wasm-module.ts";
import type { IpcCompression } from "./ipc-message.ts";
import { readLz4Frame } from "./lz4-frame.ts";

/** Bytes that say how long a buffer is without compression. */
const LENGTH_BYTES = 8;

/** LZ4 makes no more than 255 bytes of one: more is damage, and room asked for in vain. */
const LZ4_RATIO_MAX = 255;

/** The buffers of a batch without their compression; a length of -1 marks one that has none. */
export async function inflatedBuffers(
  buffers: readonly Uint8Array[],
  compression: IpcCompression,
): Promise<readonly Uint8Array[]> {
  if (compression === "none") return buffers;
  const parts = buffers.map((bytes) => {
    if (bytes.length === 0) return { bytes, size: 0, isCompressed: false };
    if (bytes.length < LENGTH_BYTES) throw badLayout("a compressed buffer has no length");
    const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true));
    const rest = bytes.subarray(LENGTH_BYTES);
    if (size < -1 || (compression === "lz4" && size > LZ4_RATIO_MAX * rest.length)) {
      throw badLayout(`a compressed buffer has a length of ${size}`);
    }
    // A copy, since what stands behind the length is not aligned to the values.
    if (size === -1)
      return { bytes: Uint8Array.from(rest), size: rest.length, isCompressed: false };
    return { bytes: rest, size, isCompressed: size > 0 };
  });
  if (compression === "zstd") return decompressor(await parquetModule())(codecs.zstd, parts);
  return parts.map(({ bytes, size, isCompressed }) => {
    return isCompressed ? readLz4Frame(bytes, size) : bytes.subarray(0, size);
  });
}
