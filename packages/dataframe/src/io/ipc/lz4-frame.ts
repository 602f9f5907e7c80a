import { badLayout } from "../../arrow/arrow-type.ts";

/** The first four bytes of a frame. */
const MARK = 0x184d2204;

/**
 * Decompresses a frame of LZ4 of a known size (github.com/lz4/lz4, lz4_Frame_format.md and
 * lz4_Block_format.md). Check sums are passed over: no part of a frame is trusted for room anyway.
 */
export function readLz4Frame(bytes: Uint8Array, size: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 7 || view.getUint32(0, true) !== MARK)
    throw badLayout("a buffer is no LZ4 frame");
  const flags = bytes[4] as number;
  const hasBlockSums = (flags & 16) !== 0;
  const out = new Uint8Array(size);
  let p = 7 + ((flags & 8) === 0 ? 0 : 8) + ((flags & 1) === 0 ? 0 : 4);
  let at = 0;
  while (at < size) {
    const head = view.getUint32(p, true);
    const length = head & 0x7fff_ffff;
    p += 4;
    if (length === 0 || p + length > bytes.length) throw badLayout("an LZ4 frame ends too early");
    const block = bytes.subarray(p, p + length);
    const isPlain = head >>> 31 === 1;
    if (isPlain && at + length > size) throw badLayout("an LZ4 frame is too long");
    if (isPlain) out.set(block, at);
    at = isPlain ? at + length : readBlock(block, out, at);
    p += length + (hasBlockSums ? 4 : 0);
  }
  return out;
}

/** Adds what a block stands for; matches may reach back into blocks before. */
function readBlock(bytes: Uint8Array, out: Uint8Array, start: number): number {
  let at = start;
  let p = 0;
  /** A length of 15 goes on in bytes, until one is not 255. */
  const longer = (length: number): number => {
    let total = length;
    for (let byte = 255; length === 15 && byte === 255; total += byte) byte = bytes[p++] ?? 0;
    return total;
  };
  while (p < bytes.length) {
    const token = bytes[p++] as number;
    const literals = longer(token >> 4);
    if (p + literals > bytes.length || at + literals > out.length) throw badBlock();
    out.set(bytes.subarray(p, p + literals), at);
    p += literals;
    at += literals;
    // The last sequence has literals alone.
    if (p >= bytes.length) return at;
    const back = (bytes[p] as number) | ((bytes[p + 1] ?? 0) << 8);
    p += 2;
    const run = longer(token & 15) + 4;
    if (back === 0 || back > at || at + run > out.length) throw badBlock();
    if (back >= run) out.copyWithin(at, at - back, at - back + run);
    else for (let i = 0; i < run; i++) out[at + i] = out[at - back + i] as number;
    at += run;
  }
  return at;
}

function badBlock(): Error {
  return badLayout("an LZ4 block is compressed badly");
}
