import { Client } from "@millrace/distributed";
import { expect, it } from "vitest";
import { createCertificates } from "../../../packages/distributed/dist/deploy/security/certificates.js";
import { Served, bearer, token } from "./served.ts";

const { scheduler, worker, client } = await createCertificates();

it("a scheduler with certificates shows itself to who has one and the token", async () => {
  await using served = await Served.start({ tls: scheduler });
  await served.addWorker("w", undefined, worker);
  const ask = (path: string, headers: object) => served.ask(path, headers, {}, client);
  expect((await ask("/health", {})).status).toBe(200);
  expect((await ask("/api/v1/cluster", {})).status).toBe(401);
  expect((await ask("/api/v1/cluster", bearer)).status).toBe(200);
  expect((await ask("/metrics", bearer)).text).toContain("millrace_workers 1\n");
  expect((await served.ask("/api/v1/cluster", bearer, {}, scheduler)).status).toBe(403);
  await expect(served.ask("/health", {}, {}, { ...client, cert: "", key: "" })).rejects.toThrow();
});

it("a browser is let in by a cookie that never goes in the clear", async () => {
  await using served = await Served.start({ tls: scheduler });
  await using connected = await Client.connect(served.server.url, { token, tls: client });
  const url = new URL(connected.pageUrl());
  expect(url.protocol).toBe("https:");
  const { status, headers } = await served.ask(`/${url.search}`, {}, {}, client);
  expect(status).toBe(303);
  const [cookie = ""] = headers["set-cookie"] ?? [];
  expect(cookie).toMatch(/^__Host-millrace-\d+=[\w-]{43}; Path=\/; .*; Secure$/);
  const shown = { cookie: cookie.split(";")[0] };
  expect((await served.ask("/", shown, {}, client)).status).toBe(200);
  // The cookie stands for the token, not for the certificate.
  expect((await served.ask("/", shown, {}, scheduler)).status).toBe(403);
});

it("a client asks over TLS too", async () => {
  await using served = await Served.start({ tls: scheduler });
  await served.addWorker("w", undefined, worker);
  await using connected = await Client.connect(served.server.url, { token, tls: client });
  const { workers } = await connected.info();
  expect(workers.map(({ name }) => name)).toEqual(["w"]);
});
