import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { invalidArgument } from "../../errors.ts";

const BYTES = 32;
/** What a header can carry as it is; a longer one is no token but a mistake. */
const PATTERN = /^[\x21-\x7e]{1,1024}$/;
const CHARACTERS_LEAST = 16;

/** A new secret of 256 bits, as text that needs no quotes anywhere. */
export function createToken(): string {
  return randomBytes(BYTES).toString("base64url");
}

/**
 * Refuses what cannot be a token; the message does not hold it.
 *
 * @throws DistributedError `distributed/invalid-argument`
 */
export function checkToken(api: string, token: unknown, remedy: string): void {
  const isText = typeof token === "string";
  if (isText && PATTERN.test(token)) return;
  throw invalidArgument(
    api,
    "it is no token",
    isText ? `a text of ${token.length} characters` : `a ${typeof token}`,
    "1 to 1024 visible ASCII characters without spaces",
    remedy,
  );
}

/** Whether somebody may find a token by trying. */
export function isWeak(token: string): boolean {
  return token.length < CHARACTERS_LEAST;
}

/**
 * Whether `given` is the token. It takes as long whatever is wrong with it: digests of one length
 * are compared to the last byte.
 */
export function isToken(given: string | undefined, token: string): boolean {
  const isGiven = given !== undefined;
  const isSame = timingSafeEqual(digestOf(given ?? ""), digestOf(token));
  return isGiven && isSame;
}

/** The token of an `Authorization: Bearer …` header; undefined where there is none. */
export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return /^bearer +([\x21-\x7e]+) *$/i.exec(headers.authorization ?? "")?.[1];
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
