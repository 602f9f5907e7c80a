import { describe, expect, test } from "vitest";
import { Attacked } from "./attacked.ts";
import type { RawPeer } from "./raw-peer.ts";

const attacked = new Attacked({ limits: { requestMs: 500 } });

const head = (line: string, ...headers: readonly string[]): string =>
  [line, ...headers].map((each) => `${each}\r\n`).join("") + "\r\n";
const host = "Host: 127.0.0.1";
const bearer = (): string => `Authorization: Bearer ${attacked.token}`;
const upgrade = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
];

/** The statuses of all answers that came before the connection ended. */
async function statusesOf(peer: RawPeer): Promise<readonly number[]> {
  const said = await peer.closed(10_000);
  return Array.from(said.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status));
}

const paths = [
  "/",
  "/health",
  "/metrics",
  "/ws",
  ...["cluster", "workers", "runs", "tasks", "groups", "events", "task-stream", "stories"].map(
    (name) => `/api/v1/${name}`,
  ),
  "/api/v1/story?key=x",
  "/api/v1/logs",
];

describe("requests that a right peer never makes are answered, and end:", () => {
  test.each(["POST", "OPTIONS", "PUT", "DELETE", "TRACE", "PATCH"])(
    "%s on every path",
    async (method) => {
      for (const path of paths) {
        const peer = attacked.stranger();
        peer.write(head(`${method} ${path} HTTP/1.1`, host, bearer(), "Content-Length: 0"));
        const statuses = await statusesOf(peer);
        expect([method, path, ...statuses]).toEqual([method, path, expect.any(Number)]);
        expect(statuses[0]).toBeGreaterThanOrEqual(400);
        expect(statuses[0]).toBeLessThan(500);
      }
    },
  );

  test("HEAD on every path, which has no body", async () => {
    for (const path of paths) {
      const peer = attacked.stranger();
      peer.write(head(`HEAD ${path} HTTP/1.1`, host, bearer(), "Connection: close"));
      const [top, body] = (await peer.closed()).split("\r\n\r\n");
      expect([path, top?.split(" ")[1], body]).toEqual([path, path === "/ws" ? "404" : "200", ""]);
    }
  });

  const token = (): string => attacked.token;
  const odd: readonly (readonly [string, number | RegExp, () => string])[] = [
    [
      "an upgrade that is cut in two",
      /^101$/,
      () => head("GET /ws HTTP/1.1", host, bearer(), ...upgrade),
    ],
    [
      "an upgrade to something else",
      400,
      () => head("GET /ws HTTP/1.1", host, bearer(), "Connection: Upgrade", "Upgrade: h2c"),
    ],
    [
      "an upgrade without a version",
      400,
      () => head("GET /ws HTTP/1.1", host, bearer(), ...upgrade.slice(0, 2), upgrade[3] as string),
    ],
    [
      "an upgrade of version 8",
      /^(400|426)$/,
      () =>
        head(
          "GET /ws HTTP/1.1",
          host,
          bearer(),
          ...upgrade.slice(0, 2),
          "Sec-WebSocket-Version: 99",
          upgrade[3] as string,
        ),
    ],
    ["an upgrade by POST", 405, () => head("POST /ws HTTP/1.1", host, bearer(), ...upgrade)],
    [
      "an upgrade of HTTP/1.0",
      /^(400|101)$/,
      () => head("GET /ws HTTP/1.0", host, bearer(), ...upgrade),
    ],
    [
      "an upgrade elsewhere",
      /^(101|404)$/,
      () => head("GET /elsewhere HTTP/1.1", host, bearer(), ...upgrade),
    ],
    [
      "two tokens, the right one first",
      400,
      () => head("GET /metrics HTTP/1.1", host, bearer(), "Authorization: Bearer x"),
    ],
    [
      "two tokens, the right one last",
      400,
      () => head("GET /metrics HTTP/1.1", host, "Authorization: Bearer x", bearer()),
    ],
    [
      "a token in odd case",
      200,
      () =>
        head(
          "GET /metrics HTTP/1.1",
          host,
          `aUTHoRIZATION: bEARER ${token()}`,
          "Connection: close",
        ),
    ],
    [
      "a token as basic authorization",
      401,
      () =>
        head(
          "GET /metrics HTTP/1.1",
          host,
          `Authorization: Basic ${Buffer.from(`x:${token()}`).toString("base64")}`,
        ),
    ],
    ["the token as a parameter", 401, () => head(`GET /metrics?token=${token()} HTTP/1.1`, host)],
    [
      "the token in both places",
      400,
      () => head(`GET /metrics?token=${token()} HTTP/1.1`, host, bearer()),
    ],
    [
      "the token as a cookie",
      401,
      () =>
        head(
          "GET /metrics HTTP/1.1",
          host,
          `Cookie: millrace-${attacked.scheduler.port}=${token()}`,
        ),
    ],
    [
      "the token as a subprotocol",
      401,
      () => head("GET /ws HTTP/1.1", host, ...upgrade, `Sec-WebSocket-Protocol: ${token()}`),
    ],
    [
      "a Host with a final dot and a port",
      200,
      () => head("GET /health HTTP/1.1", "Host: localhost.:1", "Connection: close"),
    ],
    [
      "a Host of IPv6",
      200,
      () => head("GET /health HTTP/1.1", "Host: [::1]:8786", "Connection: close"),
    ],
    [
      "a Host of IPv6 in full",
      /^(200|403)$/,
      () => head("GET /health HTTP/1.1", "Host: [0:0:0:0:0:0:0:1]", "Connection: close"),
    ],
    ["a Host of IPv6 without brackets", 403, () => head("GET /health HTTP/1.1", "Host: ::1")],
    ["a Host as a number", 403, () => head("GET /health HTTP/1.1", "Host: 2130706433")],
    ["a Host with a user", 403, () => head("GET /health HTTP/1.1", "Host: evil@127.0.0.1")],
    ["a Host with two ports", 403, () => head("GET /health HTTP/1.1", "Host: 127.0.0.1:1:2")],
    ["a Host with two dots", 403, () => head("GET /health HTTP/1.1", "Host: localhost..")],
    ["two Hosts", 400, () => head("GET /health HTTP/1.1", host, "Host: evil.example")],
    [
      "two Hosts, the other way",
      400,
      () => head("GET /health HTTP/1.1", "Host: evil.example", host),
    ],
    ["no Host", 400, () => head("GET /health HTTP/1.1")],
    ["no Host in HTTP/1.0", 403, () => head("GET /health HTTP/1.0")],
    [
      "a proxy's address",
      /^(400|403)$/,
      () => head("GET http://evil.example/health HTTP/1.1", host, "Connection: close"),
    ],
    ["an asterisk", 400, () => head("OPTIONS * HTTP/1.1", host)],
    ["a path of two slashes", 401, () => head("GET //evil.example/%2e%2e HTTP/1.1", host)],
    [
      "a path that climbs",
      404,
      () => head("GET /api/v1/../../etc/passwd HTTP/1.1", host, bearer()),
    ],
    [
      "parameters of 8 KiB",
      414,
      () => head(`GET /metrics?${"x".repeat(8_192)} HTTP/1.1`, host, bearer()),
    ],
    [
      "parameters of a megabyte",
      /^431$/,
      () => head(`GET /metrics?${"x".repeat(2 ** 20)} HTTP/1.1`, host),
    ],
    [
      "a header of 20 KiB",
      431,
      () => head("GET /health HTTP/1.1", host, `X: ${"x".repeat(20_480)}`),
    ],
    [
      "three thousand headers",
      431,
      () =>
        head("GET /health HTTP/1.1", host, ...Array.from({ length: 3_000 }, (_, n) => `X-${n}: y`)),
    ],
    ["a header that is folded", 400, () => head("GET /health HTTP/1.1", host, "X: a", " b")],
    ["a header with a null", 400, () => head("GET /health HTTP/1.1", host, "X: a\0b")],
    ["a header without a name", 400, () => head("GET /health HTTP/1.1", host, ": x")],
    [
      "lengths that contradict one another",
      400,
      () => head("GET /health HTTP/1.1", host, "Content-Length: 1", "Content-Length: 2"),
    ],
    [
      "a length beside chunks",
      /^(400|413)$/,
      () => head("GET /health HTTP/1.1", host, "Content-Length: 5", "Transfer-Encoding: chunked"),
    ],
    ["a length below nothing", 400, () => head("GET /health HTTP/1.1", host, "Content-Length: -1")],
    [
      "a length without end",
      /^(400|413)$/,
      () => head("GET /health HTTP/1.1", host, "Content-Length: 99999999999999999999"),
    ],
    [
      "chunks that are none",
      /^(400|413)$/,
      () => `${head("GET /health HTTP/1.1", host, "Transfer-Encoding: chunked")}zz\r\n`,
    ],
    [
      "an expectation",
      /^(100|413|417)$/,
      () => head("GET /health HTTP/1.1", host, "Expect: 100-continue", "Content-Length: 9"),
    ],
    [
      "another expectation",
      417,
      () => head("GET /health HTTP/1.1", host, "Expect: a miracle", "Connection: close"),
    ],
    [
      "bare line feeds",
      /^(200|400)$/,
      () => head("GET /health HTTP/1.1", host, "Connection: close").replaceAll("\r\n", "\n"),
    ],
    ["HTTP/2", /^(400|505)?$/, () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["HTTP/9.9", /^(400|505)$/, () => head("GET /health HTTP/9.9", host)],
  ];
  test.each(odd)("%s", async (_, wanted, request) => {
    const peer = attacked.stranger().write(request());
    const status = await peer.status();
    peer.write("\r\n");
    if (typeof wanted === "number") expect(status).toBe(wanted);
    else expect(`${status || ""}`).toMatch(wanted);
    if (status === 101) return;
    await peer.closed();
  });

  const asked = [
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "toString",
    "",
    "%",
    "%zz",
    "%E0%A4%A",
  ];
  test.each([...asked, "%00", "%ff", "<img src=x onerror=alert(1)>", "a".repeat(3_000), "../../x"])(
    "what is called %j",
    async (name) => {
      const key = encodeURI(name).replaceAll("%25", "%").replaceAll(" ", "%20");
      for (const target of [
        `/api/v1/story?key=${key}`,
        `/api/v1/story?${key}=1`,
        `/api/v1/tasks?state=${key}`,
        `/api/v1/tasks?run=${key}`,
        `/api/v1/events?since=${key}`,
        `/api/v1/logs?worker=${key}`,
        `/api/v1/${key}`,
        `/${key}`,
      ]) {
        const peer = attacked.stranger();
        peer.write(head(`GET ${target} HTTP/1.1`, host, bearer(), "Connection: close"));
        const status = await peer.status();
        expect([target, [200, 400, 404].includes(status)]).toEqual([target, true]);
        const said = await peer.closed();
        expect(said).not.toContain("[object Object]");
        expect(said).not.toContain(attacked.token);
      }
    },
  );
});

test("ten thousand requests at once on one connection end it", async () => {
  const peer = attacked.stranger();
  peer.write(head("GET /health HTTP/1.1", host).repeat(10_000));
  await peer.closed();
});

test("some requests at once on one connection are answered in their order", async () => {
  const peer = attacked.stranger();
  for (let n = 0; n < 15; n++) {
    const path = n % 2 === 0 ? "/health" : "/metrics";
    peer.write(head(`GET ${path} HTTP/1.1`, host, bearer()));
  }
  peer.write(head("GET /health HTTP/1.1", host, "Connection: close"));
  expect(await statusesOf(peer)).toEqual(Array.from({ length: 16 }, () => 200));
});

test("a tunnel to somewhere else is none", async () => {
  const peer = attacked.stranger().write(head("CONNECT evil.example:80 HTTP/1.1", host, bearer()));
  expect(await statusesOf(peer)).not.toContain(200);
});

test(
  "ten thousand requests at once for what is dear cost no more than they may",
  { timeout: 60_000 },
  async () => {
    const peer = attacked.stranger();
    peer.socket.pause();
    peer.write(head("GET /api/v1/tasks HTTP/1.1", host, bearer()).repeat(10_000));
    for (let n = 0; n < 5; n++) await attacked.innocentWork();
    peer.end();
  },
);
