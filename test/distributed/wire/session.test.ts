import { packageVersion } from "../../../packages/distributed/dist/package-version.js";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { WebSocketServer } from "ws";

import { dial } from "../../../packages/distributed/src/wire/dial.ts";
import { answer, hear } from "../../../packages/distributed/src/wire/greeting.ts";
import { Session } from "../../../packages/distributed/src/wire/session.ts";

type Plain = Session<{ readonly n: number }, number>;

let server: WebSocketServer;

beforeEach(async () => {
  server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
});

afterEach(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});

/** A session of numbers, what it hears, and how it ended. */
function session(): { of: Plain; heard: number[]; ended: Promise<string>; broke: Promise<string> } {
  const heard: number[] = [];
  let [broken, end]: ((reason: string) => void)[] = [];
  const ended = new Promise<string>((resolve) => (end = resolve));
  const broke = new Promise<string>((resolve) => (broken = resolve));
  const of: Plain = new Session({
    pack: (message) => message,
    unpack: (fields) => fields.whole("n"),
    heard: (numbers) => heard.push(...numbers),
    broke: (reason) => broken?.(reason),
    ended: (reason) => end?.(reason),
  });
  return { of, heard, ended, broke };
}

/** Takes the next connection. */
async function taken(): Promise<WebSocket> {
  const socket = await new Promise<WebSocket>((resolve) => server.once("connection", resolve));
  await hear(socket, packageVersion);
  return socket;
}

/** Connects. */
async function dialed(): Promise<WebSocket> {
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hello = { role: "client", name: "c", session: { id: "s", heard: 0 } } as const;
  return (await dial({ url }, hello)).socket;
}

const welcome = {
  kind: "welcome",
  epoch: 1,
  version: "1",
  session: { heard: 0, graceMs: 1 },
} as const;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

it("what comes right behind the first word is heard", async () => {
  const [here, there] = [session(), session()];
  const all = Array.from({ length: 300 }, (_, n) => n);
  for (const n of all) there.of.send({ n });
  const [near] = await Promise.all([
    dialed(),
    taken().then((far) => {
      answer(far, welcome);
      there.of.resume(far, 0);
    }),
  ]);
  here.of.resume(near, 0);
  await until(() => here.heard.length >= all.length);
  expect(here.heard).toEqual(all);
});

it("a connection that another one takes the place of has broken, and the session goes on", async () => {
  const [here, there] = [session(), session()];
  const connect = async (): Promise<readonly [WebSocket, WebSocket]> =>
    Promise.all([
      dialed(),
      taken().then((socket) => {
        answer(socket, welcome);
        return socket;
      }),
    ]);
  const [near, far] = await connect();
  here.of.resume(near, 0);
  there.of.resume(far, 0);
  const [nearAgain, farAgain] = await connect();
  there.of.resume(farAgain, 0);
  await here.broke;
  here.of.resume(nearAgain, 0);
  there.of.send({ n: 7 });
  await until(() => here.heard.length > 0);
  expect(here.heard).toEqual([7]);
  there.of.close("enough");
  expect(await here.ended).toBe("enough");
});
