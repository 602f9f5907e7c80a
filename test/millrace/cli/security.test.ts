import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@millrace/distributed";
import { describe, expect, it } from "vitest";
import {
  createCertificates,
  writeCertificates,
} from "../../../packages/distributed/dist/deploy/security/certificates.js";
import { isolated, run, schedulerHere, started } from "./run-main.ts";

const folder = isolated();

describe("the connection file", () => {
  it("says who vouches for the scheduler, so that workers and clients need not", async () => {
    const certs = join(folder.path, "certs");
    const made = await createCertificates();
    await writeCertificates(certs, made);
    const own = (role: string): string[] => [
      "--tls-cert",
      join(certs, `${role}.pem`),
      "--tls-key",
      join(certs, `${role}-key.pem`),
    ];
    const authority = ["--tls-ca", join(certs, "ca.pem")];
    const { url, schedulerFile } = await schedulerHere(...authority, ...own("scheduler"));
    const flags = ["--scheduler-file", schedulerFile, "--no-nanny", "--nthreads", "1"];
    const worker = started("worker", ...flags, ...own("worker"));
    await worker.ready;
    // By its address the file is found all the same.
    expect((await run(["status", url, ...own("client")]).ended).out).toContain("1 workers");

    const { cert, key } = made.client;
    await using client = await Client.connect({ schedulerFile }, { tls: { cert, key } });
    expect(await client.submit((n: number) => n + 1, [41]).result()).toBe(42);
    await expect(Client.connect(url, { token: "t", tls: { cert, key } })).rejects.toThrow(
      "Client.connect: nothing says whose certificate the scheduler shows, got tls without ca",
    );
    const other = (await createCertificates()).authority.cert;
    const tls = { ca: other, cert, key };
    const wary = Client.connect({ schedulerFile }, { tls, timeoutMs: 500 });
    await expect(wary).rejects.toThrow(/self-signed|unable to verify/);
    await client.close();
  });

  it("is enough for a client on the same machine", async () => {
    const { schedulerFile } = await schedulerHere();
    await using client = await Client.connect({ schedulerFile });
    expect((await client.info()).clientCount).toBe(1);
    const none = Client.connect({ schedulerFile: join(folder.path, "none.json") });
    await expect(none).rejects.toThrow(/^Client\.connect: there is no such file, got ".*none/);
  });
});

describe("certificates", () => {
  it("are shown by a scheduler and its peers", async () => {
    const certs = join(folder.path, "certs");
    await writeCertificates(certs, await createCertificates());
    const tls = (role: string): string[] => {
      const own = ["--tls-cert", join(certs, `${role}.pem`)];
      return [
        ...own,
        "--tls-key",
        join(certs, `${role}-key.pem`),
        "--tls-ca",
        join(certs, "ca.pem"),
      ];
    };
    const { url } = await schedulerHere("--host", "127.0.0.1", ...tls("scheduler"));
    expect(url).toMatch(/^wss:/);
    const status = await run(["status", url, ...tls("client")]).ended;
    expect(status).toMatchObject({ code: 0, err: "" });
    const wrong = await run(["status", url, ...tls("scheduler")]).ended;
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("the certificate is one of a scheduler");
  });

  it("are made for each role, and keys are for the user alone", async () => {
    const certs = join(folder.path, "certs");
    const made = await run(["certs", certs, "--hosts", "localhost,127.0.0.1", "--days", "2"]).ended;
    const names = ["ca", "client", "scheduler", "worker"].flatMap((name) => [
      `${name}-key.pem`,
      `${name}.pem`,
    ]);
    expect({ ...made, out: made.out.trimEnd().split("\n") }).toEqual({
      code: 0,
      out: names.map((name) => join(certs, name)),
      err: "",
    });
    for (const name of names.filter((each) => each.includes("-key"))) {
      expect(statSync(join(certs, name)).mode & 0o777).toBe(0o600);
    }
    const { validTo } = new X509Certificate(readFileSync(join(certs, "worker.pem")));
    expect(Math.round((Date.parse(validTo) - Date.now()) / 86_400_000)).toBe(2);
    const again = await run(["certs", certs]).ended;
    expect(again.code).toBe(2);
    expect(again.err).toContain("wanted a folder without certificates");
  });
});
