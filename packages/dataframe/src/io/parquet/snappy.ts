import { badLayout } from "../../arrow/arrow-type.ts";
import { readVarint, varintSize } from "./rle.ts";

/** Copies up to this long are made in a loop: a call costs as much as about so many bytes. */
const LOOPED_MAX = 32;

/** Bytes behind the last one that a copy by fours may touch. */
const SLACK = 4;

/** Bytes that Snappy made smaller (github.com/google/snappy, format_description.txt). */
export function unsnappy(bytes: Uint8Array, size: number): Uint8Array {
  const length = readVarint(bytes, 0);
  if (length !== size) throw badLayout(`a page has ${length} bytes, wanted ${size}`);
  const out = new Uint8Array(size + SLACK);
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const target = new DataView(out.buffer);
  const safe = bytes.length - SLACK;
  let p = varintSize(length);
  let at = 0;
  while (p < bytes.length) {
    const tag = bytes[p++] as number;
    if ((tag & 3) === 0) {
      let run = (tag >> 2) + 1;
      if (run > 60) {
        const width = run - 60;
        run = 1;
        for (let i = 0; i < width; i++) run += (bytes[p++] ?? 0) * 2 ** (8 * i);
      }
      if (p + run > bytes.length || at + run > size) throw badLayout("a page is compressed badly");
      if (run > LOOPED_MAX) out.set(bytes.subarray(p, p + run), at);
      else if (p + run > safe) for (let i = 0; i < run; i++) out[at + i] = bytes[p + i] as number;
      else {
        for (let i = 0; i < run; i += 4)
          target.setInt32(at + i, source.getInt32(p + i, true), true);
      }
      p += run;
      at += run;
      continue;
    }
    let run = (tag >> 2) + 1;
    let back = bytes[p++] ?? 0;
    if ((tag & 3) === 1) {
      run = ((tag >> 2) & 7) + 4;
      back |= (tag >> 5) << 8;
    } else {
      back |= (bytes[p++] ?? 0) << 8;
      if ((tag & 3) === 3) {
        back |= (bytes[p++] ?? 0) << 16;
        back += (bytes[p++] ?? 0) * 2 ** 24;
      }
    }
    if (back === 0 || back > at || at + run > size) throw badLayout("a page is compressed badly");
    // What is copied may be what the copy itself writes.
    if (run > LOOPED_MAX && back >= run) out.copyWithin(at, at - back, at - back + run);
    else if (back < 4) for (let i = 0; i < run; i++) out[at + i] = out[at - back + i] as number;
    else {
      const shift = at - back;
      for (let i = 0; i < run; i += 4)
        target.setInt32(at + i, target.getInt32(shift + i, true), true);
    }
    at += run;
  }
  if (at !== size) throw badLayout(`a page has ${at} bytes, wanted ${size}`);
  return out.subarray(0, size);
}
