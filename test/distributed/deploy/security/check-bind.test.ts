import { expect, it } from "vitest";
import { checkBind } from "../../../../packages/distributed/dist/deploy/security/check-bind.js";
import {
  isEveryInterface,
  isLoopback,
} from "../../../../packages/distributed/dist/deploy/security/is-loopback.js";

const tls = { ca: "", cert: "", key: "" };

it("loopback is what only this machine reaches", () => {
  const own = [
    "127.0.0.1",
    "127.8.9.1",
    "localhost",
    "LocalHost",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
  ];
  const others = [
    "0.0.0.0",
    "::",
    "",
    "10.0.0.1",
    "example.com",
    "127.evil.example",
    "::ffff:10.0.0.1",
  ];
  expect(own.filter((host) => !isLoopback(host))).toEqual([]);
  expect(others.filter((host) => isLoopback(host))).toEqual([]);
});

it("every interface has several names", () => {
  const all = ["0.0.0.0", "::", "[::]", "", "0:0:0:0:0:0:0:0"];
  expect(all.filter((host) => !isEveryInterface(host))).toEqual([]);
  expect(["127.0.0.1", "::1", "localhost"].filter(isEveryInterface)).toEqual([]);
});

it("on loopback there need be nothing", () => {
  expect(() => checkBind("127.0.0.1", { token: undefined, tls: undefined })).not.toThrow();
});

it("elsewhere there must be a token and TLS, or the word of the user", () => {
  expect(() => checkBind("0.0.0.0", { token: "t", tls })).not.toThrow();
  const guards = { token: undefined, tls: undefined, insecureNetwork: true };
  expect(() => checkBind("0.0.0.0", guards)).not.toThrow();
});

it("what is missing is told", () => {
  const refused = (token: string | undefined, given: typeof tls | undefined): string => {
    try {
      checkBind("0.0.0.0", { token, tls: given });
      return "taken";
    } catch (error) {
      return `${(error as { code: string }).code} | ${(error as Error).message}`;
    }
  };
  expect([refused(undefined, undefined), refused("t", undefined), refused(undefined, tls)])
    .toMatchInlineSnapshot(`
    [
      "distributed/insecure-network | --host: others on the network could run code here, got "0.0.0.0" without TLS and a token, wanted a loopback address or TLS (--tls-ca, --tls-cert, --tls-key) and a token (MILLRACE_TOKEN). Add them, or trust the network by --insecure-network.",
      "distributed/insecure-network | --host: others on the network could run code here, got "0.0.0.0" without TLS, wanted a loopback address or TLS (--tls-ca, --tls-cert, --tls-key). Add them, or trust the network by --insecure-network.",
      "distributed/insecure-network | --host: others on the network could run code here, got "0.0.0.0" without a token, wanted a loopback address or a token (MILLRACE_TOKEN). Add them, or trust the network by --insecure-network.",
    ]
  `);
});
