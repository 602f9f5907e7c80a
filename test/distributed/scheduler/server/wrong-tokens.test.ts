import type { IncomingMessage } from "node:http";
import { Client } from "@millrace/distributed";
import { expect, it } from "vitest";
import { Admission } from "../../../../packages/distributed/dist/scheduler/server/admission.js";
import { WrongTokens } from "../../../../packages/distributed/dist/scheduler/server/wrong-tokens.js";
import { Events } from "../../../cluster/lib/events.ts";
import { Served, bearer, noLog, token } from "../../http/served.ts";
import { RawPeer } from "../../wire/hostile/raw-peer.ts";

const wrong = { authorization: "Bearer of-something-else" };

/** Says wrong tokens at one time; how many of them have an address turned away. */
function guess(tokens: WrongTokens, address: string, count: number, nowMs: number): number {
  return Array.from({ length: count }, () => tokens.note(address, nowMs)).filter(Boolean).length;
}

it("an address is turned away after 32 wrong tokens in a minute, for ten seconds", () => {
  const tokens = new WrongTokens();
  expect(guess(tokens, "10.0.0.1", 31, 0)).toBe(0);
  expect(tokens.lockedS("10.0.0.1", 0)).toBe(0);
  expect(guess(tokens, "10.0.0.1", 50, 1_000)).toBe(1);
  expect([1_000, 10_500, 11_000].map((ms) => tokens.lockedS("10.0.0.1", ms))).toEqual([10, 1, 0]);
  expect(tokens.lockedS("10.0.0.2", 1_000)).toBe(0);
  // A single one more, until it has been quiet for a minute.
  expect(guess(tokens, "10.0.0.1", 1, 12_000)).toBe(1);
  expect(guess(tokens, "10.0.0.1", 31, 72_000)).toBe(0);
  expect(tokens.lockedS("10.0.0.1", 72_000)).toBe(0);
});

it("a mistake now and then is none in the end", () => {
  const tokens = new WrongTokens();
  for (let ms = 0; ms < 3_600_000; ms += 2_000) expect(tokens.note("::1", ms)).toBe(false);
});

it("a network has one place, however many addresses it has", () => {
  const tokens = new WrongTokens();
  for (let n = 0; n < 32; n++) tokens.note(`2001:db8:0:7:${n}::${n}`, 0);
  expect(tokens.lockedS("2001:db8::7:ffff:1:2:3", 0)).toBe(10);
  expect(tokens.lockedS("2001:db8:0:8::1", 0)).toBe(0);
  guess(tokens, "::ffff:10.0.0.9", 32, 0);
  expect(tokens.lockedS("10.0.0.9", 0)).toBe(10);
  expect(tokens.lockedS("fe80::1%eth0", 0)).toBe(0);
  expect(tokens.lockedS("", 0)).toBe(0);
});

it("no more than 4,096 addresses are remembered", () => {
  const tokens = new WrongTokens();
  for (let n = 0; n < 10_000; n++) tokens.note(`10.1.${n >> 8}.${n & 255}`, 0);
  expect(tokens.size).toBe(4_096);
});

function asked(remoteAddress: string, headers: object): IncomingMessage {
  return {
    headers: { host: "127.0.0.1", ...headers },
    headersDistinct: {},
    socket: { remoteAddress },
  } as never;
}

it.each([
  ["127.0.0.1", undefined, "only what is wrong, since all users of the machine have it"],
  ["::1", undefined, "only what is wrong"],
  ["10.0.0.7", 429, "everything, so that guessing is of no use"],
])("of %s is turned away (%s) %s", (address, rightOne, _why) => {
  const log = new Events();
  const options = { host: "127.0.0.1", port: 0, token, tls: undefined, log };
  const admission = new Admission(options);
  const statusOf = (headers: object) => admission.refusalOf(asked(address, headers))?.status;
  expect(statusOf(bearer)).toBe(undefined);
  for (let n = 0; n < 31; n++) expect(statusOf(wrong)).toBe(401);
  expect(statusOf(bearer)).toBe(undefined);
  expect([statusOf(wrong), statusOf(wrong)]).toEqual([429, 429]);
  expect(statusOf(bearer)).toBe(rightOne);
  // Who shows nothing guesses nothing.
  expect(statusOf({})).toBe(401);
  expect(log.of("wrong tokens")).toHaveLength(1);
});

// Input 52.
it("a flood of wrong tokens is told to come later, by requests, tickets and upgrades", async () => {
  const log = new Events();
  await using served = await Served.start({ log });
  await using client = await Client.connect(served.server.url, { token });
  const statuses: number[] = [];
  for (let n = 0; n < 40; n++) {
    if (n % 4 === 0) statuses.push((await served.ask("/?token=of-something-else")).status);
    else if (n % 4 === 1) {
      const peer = new RawPeer(served.server.port).upgrade({ Authorization: "Bearer x" });
      statuses.push(await peer.status());
      await peer.closed();
    } else statuses.push((await served.ask("/metrics", wrong)).status);
  }
  const expected = Array.from({ length: 40 }, (_, n) => (n < 31 ? 401 : 429));
  expect(statuses).toEqual(expected);
  const later = await served.ask("/api/v1/cluster", wrong);
  expect(Number(later.headers["retry-after"])).toBeGreaterThan(0);
  expect(JSON.parse(later.text)).toEqual({
    error: expect.stringMatching(
      /^too many wrong tokens came from this address, try again in \d+ s/,
    ),
  });
  const peer = new RawPeer(served.server.port).upgrade({ Authorization: "Bearer x" });
  expect(await peer.closed()).toMatch(/^HTTP\/1\.1 429 Refused[^]*Retry-After: \d+\r\n/);
  // Whoever has the token on this machine notices nothing.
  expect((await served.ask("/api/v1/cluster", bearer)).status).toBe(200);
  await using second = await Client.connect(served.server.url, { token });
  for (const each of [client, second]) expect((await each.info()).clientCount).toBe(2);
  expect(log.of("wrong tokens")).toHaveLength(1);
  expect(log.of("refused").length).toBeLessThan(12);
});

it("nobody is turned away where there is no token", async () => {
  await using served = await Served.start({ token: undefined, log: noLog });
  for (let n = 0; n < 40; n++) expect((await served.ask("/metrics", wrong)).status).toBe(200);
});
