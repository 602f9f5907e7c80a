import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { expect, it } from "vitest";
import {
  createCertificates,
  writeCertificates,
} from "../../../../packages/distributed/dist/deploy/security/certificates.js";
import { readTls } from "../../../../packages/distributed/dist/deploy/security/read-tls.js";
import {
  certifiedNames,
  roleOf,
  roleRefusal,
  tlsOptions,
} from "../../../../packages/distributed/dist/deploy/security/tls.js";
import type { Tls } from "../../../../packages/distributed/dist/wire/tls.js";
import { scratchFolder } from "../../../lib/scratch-folder.ts";

const certificates = await createCertificates();

/** What both sides see of each other, or why they do not. */
async function greet(server: Tls, client: Partial<Tls>): Promise<unknown> {
  const listening = createServer(tlsOptions(server));
  const refused = once(listening, "tlsClientError").then(([error]) => (error as Error).message);
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  const accepted = once(listening, "secureConnection") as Promise<[TLSSocket]>;
  const socket = connect({ ...client, port, host: "127.0.0.1", minVersion: "TLSv1.3" });
  const failed = once(socket, "error").then(([error]) => (error as NodeJS.ErrnoException).code);
  try {
    const seen = accepted.then(([other]) => {
      const role = roleOf(other.getPeerCertificate());
      other.on("error", () => undefined);
      const protocol = other.getProtocol();
      other.destroy();
      return { protocol, role };
    });
    return await Promise.race([seen, refused, failed]);
  } finally {
    socket.on("error", () => undefined);
    socket.destroy();
    listening.close();
    for (const each of [refused, failed, accepted]) each.catch(() => undefined);
  }
}

it("both sides know each other by TLS 1.3, and the role of the other", async () => {
  const { scheduler, worker, client } = certificates;
  expect(await greet(scheduler, worker)).toEqual({ protocol: "TLSv1.3", role: "worker" });
  expect(await greet(scheduler, client)).toEqual({ protocol: "TLSv1.3", role: "client" });
  expect(await greet(worker, worker)).toEqual({ protocol: "TLSv1.3", role: "worker" });
});

it("nobody is let in without a certificate, or with one of another authority", async () => {
  const { scheduler } = certificates;
  const { client } = await createCertificates();
  expect(await greet(scheduler, { ca: scheduler.ca })).not.toHaveProperty("role");
  expect(await greet(scheduler, { ...client, ca: scheduler.ca })).not.toHaveProperty("role");
});

it("a client does not take a scheduler of another authority", async () => {
  const { client } = await createCertificates();
  const { scheduler } = certificates;
  const said = await greet(scheduler, { ...client });
  expect(said).not.toHaveProperty("role");
});

it("a client cannot pass for what listens", async () => {
  const { client, worker } = certificates;
  expect(await greet(client, worker)).not.toHaveProperty("role");
});

it("the certificate of a worker is none of a client", () => {
  const { worker, client } = certificates;
  const shown = (tls: Tls) => new X509Certificate(tls.cert).toLegacyObject();
  expect(roleRefusal(shown(worker), ["worker", "scheduler"])).toBeUndefined();
  expect(roleRefusal(shown(worker), ["client"])).toBe(
    "the certificate is one of a worker, wanted one of a client",
  );
  expect(roleRefusal(shown(client), ["scheduler", "worker"])).toBe(
    "the certificate is one of a client, wanted one of a scheduler or worker",
  );
  // One of a company tells no role.
  expect(roleRefusal({ subject: { OU: ["IT", "millrace"] } }, ["client"])).toBeUndefined();
  expect(roleRefusal({}, ["client"])).toBeUndefined();
});

it("certificates stand for the hosts that are named", async () => {
  const { scheduler } = await createCertificates({ hosts: ["a.example", "10.0.0.7", "[::2]"] });
  expect(certifiedNames(scheduler)).toEqual(["a.example", "10.0.0.7", "0:0:0:0:0:0:0:2"]);
  expect(certifiedNames(certificates.worker)).toContain("localhost");
});

it("files are written once, keys for the user alone, and read back", async () => {
  const folder = join(scratchFolder(), "certs");
  const paths = await writeCertificates(folder, certificates);
  expect(readdirSync(folder).toSorted()).toEqual([
    "ca-key.pem",
    "ca.pem",
    "client-key.pem",
    "client.pem",
    "scheduler-key.pem",
    "scheduler.pem",
    "worker-key.pem",
    "worker.pem",
  ]);
  const keys = paths.filter((path) => path.endsWith("-key.pem"));
  expect(keys.map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600, 0o600, 0o600]);
  const warnings: string[] = [];
  const files = filesOf(folder, "worker");
  expect(await readTls(files, (text) => warnings.push(text))).toEqual(certificates.worker);
  expect(warnings).toEqual([]);
  await expect(writeCertificates(folder, certificates)).rejects.toMatchObject({
    code: "distributed/bad-certificate",
  });
  expect(readFileSync(files.cert, "utf8")).toBe(certificates.worker.cert);
});

function filesOf(folder: string, role: string): { ca: string; cert: string; key: string } {
  return {
    ca: join(folder, "ca.pem"),
    cert: join(folder, `${role}.pem`),
    key: join(folder, `${role}-key.pem`),
  };
}

it("a key that others can read is warned of", async () => {
  const folder = scratchFolder();
  await writeCertificates(folder, certificates);
  const files = filesOf(folder, "client");
  chmodSync(files.key, 0o644);
  const warnings: string[] = [];
  await readTls(files, (text) => warnings.push(text.replaceAll(folder, "…")));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("wanted 600. Run: chmod 600");
});

it("files that are no good are refused with the option and the reason", async () => {
  const folder = scratchFolder();
  const nowMs = Date.UTC(2027, 0, 1);
  const valid = await createCertificates({ nowMs });
  await writeCertificates(folder, valid);
  const good = filesOf(folder, "client");
  const other = filesOf(folder, "worker");
  const old = await createCertificates({ days: 1, nowMs: Date.UTC(2026, 0, 1) });
  const early = await createCertificates({ nowMs: Date.UTC(2999, 0, 1) });
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const damaged = valid.client.cert.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA");
  const bad = [
    { ...good, ca: join(folder, "absent.pem") },
    { ...good, cert: folder },
    { ...good, ca: file("empty.pem", "") },
    { ...good, cert: good.key },
    { ...good, cert: file("damaged.pem", damaged) },
    { ...good, key: good.cert },
    { ...good, key: file("locked.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n") },
    { ...good, key: other.key },
    { ...good, cert: file("old.pem", old.client.cert), key: file("old-key.pem", old.client.key) },
    { ...good, ca: file("old-ca.pem", old.authority.cert) },
    { ...good, ca: file("early-ca.pem", early.authority.cert) },
    { ...good, ca: file("large.pem", "x".repeat(2 ** 20 + 1)) },
  ];
  const messages = await Promise.all(
    bad.map((files) =>
      readTls(files, () => undefined, nowMs).then(
        () => "taken",
        (error: Error & { code: string }) => {
          expect(error.code).toBe("distributed/bad-certificate");
          return error.message.replaceAll(folder, "…");
        },
      ),
    ),
  );
  expect(messages).toMatchInlineSnapshot(`
    [
      "--tls-ca: it cannot be read (ENOENT), got "…/absent.pem", wanted a PEM file. Name another file.",
      "--tls-cert: it cannot be read (EISDIR), got "…", wanted a PEM file. Name another file.",
      "--tls-ca: it holds no certificate, got "…/empty.pem", wanted a PEM file with a certificate (-----BEGIN CERTIFICATE-----). Name another file.",
      "--tls-cert: it holds no certificate, got "…/client-key.pem", wanted a PEM file with a certificate (-----BEGIN CERTIFICATE-----). Name another file.",
      "--tls-cert: its certificate is damaged, got "…/damaged.pem", wanted a PEM file with a certificate (-----BEGIN CERTIFICATE-----). Name another file.",
      "--tls-key: it holds no private key, got "…/client.pem", wanted a PEM file with a private key, not encrypted. Name another file.",
      "--tls-key: the key is locked by a passphrase, got "…/locked.pem", wanted a PEM file with a private key, not encrypted. Name another file.",
      "--tls-key: it belongs to another certificate, got "…/worker-key.pem", wanted the key of the certificate "…/client.pem". Name another file.",
      "--tls-cert: the certificate has expired on 2026-01-02, got "…/old.pem", wanted one that is valid on 2027-01-01. Name another file.",
      "--tls-ca: the certificate has expired on 2026-01-02, got "…/old-ca.pem", wanted one that is valid on 2027-01-01. Name another file.",
      "--tls-ca: the certificate is valid only from 2998-12-31, got "…/early-ca.pem", wanted one that is valid on 2027-01-01. Name another file.",
      "--tls-ca: it is too large, got "…/large.pem", wanted a PEM file of at most 1048576 bytes. Name another file.",
    ]
  `);
});
