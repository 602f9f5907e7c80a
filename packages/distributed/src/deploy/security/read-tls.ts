import { X509Certificate, createPrivateKey, type KeyObject } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { quoteValue } from "@millrace/graph";
import { DistributedError } from "../../errors.ts";
import type { Tls } from "../../wire/tls.ts";

/** The PEM text of an authority, and the file in which it was found. */
export interface KnownAuthority {
  readonly pem: string;
  readonly path: string;
}

/** Where the PEM files are. */
export interface TlsFiles {
  readonly ca: string | KnownAuthority;
  readonly cert: string;
  readonly key: string;
}

const BYTES_MAX = 2 ** 20;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Certificates and key from files, looked at before anything listens or connects: so a mistake is
 * told in words, and not as an alert of the other side.
 *
 * @param warn - is told of a key that others may read
 * @throws DistributedError `distributed/bad-certificate` for a file that cannot be read or is no
 * PEM, a certificate that is not valid now, and a key that is not that of the certificate
 */
export async function readTls(
  files: TlsFiles,
  warn: (message: string) => void,
  nowMs: number = Date.now(),
): Promise<Tls> {
  const given = files.ca;
  const [authority, path, pem] =
    typeof given === "string"
      ? ["--tls-ca", given, undefined]
      : ["--scheduler-file", given.path, given.pem];
  const [ca, cert, key] = await Promise.all([
    pem ?? textOf(authority, path),
    textOf("--tls-cert", files.cert),
    textOf("--tls-key", files.key),
  ]);
  for (const each of certificatesOf(authority, path, ca)) checkDates(authority, path, each, nowMs);
  const [own] = certificatesOf("--tls-cert", files.cert, cert);
  if (own !== undefined) {
    checkDates("--tls-cert", files.cert, own, nowMs);
    if (!own.checkPrivateKey(keyOf(files.key, key))) {
      const wanted = `the key of the certificate ${quoteValue(files.cert)}`;
      throw bad("--tls-key", "it belongs to another certificate", files.key, wanted);
    }
  }
  await warnWhereReadable(files.key, warn);
  return { ca, cert, key };
}

async function textOf(option: string, path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > BYTES_MAX) {
      throw bad(option, "it is too large", path, `a PEM file of at most ${BYTES_MAX} bytes`);
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof DistributedError) throw error;
    throw bad(option, `it cannot be read (${codeOf(error)})`, path, "a PEM file", error);
  }
}

function certificatesOf(option: string, path: string, text: string): X509Certificate[] {
  const wanted = "a PEM file with a certificate (-----BEGIN CERTIFICATE-----)";
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) throw bad(option, "it holds no certificate", path, wanted);
  return found.map((pem) => {
    try {
      return new X509Certificate(pem);
    } catch (error) {
      throw bad(option, "its certificate is damaged", path, wanted, error);
    }
  });
}

function keyOf(path: string, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const isLocked = /ENCRYPTED/.test(text);
    const what = isLocked ? "the key is locked by a passphrase" : "it holds no private key";
    throw bad("--tls-key", what, path, "a PEM file with a private key, not encrypted", error);
  }
}

function checkDates(option: string, path: string, each: X509Certificate, nowMs: number): void {
  const { validFrom, validTo } = each;
  const what =
    nowMs > Date.parse(validTo)
      ? `the certificate has expired on ${dayOf(validTo)}`
      : nowMs < Date.parse(validFrom)
        ? `the certificate is valid only from ${dayOf(validFrom)}`
        : undefined;
  if (what === undefined) return;
  throw bad(option, what, path, `one that is valid on ${dayOf(nowMs)}`);
}

function dayOf(date: string | number): string {
  return new Date(date).toISOString().slice(0, 10);
}

async function warnWhereReadable(path: string, warn: (message: string) => void): Promise<void> {
  if (process.platform === "win32") return;
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  warn(
    `--tls-key: others on this machine may read the key, got ${quoteValue(path)} with mode ` +
      `${(mode & 0o777).toString(8)}, wanted 600. Run: chmod 600 ${path}`,
  );
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function bad(
  option: string,
  what: string,
  path: string,
  wanted: string,
  cause?: unknown,
): DistributedError {
  return new DistributedError(
    "distributed/bad-certificate",
    `${option}: ${what}, got ${quoteValue(path)}, wanted ${wanted}. Name another file.`,
    cause === undefined ? undefined : { cause },
  );
}
