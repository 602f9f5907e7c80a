/** Bits, least first, as a byte each: how validity and truth are held. */
export function unpackBits(bits: Uint8Array, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  let bit = offset;
  for (; at < length && (bit & 7) !== 0; at++, bit++) {
    bytes[at] = ((bits[bit >> 3] as number) >> (bit & 7)) & 1;
  }
  for (let i = bit >> 3; at + 8 <= length; i++, at += 8) {
    const byte = bits[i] as number;
    bytes[at] = byte & 1;
    bytes[at + 1] = (byte >> 1) & 1;
    bytes[at + 2] = (byte >> 2) & 1;
    bytes[at + 3] = (byte >> 3) & 1;
    bytes[at + 4] = (byte >> 4) & 1;
    bytes[at + 5] = (byte >> 5) & 1;
    bytes[at + 6] = (byte >> 6) & 1;
    bytes[at + 7] = byte >> 7;
  }
  for (bit = offset + at; at < length; at++, bit++) {
    bytes[at] = ((bits[bit >> 3] as number) >> (bit & 7)) & 1;
  }
  return bytes;
}

/** Whether all of some bits are 1. */
export function allBits(bits: Uint8Array, offset: number, length: number): boolean {
  const end = offset + length;
  let bit = offset;
  for (; bit < end && (bit & 7) !== 0; bit++) {
    if ((((bits[bit >> 3] as number) >> (bit & 7)) & 1) === 0) return false;
  }
  for (; bit + 8 <= end; bit += 8) if (bits[bit >> 3] !== 255) return false;
  for (; bit < end; bit++) {
    if ((((bits[bit >> 3] as number) >> (bit & 7)) & 1) === 0) return false;
  }
  return true;
}

/** Bytes of 0 and 1 as bits; as many bytes as Arrow pads to. */
export function packBits(bytes: Uint8Array): Uint8Array {
  const bits = new Uint8Array(((bytes.length + 63) >> 6) << 3);
  for (let i = 0; i < bytes.length; i++) {
    bits[i >> 3] = (bits[i >> 3] as number) | ((bytes[i] as number) << (i & 7));
  }
  return bits;
}
