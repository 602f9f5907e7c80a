import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createTicket,
  pageUrl,
} from "../../../packages/distributed/dist/deploy/security/page-ticket.js";
import type { Heard } from "./served.ts";
import { Served, bearer, token } from "./served.ts";

let served: Served;

beforeAll(async () => {
  served = await Served.start();
});

afterAll(async () => {
  await served[Symbol.asyncDispose]();
});

const paths = [
  "/",
  "/metrics",
  "/api/v1/cluster",
  "/api/v1/workers",
  "/api/v1/runs",
  "/api/v1/tasks",
  "/api/v1/groups",
  "/api/v1/events",
  "/api/v1/task-stream",
  "/api/v1/stories",
  "/api/v1/story?key=a",
  "/api/v1/logs",
];

function errorOf({ status, text }: Heard): string {
  return `${status} ${(JSON.parse(text) as { error: string }).error}`;
}

/** The answer to bytes as they are. */
function sendRaw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(served.server.port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => (text += String(chunk)));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

describe("who may look", () => {
  it("anybody is told that the scheduler lives, and nothing else", async () => {
    const { status, text } = await served.ask("/health");
    expect([status, text]).toEqual([200, '{"status":"ok"}\n']);
  });

  it("everything else is for who has the token", async () => {
    for (const path of paths) {
      const statuses = [
        await served.ask(path),
        await served.ask(path, { authorization: "Bearer wrong" }),
        await served.ask(path, { authorization: `Bearer ${token}x` }),
        await served.ask(path, { authorization: `Basic ${token}` }),
        await served.ask(path, { cookie: `millrace-${served.server.port}=${token}` }),
        await served.ask(path, bearer),
      ].map(({ status }) => status);
      expect([path, ...statuses]).toEqual([path, 401, 401, 401, 401, 401, 200]);
    }
  });

  it("a stranger does not learn which paths there are", async () => {
    const answers = await Promise.all(
      ["/api/v1/cluster", "/api/v1/nothing", "/nothing"].map((path) => served.ask(path)),
    );
    expect(new Set(answers.map(errorOf))).toEqual(new Set(["401 the token is missing or wrong"]));
    expect(answers[0]?.headers["www-authenticate"]).toBe('Bearer realm="millrace"');
  });

  it("web pages are refused, whatever they show", async () => {
    for (const path of ["/health", "/api/v1/cluster", "/"]) {
      const answers = [
        await served.ask(path, { ...bearer, origin: "https://evil.example" }),
        await served.ask(path, { ...bearer, origin: "null" }),
        await served.ask(path, { ...bearer, origin: served.server.url.replace("ws", "http") }),
        await served.ask(path, { ...bearer, "sec-fetch-site": "cross-site" }),
        await served.ask(path, { ...bearer, "sec-fetch-site": "same-site" }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    }
  });

  it("a name that leads here and is none of the scheduler is refused", async () => {
    const answers = [
      await served.ask("/health", { host: "evil.example" }),
      await served.ask("/api/v1/cluster", { ...bearer, host: "evil.example:8786" }),
      await served.ask("/api/v1/cluster", { ...bearer, host: "localhost:1" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 200]);
  });

  it("a scheduler without a token is open to whoever reaches it", async () => {
    await using open = await Served.start({ token: undefined });
    expect((await open.ask("/api/v1/cluster")).status).toBe(200);
    expect((await open.ask("/")).status).toBe(200);
    expect((await open.ask("/", { origin: "https://evil.example" })).status).toBe(403);
  });
});

describe("a link for a browser", () => {
  const link = (): string => new URL(pageUrl(served.server.url, token, Date.now())).search;

  it("lets in once, and leads to an address without it", async () => {
    const search = link();
    const first = await served.ask(`/${search}`);
    expect([first.status, first.headers.location, first.text]).toEqual([303, "/", ""]);
    const [cookie = ""] = first.headers["set-cookie"] ?? [];
    expect(cookie.replace(/=[\w-]{43};/, "=…;")).toBe(
      `millrace-${served.server.port}=…; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200`,
    );
    expect(cookie).not.toContain(token);
    const shown = { cookie: `other=1; ${cookie.split(";")[0]}` };
    expect((await served.ask("/", shown)).status).toBe(200);
    expect((await served.ask("/api/v1/cluster", shown)).status).toBe(200);
    const again = await served.ask(`/${search}`);
    expect([again.status, again.headers["set-cookie"]]).toEqual([401, undefined]);
  });

  it("is not used up by who only asks whether it is there", async () => {
    const search = link();
    expect((await served.ask(`/${search}`, {}, { method: "HEAD" })).status).toBe(401);
    expect((await served.ask(`/${search}`)).status).toBe(303);
  });

  it("is good for some minutes", async () => {
    const hour = 3_600_000;
    const old = createTicket(token, Date.now() - hour);
    const early = createTicket(token, Date.now() + hour);
    expect((await served.ask(`/?token=${old}`)).status).toBe(401);
    expect((await served.ask(`/?token=${early}`)).status).toBe(401);
  });

  it("is made by who has the token, and is not the token", async () => {
    // Who has guessed as much as the tests before would be told to come later.
    await using fresh = await Served.start();
    const forged = [createTicket("another-token", Date.now()), token, "", "a.b.c", `${link()}x`];
    for (const each of forged) {
      const path = `/?token=${encodeURIComponent(each)}`;
      const { status, text } = await fresh.ask(path);
      expect(status).toBe(401);
      expect(text).toContain("client.pageUrl()");
    }
    expect(link()).not.toContain(token);
  });

  it("opens no other address, and no connection that can do anything", async () => {
    expect((await served.ask(`/api/v1/cluster${link()}`)).status).toBe(401);
    const [cookie = ""] = (await served.ask(`/${link()}`)).headers["set-cookie"] ?? [];
    const { port } = served.server;
    const said = await sendRaw(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
        `Cookie: ${cookie.split(";")[0]}\r\n\r\n`,
    );
    expect(said.split("\r\n")[0]).toBe("HTTP/1.1 401 Refused");
  });
});

describe("what is asked", () => {
  it("nothing is changed, so there is no other method than GET and HEAD", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]) {
      const answer = await served.ask("/api/v1/cluster", bearer, { method });
      expect([errorOf(answer), answer.headers.allow]).toEqual([
        "405 only GET and HEAD are understood",
        "GET, HEAD",
      ]);
    }
    const head = await served.ask("/api/v1/cluster", bearer, { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(Number(head.headers["content-length"])).toBeGreaterThan(100);
    expect((await served.ask("/metrics", bearer, { method: "HEAD" })).text).toBe("");
  });

  it("paths are compared as they are: nothing leads out of them", async () => {
    const wrong = [
      "/nothing",
      "/api/v1/cluster/",
      "/api/v1/../v1/cluster",
      "/api/v1/%63luster",
      "/..%2f..%2fetc/passwd",
      "/../../../etc/passwd",
      "//api/v1/cluster",
      "/API/v1/cluster",
      "/__proto__",
      "/constructor",
    ];
    for (const path of wrong) {
      expect([path, errorOf(await served.ask(path, bearer))]).toEqual([
        path,
        "404 there is nothing here",
      ]);
    }
    expect(errorOf(await served.ask("http://evil.example/", bearer))).toBe("400 this is no proxy");
    expect(errorOf(await served.ask("*", bearer))).toBe("400 this is no proxy");
  });

  it("parameters that cannot be meant are named", async () => {
    const ask = async (path: string) => errorOf(await served.ask(path, bearer));
    expect([
      await ask("/api/v1/cluster?x=1"),
      await ask("/api/v1/workers?limt=1"),
      await ask("/api/v1/workers?limit=1&limit=2"),
      await ask("/api/v1/workers?limit=1001"),
      await ask("/api/v1/workers?limit=-1"),
      await ask("/api/v1/workers?limit=1e3"),
      await ask("/api/v1/workers?limit="),
      await ask("/api/v1/events?since=NaN"),
      await ask("/api/v1/events?since=99999999999999999999"),
      await ask("/api/v1/tasks?state=lost"),
      await ask("/api/v1/tasks?state=memory&cursor=x"),
      await ask("/api/v1/story"),
      await ask(`/api/v1/tasks?state=${"x".repeat(1_000)}`),
      await ask("/api/v1/logs?worker=nobody"),
    ]).toMatchInlineSnapshot(`
      [
        "400 unknown parameter, got "x", wanted none",
        "400 unknown parameter, got "limt", wanted limit, cursor",
        "400 the parameter limit is there twice",
        "400 bad limit, got "1001", wanted a whole number from 0 to 1000",
        "400 bad limit, got "-1", wanted a whole number from 0 to 1000",
        "400 bad limit, got "1e3", wanted a whole number from 0 to 1000",
        "400 bad limit, got "", wanted a whole number from 0 to 1000",
        "400 bad since, got "NaN", wanted a whole number from 0 to 9007199254740991",
        "400 bad since, got "99999999999999999999", wanted a whole number from 0 to 9007199254740991",
        "400 bad state, got "lost", wanted one of released, waiting, parked, queued, processing, memory, erred",
        "400 bad cursor, wanted one that was in \`next\`",
        "400 the parameter key is missing",
        "400 bad state, got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..., wanted one of released, waiting, parked, queued, processing, memory, erred",
        "404 there is no worker of this name",
      ]
    `);
  });

  it("what is too long is refused before anything is made of it", async () => {
    expect(errorOf(await served.ask(`/api/v1/story?key=${"k".repeat(5_000)}`, bearer))).toBe(
      "414 the address is too long",
    );
    const huge = await served.ask(`/${"k".repeat(20_000)}`, bearer);
    expect(huge.status).toBe(431);
    const body = await served.ask("/api/v1/cluster", { ...bearer, "content-length": "5" });
    expect(errorOf(body)).toBe("413 a request must have no body");
  });

  it("what is no HTTP ends its connection, and nobody else's", async () => {
    for (const bytes of ["\0\x01\x02\x03\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"]) {
      expect((await sendRaw(bytes)).split("\r\n")[0]).toBe("HTTP/1.1 400 Refused");
    }
    expect((await served.ask("/health")).status).toBe(200);
  });
});

describe("connections", () => {
  it("of strangers who say nothing are bounded", async () => {
    await using own = await Served.start();
    const sockets: Socket[] = [];
    const over: Promise<void>[] = [];
    // A system that is asked for all at once lets some wait for seconds.
    while (sockets.length < 1_100) {
      const some = Array.from({ length: 100 }, () => connect(own.server.port, "127.0.0.1"));
      sockets.push(...some);
      for (const socket of some) {
        socket.on("error", () => undefined).resume();
        over.push(new Promise((resolve) => socket.once("close", () => resolve())));
      }
      await Promise.all(some.map((socket) => once(socket, "connect")));
    }
    // The first to be closed are those beyond the limit, not the oldest ones.
    await Promise.all(over.slice(-76));
    expect(sockets.slice(0, 1_024).filter(({ closed }) => closed)).toEqual([]);
    for (const socket of sockets) socket.destroy();
    await Promise.all(over);
    expect((await own.ask("/health")).status).toBe(200);
  });
});

describe("every answer", () => {
  it("says that nobody keeps it, frames it, or loads anything from it", async () => {
    const answers = [
      ...(await Promise.all(paths.map((path) => served.ask(path, bearer)))),
      await served.ask("/health"),
      await served.ask("/"),
      await served.ask("/nothing", bearer),
      await served.ask("/api/v1/cluster", { ...bearer, origin: "null" }),
      await served.ask("/health", {}, { method: "POST" }),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
      });
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers["content-security-policy"]).not.toContain("unsafe");
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    }
  });

  it("holds no token and no stack", async () => {
    const asked = await Promise.all([
      ...paths.map((path) => served.ask(path, bearer)),
      served.ask("/api/v1/story?key=%00", bearer),
      served.ask(`/${token}`, bearer),
      served.ask(`/api/v1/tasks?state=${token}`),
    ]);
    for (const { text } of asked) {
      expect(text).not.toContain(token);
      expect(text).not.toMatch(/\n\s+at |\.ts:\d|\.js:\d/);
    }
  });
});
