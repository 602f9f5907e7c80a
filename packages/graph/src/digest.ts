import type { Hash } from "node:crypto";
import { createHash, hash } from "node:crypto";

/**
 * Longer pieces are replaced by their digest, so that the text of a value stays small at each
 * level.
 */
export const pieceLengthMax = 256;
/** So much text is gathered before it is hashed. */
const gatheredMax = 1 << 16;

/** 128 bits of SHA-256 in hexadecimal. */
export function digest(text: string): string {
  return hash("sha256", text, "hex").slice(0, 32);
}

/** The same of bytes. */
export function bytesDigest(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex").slice(0, 32);
}

/** Takes a text piece by piece and ends in the text, or in its digest where it was long. */
export class DigestWriter {
  #text = "";
  #kind = "";
  #hash: Hash | undefined;

  write(piece: string): void {
    this.#text += piece;
    if (this.#text.length < gatheredMax) return;
    this.#kind ||= this.#text.slice(0, 1);
    this.#hash ??= createHash("sha256");
    this.#hash.update(this.#text);
    this.#text = "";
  }

  end(): string {
    const text = this.#text;
    if (this.#hash !== undefined) {
      return `${this.#kind}#${this.#hash.update(text).digest("hex").slice(0, 32)}`;
    }
    return text.length > pieceLengthMax ? `${text.slice(0, 1)}#${digest(text)}` : text;
  }
}
