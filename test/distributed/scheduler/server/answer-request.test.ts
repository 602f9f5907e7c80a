import { request } from "node:http";
import { afterAll, expect, it } from "vitest";
import { createLog } from "../../../../packages/distributed/dist/log.js";
import { SchedulerServer } from "../../../../packages/distributed/dist/scheduler/server/scheduler-server.js";

const token = "a-token-of-a-test";
const log = createLog({ write: () => undefined });
const server = await SchedulerServer.start({
  host: "127.0.0.1",
  port: 0,
  token,
  tls: undefined,
  log,
});
afterAll(() => server.close());

const bearer = { authorization: `Bearer ${token}` };

function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port: server.port, path, headers, method },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve(`${response.statusCode} ${text.trim()}`));
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}

it("whoever asks is told that somebody is there", async () => {
  expect(await ask("/health")).toBe('200 {"status":"ok"}');
});

it("what there is, only who has the token", async () => {
  expect(await ask("/api/v1/status")).toBe('401 {"error":"the token is missing or wrong"}');
  expect(JSON.parse((await ask("/api/v1/status", bearer)).slice(4))).toMatchObject({
    url: server.url,
    pid: process.pid,
    clientCount: 0,
    workers: [],
  });
});

it("web pages and those who call it by another name get nothing", async () => {
  const answers = await Promise.all([
    ask("/health", { origin: "https://evil.example" }),
    ask("/health", { host: "evil.example" }),
    ask("/api/v1/status", { ...bearer, origin: "null" }),
    ask("/api/v1/status", { ...bearer, host: "evil.example" }),
  ]);
  expect(answers.map((each) => each.slice(0, 3))).toEqual(["403", "403", "403", "403"]);
});

it("there is nothing else, and nothing that acts", async () => {
  expect([
    await ask("/"),
    await ask("/", bearer),
    await ask("/api/v1/status?x", bearer),
    await ask("/api/v1/status", bearer, "POST"),
    await ask("/health", {}, "DELETE"),
  ]).toEqual([
    '401 {"error":"the token is missing or wrong"}',
    '404 {"error":"there is nothing here"}',
    '404 {"error":"there is nothing here"}',
    '405 {"error":"only GET is understood"}',
    '405 {"error":"only GET is understood"}',
  ]);
});
