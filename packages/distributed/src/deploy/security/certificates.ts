import { webcrypto } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { quoteValue } from "@millrace/graph";
import type * as X509 from "@peculiar/x509";
import { DistributedError } from "../../errors.ts";
import { withoutBrackets } from "./is-loopback.ts";
import type { Tls } from "../../wire/tls.ts";
import type { Role } from "./tls.ts";
import { unitOf } from "./tls.ts";

/** What certificates stand for, and how long. */
export interface CertificateOptions {
  /** Names and addresses of the machines of the cluster; default those of loopback. */
  readonly hosts?: readonly string[];
  /** Default 365. */
  readonly days?: number;
  readonly nowMs?: number;
}

/** A certificate for each role, all vouched for by one authority of their own. */
export interface Certificates {
  readonly authority: { readonly cert: string; readonly key: string };
  readonly scheduler: Tls;
  readonly worker: Tls;
  readonly client: Tls;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];
const DAY_MS = 86_400_000;
/** Clocks of machines differ. */
const SKEW_MS = 5 * 60_000;

/**
 * A new authority and a certificate of it for each role, in memory. Whoever has only the
 * certificate of a worker cannot pass for a client or a scheduler.
 *
 * For a cluster on one machine the key of the authority can be forgotten at once.
 */
export async function createCertificates(options: CertificateOptions = {}): Promise<Certificates> {
  const { hosts = LOOPBACK, days = 365, nowMs = Date.now() } = options;
  const x509 = await loadX509();
  const keys = await newKeys();
  const dates = {
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(nowMs + days * DAY_MS),
  };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: ["Millrace cluster"] }],
    ...dates,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      // It vouches for others, not for those who vouch for others.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const ca = pemOf(authority);
  const issue = async (role: Role): Promise<Tls> => {
    const own = await newKeys();
    const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: [{ CN: [`Millrace ${role}`] }, { OU: [unitOf(role)] }],
      issuer: authority.subjectName,
      ...dates,
      signingAlgorithm: ALGORITHM,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        // Workers serve their peers; nobody connects to a client.
        new x509.ExtendedKeyUsageExtension(
          role === "client" ? [clientAuth] : [serverAuth, clientAuth],
        ),
        new x509.SubjectAlternativeNameExtension(hosts.map(nameOf)),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return { ca, cert: pemOf(certificate), key: await pemOfKey(own.privateKey) };
  };
  const [scheduler, worker, client] = await Promise.all([
    issue("scheduler"),
    issue("worker"),
    issue("client"),
  ]);
  const key = await pemOfKey(keys.privateKey);
  return { authority: { cert: ca, key }, scheduler, worker, client };
}

/**
 * Writes certificates into a folder that is made if need be, keys with mode 600: `ca.pem`,
 * `ca-key.pem`, and `scheduler.pem`, `scheduler-key.pem` and so on. Gives the paths.
 *
 * @throws DistributedError `distributed/bad-certificate` where a file is there already
 */
export async function writeCertificates(
  folder: string,
  certificates: Certificates,
): Promise<string[]> {
  const { authority, scheduler, worker, client } = certificates;
  const parts = { ca: authority, scheduler, worker, client };
  const files = Object.entries(parts).flatMap(([name, { cert, key }]) => [
    { path: join(folder, `${name}-key.pem`), text: key, mode: 0o600 },
    { path: join(folder, `${name}.pem`), text: cert, mode: 0o644 },
  ]);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { path, text, mode } of files) {
    try {
      await writeFile(path, text, { mode, flag: "wx" });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new DistributedError(
        "distributed/bad-certificate",
        `writeCertificates: the file cannot be made (${code ?? String(error)}), got ` +
          `${quoteValue(path)}, wanted a folder without certificates. Name another folder.`,
        { cause: error },
      );
    }
  }
  return files.map(({ path }) => path).toSorted();
}

/** Most processes never make a certificate, and do not load what makes them. */
async function loadX509(): Promise<typeof X509> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/** 127 bits: positive, and never the same twice. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(Buffer.alloc(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

function nameOf(host: string): { readonly type: "ip" | "dns"; readonly value: string } {
  const value = withoutBrackets(host);
  return { type: isIP(value) === 0 ? "dns" : "ip", value };
}

function pemOf(certificate: { toString(format: "pem"): string }): string {
  return `${certificate.toString("pem")}\n`;
}

async function pemOfKey(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}
