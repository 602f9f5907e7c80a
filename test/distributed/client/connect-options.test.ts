import { Client } from "@millrace/distributed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCertificates } from "../../../packages/distributed/dist/deploy/security/certificates.js";
import { Served, token } from "../http/served.ts";
import { reach } from "../../../packages/distributed/dist/wire/dial.js";

let served: Served;

beforeAll(async () => {
  served = await Served.start();
});

afterAll(() => served[Symbol.asyncDispose]());

/** Nobody can be reached there, so who tries has not been stopped by a check. */
const nowhere = "ws://127.0.0.1:1";

async function refusal(to: unknown, options?: unknown): Promise<string> {
  try {
    const client = await Client.connect(to as never, options as never);
    await client.close();
    return "connected";
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
}

describe("a client that is called", () => {
  it("by a name of 256 characters is let in", async () => {
    const name = "ü".repeat(256);
    await using client = await Client.connect(served.server.url, { token, name });
    expect(client.name).toBe(name);
  });

  it("by a longer one is refused by the call, and by nothing else", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    const { url } = served.server;
    for (const length of [257, 5_000]) {
      expect(await refusal(url, { token, name: "x".repeat(length) })).toBe(
        `distributed/invalid-argument: Client.connect: bad name, got a text of ${length} characters, ` +
          "wanted a text of 1 to 256 characters. Correct the option.",
      );
    }
    const hello = { role: "client", name: "x".repeat(5_000) } as const;
    await expect(reach({ url, token }, hello, 1)).rejects.toMatchObject({
      code: "distributed/unreachable",
    });
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

describe("Client.connect refuses", () => {
  it("options that are none", async () => {
    const wrong: unknown[] = [
      null,
      5,
      { tokn: "x" },
      { name: "" },
      { name: 42 },
      { timeoutMs: Number.NaN },
      { timeoutMs: -1 },
      { timeoutMs: 0 },
      { timeoutMs: "1s" },
      { bytesMax: "1GiB" },
      { token: 42 },
      { token: "" },
      { token: "one\ntwo" },
      { token: "a secret" },
      { token: "schlüssel" },
    ];
    const told = await Promise.all(wrong.map((options) => refusal(nowhere, options)));
    expect(told).toMatchInlineSnapshot(`
      [
        "distributed/invalid-argument: Client.connect: the options must be an object, got null, wanted an object. Correct the option.",
        "distributed/invalid-argument: Client.connect: the options must be an object, got 5, wanted an object. Correct the option.",
        "distributed/invalid-argument: Client.connect: no such option, got "tokn", wanted one of token, tls, name, timeoutMs, bytesMax. Correct the option.",
        "distributed/invalid-argument: Client.connect: bad name, got a text of 0 characters, wanted a text of 1 to 256 characters. Correct the option.",
        "distributed/invalid-argument: Client.connect: bad name, got 42, wanted a text of 1 to 256 characters. Correct the option.",
        "distributed/invalid-argument: Client.connect: bad timeoutMs, got NaN, wanted a number of milliseconds above 0, or Infinity. Correct the option.",
        "distributed/invalid-argument: Client.connect: bad timeoutMs, got -1, wanted a number of milliseconds above 0, or Infinity. Correct the option.",
        "distributed/invalid-argument: Client.connect: bad timeoutMs, got 0, wanted a number of milliseconds above 0, or Infinity. Correct the option.",
        "distributed/invalid-argument: Client.connect: bad timeoutMs, got "1s", wanted a number of milliseconds above 0, or Infinity. Correct the option.",
        "distributed/invalid-argument: Client.connect: bad bytesMax, got "1GiB", wanted a number of bytes, or Infinity. Correct the option.",
        "distributed/invalid-argument: Client.connect: it is no token, got a number, wanted 1 to 1024 visible ASCII characters without spaces. Pass the token as the scheduler has it in its connection file.",
        "distributed/invalid-argument: Client.connect: it is no token, got a text of 0 characters, wanted 1 to 1024 visible ASCII characters without spaces. Pass the token as the scheduler has it in its connection file.",
        "distributed/invalid-argument: Client.connect: it is no token, got a text of 7 characters, wanted 1 to 1024 visible ASCII characters without spaces. Pass the token as the scheduler has it in its connection file.",
        "distributed/invalid-argument: Client.connect: it is no token, got a text of 8 characters, wanted 1 to 1024 visible ASCII characters without spaces. Pass the token as the scheduler has it in its connection file.",
        "distributed/invalid-argument: Client.connect: it is no token, got a text of 9 characters, wanted 1 to 1024 visible ASCII characters without spaces. Pass the token as the scheduler has it in its connection file.",
      ]
    `);
  });

  it("certificates that cannot be read, or serve for nothing", async () => {
    const { client, worker } = await createCertificates();
    const secure = "wss://127.0.0.1:1";
    const wrong: [string, unknown][] = [
      [secure, { tls: null }],
      [secure, { tls: { ...client, passphrase: "x" } }],
      [secure, { tls: { ...client, ca: "x" } }],
      [secure, { tls: { ...client, cert: 5 } }],
      [secure, { tls: { ...client, cert: client.key } }],
      [secure, { tls: { ...client, key: "-----BEGIN PRIVATE KEY-----" } }],
      [secure, { tls: { ...client, key: worker.key } }],
      [secure, { tls: { cert: client.cert, key: client.key } }],
      [nowhere, { token, tls: client }],
      [secure, { token }],
    ];
    const told = await Promise.all(wrong.map(([url, options]) => refusal(url, options)));
    expect(told).toMatchInlineSnapshot(`
      [
        "distributed/invalid-argument: Client.connect tls: the options must be an object, got null, wanted an object. Correct the option.",
        "distributed/invalid-argument: Client.connect tls: no such option, got "passphrase", wanted one of ca, cert, key. Correct the option.",
        "distributed/invalid-argument: Client.connect: bad tls.ca, got a text of 1 characters, wanted the PEM text of a certificate. Give the text of the file, not its path.",
        "distributed/invalid-argument: Client.connect: bad tls.cert, got 5, wanted the PEM text of a certificate. Give the text of the file, not its path.",
        "distributed/invalid-argument: Client.connect: bad tls.cert, got a text of 241 characters, wanted the PEM text of a certificate. Give the text of the file, not its path.",
        "distributed/invalid-argument: Client.connect: bad tls.key, got a text of 27 characters, wanted the PEM text of a private key, not encrypted. Give the text of the file, not its path.",
        "distributed/invalid-argument: Client.connect: bad tls.key, got that of another, wanted the key of tls.cert. Correct the option.",
        "distributed/invalid-argument: Client.connect: nothing says whose certificate the scheduler shows, got tls without ca, wanted the PEM text of its authority. Give tls.ca, or the connection file of the scheduler.",
        "distributed/invalid-argument: Client.connect: certificates are given for a scheduler without TLS, got "ws://127.0.0.1:1", wanted an address such as "wss://127.0.0.1:8786". Correct the address, or leave out 'tls'.",
        "distributed/invalid-argument: Client.connect: a scheduler at wss:// wants to see a certificate, got none for "wss://127.0.0.1:1", wanted tls with ca, cert and key. Give them: workers, too, are called with them, and else in the clear, with the token.",
      ]
    `);
    for (const each of told) expect(each).not.toContain(client.key.split("\n")[1]);
  });

  it("a token, or certificates, beside a cluster that has its own", async () => {
    const cluster = { scheduler: { url: nowhere, token } };
    const told = await Promise.all([
      refusal(cluster, { token: "another" }),
      refusal(cluster, { tls: await createCertificates().then(({ client }) => client) }),
    ]);
    expect(told).toMatchInlineSnapshot(`
      [
        "distributed/invalid-argument: Client.connect: a cluster has its own, got 'token' beside a cluster, wanted none. Leave it out, or connect to an address.",
        "distributed/invalid-argument: Client.connect: a cluster has its own, got 'tls' beside a cluster, wanted none. Leave it out, or connect to an address.",
      ]
    `);
    const { url } = served.server;
    expect(await refusal({ scheduler: { url, token } }, { token: undefined })).toBe("connected");
  });

  it("addresses that are none, or hold what would get lost", async () => {
    const wrong: unknown[] = [
      null,
      undefined,
      "",
      "127.0.0.1:8786",
      "http://127.0.0.1:8786",
      "ws://127.0.0.1:99999",
      "ws://127.0.0.1:1/elsewhere",
      "ws://127.0.0.1:1/?token=secret",
      "ws://user:secret@127.0.0.1:1",
      "ws://[:::]:1",
      {},
      { scheduler: "ws://127.0.0.1:1" },
      { scheduler: { url: "ws://127.0.0.1:1?token=secret" } },
    ];
    const told = await Promise.all(wrong.map((to) => refusal(to)));
    expect(told).toMatchInlineSnapshot(`
      [
        "distributed/invalid-argument: Client.connect: this is no scheduler, got null, wanted an address such as "ws://127.0.0.1:8786", a cluster, or { schedulerFile }. Look at what \`millrace scheduler\` has printed when it was ready.",
        "distributed/invalid-argument: Client.connect: this is no scheduler, got undefined, wanted an address such as "ws://127.0.0.1:8786", a cluster, or { schedulerFile }. Look at what \`millrace scheduler\` has printed when it was ready.",
        "distributed/invalid-argument: Client.connect: it is no address, got "", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "distributed/invalid-argument: Client.connect: it has no 'ws://', got "127.0.0.1:8786", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "distributed/invalid-argument: Client.connect: 'http://' is not spoken here, got "http://127.0.0.1:8786", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "distributed/invalid-argument: Client.connect: its port is none from 1 to 65535, got "ws://127.0.0.1:99999", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "distributed/invalid-argument: Client.connect: it is no address, got "ws://127.0.0.1:1/elsewhere", wanted one such as 'ws://127.0.0.1:8786'. It is told where the scheduler says that it is ready.",
        "distributed/invalid-argument: Client.connect: an address holds no names or secrets, got a text with '?', '#' or '@', wanted one such as 'ws://127.0.0.1:8786'. Pass the token as { token }.",
        "distributed/invalid-argument: Client.connect: an address holds no names or secrets, got a text with '?', '#' or '@', wanted one such as 'ws://127.0.0.1:8786'. Pass the token as { token }.",
        "distributed/invalid-argument: Client.connect: it is no address, got "ws://[:::]:1", wanted one such as 'ws://127.0.0.1:1'. It is told where the scheduler says that it is ready.",
        "distributed/invalid-argument: Client.connect: this is no scheduler, got an object, wanted an address such as "ws://127.0.0.1:8786", a cluster, or { schedulerFile }. Look at what \`millrace scheduler\` has printed when it was ready.",
        "distributed/invalid-argument: Client.connect: this is no scheduler, got an object, wanted an address such as "ws://127.0.0.1:8786", a cluster, or { schedulerFile }. Look at what \`millrace scheduler\` has printed when it was ready.",
        "distributed/invalid-argument: Client.connect: an address holds no names or secrets, got a text with '?', '#' or '@', wanted one such as 'ws://127.0.0.1:8786'. Pass the token as { token }.",
      ]
    `);
  });
});

it("an address without a port has the one of the command line", async () => {
  expect(await refusal("ws://127.0.0.1", { timeoutMs: 1 })).toContain("ws://127.0.0.1:8786");
});
