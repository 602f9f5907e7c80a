import { createHash } from "node:crypto";
import { corrupt, decode, encode, type Packed } from "./wire.ts";

// "MRF" and the version of the format. Layout: magic, SHA-256 of the content, SHA-256 of the
// hints, length of the content (4 bytes, little endian), content, hints.
const magic = Uint8Array.of(0x4d, 0x52, 0x46, 1);
const headerBytes = 4 + 32 + 32 + 4;

/**
 * The two halves of a captured function: content is what it computes and makes the hash; hints
 * say where it stood and help stack traces and the search for packages, and never change a result.
 */
export type Envelope = { readonly content: Packed; readonly hints: Packed };

/** Put the halves into one piece with the checksums that `open` verifies. */
export function seal(envelope: Envelope): { bytes: Uint8Array; hash: string } {
  const content = encode(envelope.content);
  const hints = encode(envelope.hints);
  const digest = sha256(content);
  const bytes = new Uint8Array(headerBytes + content.length + hints.length);
  bytes.set(magic, 0);
  bytes.set(digest, 4);
  bytes.set(sha256(hints), 36);
  new DataView(bytes.buffer).setUint32(68, content.length, true);
  bytes.set(content, headerBytes);
  bytes.set(hints, headerBytes + content.length);
  return { bytes, hash: digest.toString("hex") };
}

/** The content hash that stands in the header, unverified. */
export function hashOf(bytes: Uint8Array): string {
  checkMagic(bytes);
  return Buffer.from(bytes.subarray(4, 36)).toString("hex");
}

/** Take a sealed piece apart; throws `closure/corrupt` unless both checksums hold. */
export function open(bytes: Uint8Array): Envelope {
  checkMagic(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const contentEnd = headerBytes + view.getUint32(68, true);
  if (contentEnd > bytes.length) throw corrupt("it ends too early");
  const content = bytes.subarray(headerBytes, contentEnd);
  const hints = bytes.subarray(contentEnd);
  if (!sha256(content).equals(bytes.subarray(4, 36))) throw corrupt("the content checksum differs");
  if (!sha256(hints).equals(bytes.subarray(36, 68))) throw corrupt("the hints checksum differs");
  return { content: decode(content), hints: decode(hints) };
}

function checkMagic(bytes: Uint8Array): void {
  if (bytes.length < headerBytes) throw corrupt(`it is ${bytes.length} bytes long`);
  const known = magic.subarray(0, 3).every((byte, i) => byte === bytes[i]);
  if (!known) throw corrupt("it does not begin as a captured function does");
  if (bytes[3] !== magic[3]) {
    throw corrupt(`its format is version ${bytes[3]}, and this package reads ${magic[3]}`);
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
