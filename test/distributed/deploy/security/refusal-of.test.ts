import { describe, expect, it } from "vitest";
import {
  allowedHosts,
  refusalOf,
} from "../../../../packages/distributed/dist/deploy/security/refusal-of.js";

const allowed = ["127.0.0.1", "localhost", "::1", "cluster.example"];

describe("a request is let in", () => {
  const hosts = ["127.0.0.1", "127.0.0.1:8786", "LOCALHOST:1", "[::1]:8786", "cluster.example.:80"];
  it.each(hosts)("with the Host %s", (host) => {
    expect(refusalOf({ host }, allowed)).toBeUndefined();
  });

  it("that a browser sends of itself, or a page of the scheduler", () => {
    const sites = ["none", "same-origin"];
    const refusals = sites.map((site) =>
      refusalOf({ host: "localhost", "sec-fetch-site": site }, allowed),
    );
    expect(refusals).toEqual([undefined, undefined]);
  });
});

describe("a request is refused", () => {
  it("of a web page, whichever", () => {
    const origins = ["https://evil.example", "null", "http://localhost:8786", ""];
    const refusals = origins.map((origin) => refusalOf({ host: "localhost", origin }, allowed));
    expect(refusals).toMatchInlineSnapshot(`
      [
        "requests of web pages are refused, got the Origin "https://evil.example"",
        "requests of web pages are refused, got the Origin "null"",
        "requests of web pages are refused, got the Origin "http://localhost:8786"",
        "requests of web pages are refused, got the Origin """,
      ]
    `);
    expect(refusalOf({ host: "localhost", "sec-fetch-site": "cross-site" }, allowed)).toBe(
      "requests of other web pages are refused",
    );
  });

  const hosts = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8786",
    "evil@localhost",
    "localhost:8786:1",
    "localhost/",
    "::1",
    "[::1",
    "",
    " localhost",
    "localhost:123456",
    "192.168.0.1",
  ];
  it.each(hosts)("with the Host %j", (host) => {
    expect(refusalOf({ host }, allowed)).toContain("Host");
  });

  it("without a Host", () => {
    expect(refusalOf({}, allowed)).toBe("there is no Host, got undefined");
  });

  it("in words that hold no control characters and are not long", () => {
    const text = refusalOf({ host: `\u001B[31m${"x".repeat(10_000)}` }, allowed) ?? "";
    expect(text.length).toBeLessThan(150);
    expect(text).not.toContain("\u001B");
  });
});

describe("the hosts of a scheduler", () => {
  const machine = "node-1";
  const addresses = ["10.0.0.7", "fe80::1"];

  it("on loopback are those of loopback", () => {
    expect(allowedHosts({ host: "127.0.0.1", machine, addresses })).toEqual([
      "localhost",
      "127.0.0.1",
      "::1",
    ]);
  });

  it("on one address are that one", () => {
    expect(allowedHosts({ host: "10.0.0.7", machine, addresses })).toEqual(["10.0.0.7"]);
  });

  it("on all are the machine and its addresses", () => {
    const all = ["node-1", "10.0.0.7", "fe80::1", "localhost", "127.0.0.1", "::1"];
    expect(allowedHosts({ host: "0.0.0.0", machine, addresses })).toEqual(all);
    expect(allowedHosts({ host: "[::]", machine, addresses })).toEqual(all);
  });

  it("are those of the certificate and those that were named, too", () => {
    const facts = { host: "10.0.0.7", machine, addresses };
    expect(allowedHosts({ ...facts, certified: ["a.example"], named: ["[::2]", "b"] })).toEqual([
      "10.0.0.7",
      "a.example",
      "::2",
      "b",
    ]);
    const hosts = allowedHosts({ ...facts, named: ["[::2]"] });
    expect(refusalOf({ host: "[::2]:8786" }, hosts)).toBeUndefined();
  });
});
