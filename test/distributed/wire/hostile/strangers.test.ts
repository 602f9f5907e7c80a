import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { describe, expect, test } from "vitest";
import { Attacked } from "./attacked.ts";

const attacked = new Attacked({ limits: { requestMs: 500, strangersMax: 64 } });

describe("who speaks something else on the port of a scheduler is sent away:", () => {
  // Input 51.
  test("random bytes", async () => {
    const bytes = Uint8Array.from({ length: 4_096 }, (_, n) => (n * 193 + 7) & 255);
    await attacked.stranger().write(bytes).closed();
  });

  test("a browser, which gets an answer and no more", async () => {
    const peer = attacked.stranger().write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    expect([401, 404]).toContain(await peer.status());
    await peer.closed();
  });

  test("a TLS greeting on the plain port", async () => {
    const { port } = attacked.scheduler;
    const socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await new Promise<void>((resolve) => socket.once("error", () => resolve()));
  });

  test("headers without end", async () => {
    const peer = attacked.stranger().write("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (let n = 0; n < 3_000; n++) peer.write(`X-${n}: ${"x".repeat(100)}\r\n`);
    expect(await peer.closed()).toMatch(/^(HTTP\/1\.1 431|$)/);
  });

  test("nobody: a connection on which nothing is said", async () => {
    await attacked.stranger().closed();
  });

  test("a request of which a byte comes now and then", async () => {
    const peer = attacked.stranger();
    const timer = setInterval(() => peer.write("G"), 50);
    await peer.closed();
    clearInterval(timer);
  });
});

describe("who may not come in is refused:", () => {
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  // Inputs 52 and 53.
  test.each([
    ["without a token", 401, () => ({})],
    ["with a wrong token", 401, () => bearer("x".repeat(43))],
    ["with the beginning of the token", 401, (token: string) => bearer(token.slice(0, -1))],
    ["with more than the token", 401, (token: string) => bearer(`${token}x`)],
    ["with the token in another way", 401, (token: string) => ({ Authorization: token })],
    ["with a token of a megabyte", 431, () => bearer("x".repeat(2 ** 20))],
    [
      "as a page of the web",
      403,
      (token: string) => ({ ...bearer(token), Origin: "https://evil" }),
    ],
    ["as a page without an origin", 403, (token: string) => ({ ...bearer(token), Origin: "null" })],
    ["by another name", 403, (token: string) => ({ ...bearer(token), Host: "evil.example" })],
    ["by no name", 403, (token: string) => ({ ...bearer(token), Host: "" })],
    [
      "as a page of another site",
      403,
      (token: string) => ({ ...bearer(token), "Sec-Fetch-Site": "cross-site" }),
    ],
  ])("%s", async (_, status, headers) => {
    const peer = attacked.stranger().upgrade(headers(attacked.token));
    const found = await peer.status();
    // A browser that sends megabytes may be cut off before it reads the answer.
    expect(status === 431 ? [431, 400, 0] : [status]).toContain(found);
    await peer.closed();
  });

  test("with a handshake that is none, as often as it likes", async () => {
    for (let n = 0; n < 200; n++) {
      const headers = { Authorization: `Bearer ${attacked.token}`, "Sec-WebSocket-Key": "short" };
      expect(await attacked.stranger().upgrade(headers).status()).toBe(400);
    }
    await attacked.welcome("client");
  });
});

// Input 62.
test("of a thousand connections that say nothing most are turned away, and all in time", async () => {
  const peers = Array.from({ length: 1_000 }, () => attacked.stranger());
  await attacked.innocentWork();
  for (const peer of peers) await peer.closed(10_000);
});

test("who was let in and says nothing is sent away", { timeout: 20_000 }, async () => {
  const peer = await attacked.letIn();
  await peer.closed(12_000);
});

test("who was refused and does not go is not waited for", { timeout: 20_000 }, async () => {
  const { port } = attacked.scheduler;
  const peers = await Promise.all(
    Array.from({ length: 64 }, async (_, n) => {
      const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      socket.on("error", () => undefined);
      const closed = once(socket, "close").catch(() => undefined);
      const upgrade =
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
      const malformed = "\0\r\n\r\n";
      const forbidden = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
      socket.write([upgrade, malformed, forbidden][n % 3] as string);
      socket.resume();
      await once(socket, "end");
      return { socket, closed };
    }),
  );
  // What it says to nobody comes back, and it knows.
  const timer = setInterval(() => peers.forEach(({ socket }) => socket.write("x")), 100);
  for (const { closed } of peers) await closed;
  clearInterval(timer);
});
