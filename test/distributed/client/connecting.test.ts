import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { Client } from "@millrace/distributed";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { ApiReader } from "../../../packages/distributed/dist/client/watch/api-reader.js";
import { createCertificates } from "../../../packages/distributed/dist/deploy/security/certificates.js";
import { packageVersion } from "../../../packages/distributed/dist/package-version.js";
import { greet } from "../../../packages/distributed/dist/wire/greeting.js";
import type { Welcome } from "../../../packages/distributed/dist/wire/greeting.js";
import { Served, token } from "../http/served.ts";

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a client is told, and how often it has asked, by a server with this answer. */
async function answered(status: number): Promise<{ told: unknown; count: number }> {
  let count = 0;
  const url = await listening(
    createServer((_, response) => {
      count++;
      response.writeHead(status, { Connection: "close" }).end("<html>words of a proxy\n");
    }),
  );
  const told = await Client.connect(url, { token, timeoutMs: 300 }).catch((error) => error);
  return { told, count };
}

it("an answer that is none of a scheduler is tried again, and told", async () => {
  const words = ["200 OK", "404 Not Found", "502 Bad Gateway", "503 Service Unavailable"];
  for (const each of words) {
    const { told, count } = await answered(Number.parseInt(each));
    expect(told).toMatchObject({
      code: "distributed/unreachable",
      message: expect.stringContaining(`got "the answer was ${each}" from ws://127.0.0.1:`),
    });
    expect(count).toBeGreaterThan(1);
  }
});

it("a refusal is final", async () => {
  for (const status of [401, 403]) {
    const { told, count } = await answered(status);
    expect(told).toMatchObject({ code: "distributed/refused" });
    expect(count).toBe(1);
  }
});

it("a port that accepts and says nothing takes no longer than it may", async () => {
  const url = await listening(createTcpServer((socket) => socket.on("error", () => undefined)));
  const startMs = performance.now();
  const told = await Client.connect(url, { token, timeoutMs: 300 }).catch((error) => error);
  expect(performance.now() - startMs).toBeLessThan(3_000);
  expect(told).toMatchObject({ code: "distributed/unreachable" });
  expect(told.message).toMatch(/found in 300 ms, got "no welcome for \d+ ms"/);
});

it("a package of a later patch is let in, one of another minor version is not", async () => {
  await using served = await Served.start();
  const [major, minor, patch] = packageVersion.split(".").map(Number) as [number, number, number];
  const greeted = async (version: string): Promise<Welcome> => {
    const socket = new WebSocket(`${served.server.url}/ws`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    await once(socket, "open");
    try {
      return await greet(socket, { role: "client", name: "c", version });
    } finally {
      socket.terminate();
    }
  };
  expect(await greeted(`${major}.${minor}.${patch + 1}`)).toMatchObject({ kind: "welcome" });
  expect(await greeted(`${major}.${minor + 1}.${patch}`)).toEqual({
    kind: "mismatch",
    reason:
      `client ${major}.${minor + 1}.${patch} and scheduler ${packageVersion} are not of one ` +
      `version (${major}.${minor}.x): install the same version of both`,
  });
});

it("a worker's certificate passes for no scheduler, and gets no token", async () => {
  const { worker, client } = await createCertificates();
  await using served = await Served.start({ tls: worker });
  const seen: unknown[] = [];
  const warn = (_: string, facts: unknown): void => void seen.push(facts);
  const options = { token, tls: client, timeoutMs: 2_000 };
  const told = await Client.connect(served.server.url, options).catch((error) => error);
  expect(told).toMatchObject({ code: "distributed/refused" });
  expect(told.message).toContain("the certificate is one of a worker, wanted one of a scheduler");
  await expect(served.addWorker("w", { ...quiet, warn }, worker)).rejects.toMatchObject({
    code: "distributed/refused",
  });
  expect(seen).toEqual([]);
  // Over HTTP it gets none either.
  const reader = new ApiReader({ url: served.server.url, token, tls: client }, "Client.info");
  await expect(reader.read("/api/v1/cluster", "workers")).rejects.toMatchObject({
    code: "distributed/refused",
  });
});

const silent = (): void => undefined;
const quiet = { debug: silent, info: silent, error: silent };
