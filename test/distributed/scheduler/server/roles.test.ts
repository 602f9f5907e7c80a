import { Client, getClient } from "@millrace/distributed";
import { beforeAll, describe, expect, it } from "vitest";
import { createCertificates } from "../../../../packages/distributed/dist/deploy/security/certificates.js";
import type { Certificates } from "../../../../packages/distributed/dist/deploy/security/certificates.js";
import { Served, token } from "../../http/served.ts";

let made: Certificates;

beforeAll(async () => {
  made = await createCertificates();
});

describe("a certificate of", () => {
  it("a worker is none of a client", async () => {
    await using served = await Served.start({ tls: made.scheduler });
    const failure = Client.connect(served.server.url, { token, tls: made.worker });
    await expect(failure).rejects.toMatchObject({ code: "distributed/refused" });
    await expect(failure).rejects.toThrow(
      "the certificate is one of a worker, wanted one of a client",
    );
  });

  it("a client is none of a worker, which does not try again", async () => {
    await using served = await Served.start({ tls: made.scheduler });
    const failure = served.addWorker("w", undefined, made.client);
    await expect(failure).rejects.toMatchObject({ code: "distributed/refused" });
    await expect(failure).rejects.toThrow(
      "the certificate is one of a client, wanted one of a worker",
    );
  });

  it("a scheduler is none of either", async () => {
    await using served = await Served.start({ tls: made.scheduler });
    const failure = Client.connect(served.server.url, { token, tls: made.scheduler });
    await expect(failure).rejects.toThrow("wanted one of a worker or client");
  });

  it("a worker is good for the clients of its tasks", async () => {
    await using served = await Served.start({ tls: made.scheduler });
    await served.addWorker("w", undefined, made.worker);
    await using client = await Client.connect(served.server.url, { token, tls: made.client });
    const nested = client.submit(async () => {
      const inner = await getClient();
      return inner.submit((n: number) => n + 1, [41]).result();
    }, []);
    expect(await nested.result()).toBe(42);
  });
});
