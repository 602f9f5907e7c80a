import { Client, getClient } from "@millrace/distributed";
import { beforeAll, describe, expect, it } from "vitest";
import { createCertificates } from "../../../../packages/distributed/dist/deploy/security/certificates.js";
import type { Certificates } from "../../../../packages/distributed/dist/deploy/security/certificates.js";
import { DataClient } from "../../../../packages/distributed/dist/wire/data/data-client.js";
import { DataServer } from "../../../../packages/distributed/dist/wire/data/data-server.js";
import type { DataRole } from "../../../../packages/distributed/dist/wire/data/greeting.js";
import type { Tls } from "../../../../packages/distributed/dist/wire/tls.js";
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

describe("a worker that serves its values", () => {
  const nothing = [{ id: 1, version: 1, piece: -1 }];
  const serving = (tls: Tls): Promise<DataServer> =>
    DataServer.listen({ host: "127.0.0.1", token, tls, blockOf: async () => undefined });
  const asking = async (server: DataServer, role: DataRole, tls: Tls): Promise<unknown> => {
    await using data = new DataClient({ token, tls, host: "elsewhere", role });
    return await data.fetch({ address: server.address, host: "there" }, nothing);
  };

  it("hears workers and clients, each as what its certificate says", async () => {
    await using server = await serving(made.worker);
    expect(await asking(server, "worker", made.worker)).toEqual([undefined]);
    expect(await asking(server, "client", made.client)).toEqual([undefined]);
    expect(await asking(server, "client", made.worker)).toEqual([undefined]);
    for (const [role, tls, told] of [
      ["worker", made.client, "one of a client, wanted one of a worker"],
      ["worker", made.scheduler, "one of a scheduler, wanted one of a worker"],
      ["client", made.scheduler, "one of a scheduler, wanted one of a worker or client"],
    ] as const) {
      const failure = asking(server, role, tls);
      await expect(failure).rejects.toMatchObject({ code: "distributed/refused" });
      await expect(failure).rejects.toThrow(told);
    }
  });

  it("must be one, which is found out before the token is sent", async () => {
    for (const tls of [made.client, made.scheduler]) {
      let heard = 0;
      await using server = await DataServer.listen({
        host: "127.0.0.1",
        token,
        tls,
        blockOf: async () => void heard++,
      });
      await expect(asking(server, "client", made.client)).rejects.toThrow(
        // That of a client is good for no server at all.
        /wanted one of a worker|unsuitable certificate purpose/,
      );
      expect(heard).toBe(0);
    }
  });
});
