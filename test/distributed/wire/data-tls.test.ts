import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import type { Tls } from "../../../packages/distributed/src/wire/tls.ts";
import { itWhen } from "../../lib/skip.ts";
import { scratchFolder } from "../../lib/scratch-folder.ts";
import { blockOf, bytesOf, connect, keeper, peerOf, say, serve, whole } from "./data-sides.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const it = itWhen(hasOpenssl, "there is no openssl to make certificates with");

const folder = scratchFolder();
const ours = hasOpenssl ? certificate("ours") : { ca: "", cert: "", key: "" };

it("over TLS blocks go both ways, each side with a certificate", async () => {
  const { kept, take } = keeper();
  const blocks = [blockOf(5, 3_000_000, 70_000), blockOf(9)];
  const server = await serve(blocks, { tls: ours, take });
  expect(server.address).toMatch(/^tls:\/\/127\.0\.0\.1:\d+$/);
  const client = connect({ tls: ours });
  const got = await client.fetch(peerOf(server), whole(0, 7, 1));
  expect(got.map(bytesOf)).toEqual([bytesOf(blocks[0]), undefined, bytesOf(blocks[1])]);
  expect(got[0]!.header.buffer).toBeInstanceOf(SharedArrayBuffer);
  const named = blocks.map((block, id) => ({ id, version: 1, block }));
  expect(await client.push(peerOf(server), named)).toEqual([undefined, undefined]);
  expect(kept.map(({ block }) => bytesOf(block))).toEqual(blocks.map(bytesOf));
  await client.close();
  await expect.poll(() => server.connectionCount).toBe(0);
});

it("with certificates alone, and no token, there is no Unix socket", async () => {
  const options = { tls: ours, token: undefined, socketDirectory: scratchFolder() };
  const server = await serve({ 1: blockOf(3) }, options);
  const client = connect({ tls: ours, token: undefined });
  expect(server.address).not.toContain("socket");
  expect(await client.fetch(peerOf(server, "here"), whole(1))).toHaveLength(1);
});

it("a certificate of another authority, and none, do not get in; a token alone is not enough", async () => {
  let asked = 0;
  const blockOfNobody = async (): Promise<undefined> => void asked++;
  const server = await serve({}, { tls: ours, blockOf: blockOfNobody });
  const theirs = certificate("theirs");
  const stranger = connect({ tls: { ...theirs, ca: ours.ca } });
  await expect(stranger.fetch(peerOf(server), whole(1))).rejects.toMatchObject({
    code: "distributed/peer-lost",
  });
  const deceived = connect({ tls: { ...ours, ca: theirs.ca } });
  await expect(deceived.fetch(peerOf(server), whole(1))).rejects.toThrow(/certificate|self/);
  const tcp = { address: server.address.replace("tls:", "tcp:"), host: "there" };
  expect((await say(tcp, Buffer.from("MRDP\u0001\0\0\0"))).includes("MRDP")).toBe(false);
  await expect(connect().fetch(tcp, whole(1))).rejects.toMatchObject({
    code: expect.stringMatching(/distributed\/(peer-lost|corrupt-frame)/),
  });
  await expect.poll(() => server.connectionCount).toBe(0);
  expect(asked).toBe(0);
});

it("strangers that say nothing are cut off before TLS is through", async () => {
  const server = await serve({}, { tls: ours, limits: { handshakeMs: 30 } });
  const tcp = { address: server.address.replace("tls:", "tcp:") };
  expect(await say(tcp)).toHaveLength(0);
  await expect.poll(() => server.connectionCount).toBe(0);
});

/** An authority of this name, and a certificate of it. */
function certificate(name: string): Tls {
  const file = (suffix: string): string => join(folder, `${name}${suffix}`);
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", [...args], { stdio: "ignore" });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const request = (suffix: string): string[] => [...newKey, "-keyout", file(`${suffix}.key`)];
  openssl("req", "-x509", ...request("-ca"), "-out", file("-ca.pem"), "-subj", `/CN=${name}`);
  openssl("req", ...request(""), "-out", file(".csr"), "-subj", "/CN=worker");
  const by = ["-CA", file("-ca.pem"), "-CAkey", file("-ca.key"), "-CAcreateserial"];
  openssl("x509", "-req", "-in", file(".csr"), ...by, "-out", file(".pem"));
  const [ca, cert, key] = ["-ca.pem", ".pem", ".key"].map((suffix) =>
    readFileSync(file(suffix), "utf8"),
  ) as [string, string, string];
  return { ca, cert, key };
}
