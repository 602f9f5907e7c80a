import {
  list,
  openRead,
  openWrite,
  readAll,
  readLines,
  readRange,
  remove,
  splitBlocks,
  stat,
} from "@millrace/storage";
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { inspect } from "node:util";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { itWhen } from "../lib/skip.ts";
import { loopbackServer, withoutRanges, withRanges } from "./loopback-server.ts";
import { failure, textOf } from "./scratch.ts";

const lines = Array.from({ length: 3000 }, (_, index) => `line ${index} é`);
const text = lines.join("\n");
const body = Buffer.from(text);

/** Serves a body with a Content-Encoding, whatever is asked. */
const encoded =
  (encoding: string, packed: Uint8Array) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { "content-encoding": encoding, "content-length": packed.length });
    response.end(request.method === "HEAD" ? undefined : packed);
  };

const { base, host, seen } = await loopbackServer({
  "/ranged.txt": withRanges(body),
  "/stingy.txt": withRanges(body, 1000),
  "/plain.txt": withoutRanges(body),
  "/empty.txt": withRanges(Buffer.alloc(0)),
  "/text.gz": withRanges(gzipSync(text)),
  "/no-head.txt": (request, response) => {
    if (request.method === "HEAD") return response.writeHead(403).end();
    return withRanges(body)(request, response);
  },
  "/no-head-no-range.txt": (request, response) => {
    if (request.method === "HEAD") return response.writeHead(501).end();
    return withoutRanges(body)(request, response);
  },
  "/dated.txt": (_request, response) => {
    const headers = { "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT", "content-length": 3 };
    response.writeHead(200, headers).end("abc");
  },
  "/moved.txt": (_request, response) => response.writeHead(302, { location: "/ranged.txt" }).end(),
  "/loop.txt": (_request, response) => response.writeHead(302, { location: "/loop.txt" }).end(),
  "/error.txt": (_request, response) => response.writeHead(500).end("broken"),
  "/forbidden.txt": (_request, response) => response.writeHead(403).end(),
  "/gone.txt": (_request, response) => response.writeHead(410).end(),
  "/breaks.txt": (_request, response) => {
    response.writeHead(200, { "content-length": 100_000 });
    response.write("x".repeat(10_000), () => response.destroy());
  },
  "/wrong-range.txt": (_request, response) => {
    response.writeHead(206, { "content-range": "bytes 0-9/100" }).end("0123456789");
  },
  "/encoded.txt": (request, response) => {
    const packed = gzipSync(text);
    response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length });
    response.end(request.method === "HEAD" ? undefined : packed);
  },
  "/size-by-get.txt": (request, response) => {
    if (request.method === "HEAD") return response.writeHead(200).end();
    return withRanges(body)(request, response);
  },
  "/identity.txt": (request, response) => {
    response.setHeader("content-encoding", "identity");
    return withRanges(body)(request, response);
  },
  "/packed.gz": encoded("gzip", gzipSync(text)),
  "/x-packed.gz": encoded("x-gzip", gzipSync(text)),
  "/packed-twice.gz": encoded("gzip", gzipSync(gzipSync(text))),
  "/packed-nothing.gz": encoded("gzip", gzipSync("")),
  "/packed.br": encoded("br", brotliCompressSync(text)),
  "/packed.zz": encoded("deflate", deflateSync(text)),
  "/strange.txt": encoded("compress", body),
  "/empty-part.txt": (_request, response) => {
    response.writeHead(206, { "content-range": "bytes 5-999/1000" }).end();
  },
  "/shrinks.txt": (request, response) => {
    const start = Number(/\d+/.exec(request.headers.range ?? "")?.[0]);
    if (start > 5) return response.writeHead(416).end();
    response.writeHead(206, { "content-range": "bytes 5-99/1000" });
    return response.end(body.subarray(5, 100));
  },
  "/versions.txt": (request, response) => {
    const start = Number(/\d+/.exec(request.headers.range ?? "")?.[0]);
    const range = `bytes ${start}-${start + 99}/1000`;
    response.writeHead(206, { "content-range": range, etag: `"${start}"` });
    response.end(body.subarray(start, start + 100));
  },
  "/silent.txt": () => undefined,
  "/stalls.gz": (_request, response) => {
    const packed = gzipSync(randomBytes(200_000));
    response.writeHead(200, { "content-length": packed.length });
    response.write(packed.subarray(0, 100_000));
  },
  "/secret.txt": (request, response) => {
    const expected = `Basic ${Buffer.from("us er:p@ss").toString("base64")}`;
    response.writeHead(request.headers.authorization === expected ? 200 : 401).end("ok");
  },
});

describe("stat over http", () => {
  it("asks with one HEAD", async () => {
    seen.length = 0;
    expect(await stat(`${base}/ranged.txt`)).toEqual({
      url: `${base}/ranged.txt`,
      kind: "file",
      size: body.length,
      modifiedMs: undefined,
      etag: '"v1"',
      ranged: true,
    });
    expect(seen.map((request) => request.method)).toEqual(["HEAD"]);
    expect((await stat(`${base}/dated.txt`)).modifiedMs).toBe(Date.UTC(2015, 9, 21, 7, 28));
  });

  it("asks for one byte where HEAD is refused", async () => {
    const facts = await stat(`${base}/no-head.txt`);
    expect([facts.size, facts.ranged]).toEqual([body.length, true]);
    const plain = await stat(`${base}/no-head-no-range.txt`);
    expect([plain.size, plain.ranged]).toEqual([undefined, false]);
  });

  it("does not guess a size that the server does not say, or that counts other bytes", async () => {
    const plain = await stat(`${base}/plain.txt`);
    expect([plain.size, plain.ranged]).toEqual([undefined, false]);
    const encoded = await stat(`${base}/encoded.txt`);
    expect([encoded.size, encoded.ranged]).toEqual([undefined, false]);
  });

  it("asks for one byte where HEAD does not say the size", async () => {
    const facts = await stat(`${base}/size-by-get.txt`);
    expect([facts.size, facts.ranged]).toEqual([body.length, true]);
  });

  it("takes the encoding identity for none", async () => {
    const facts = await stat(`${base}/identity.txt`);
    expect([facts.size, facts.ranged]).toEqual([body.length, true]);
    expect(Buffer.from(await readRange(`${base}/identity.txt`, 3, 4))).toEqual(body.subarray(3, 7));
  });

  it("lists many URLs in order", async () => {
    const urls = Array.from({ length: 40 }, (_, index) => `${base}/ranged.txt?${index}`);
    expect((await list(urls)).map((facts) => facts.url)).toEqual(urls);
  });
});

describe("reading over http", () => {
  it("reads whole bodies, decompressed by suffix, through redirects", async () => {
    for (const name of ["ranged.txt", "plain.txt", "text.gz", "moved.txt", "encoded.txt"]) {
      expect(await textOf(openRead(`${base}/${name}`)), name).toBe(text);
    }
    expect((await readAll(`${base}/empty.txt`)).length).toBe(0);
  });

  it("lets a reader leave while the rest of a compressed body does not come", async () => {
    for await (const chunk of openRead(`${base}/stalls.gz`)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  it("decompresses once what the server sends with its compression as Content-Encoding", async () => {
    for (const name of ["packed.gz", "x-packed.gz", "packed-twice.gz", "packed.br", "packed.zz"]) {
      expect(await textOf(openRead(`${base}/${name}`)), name).toBe(text);
      expect(await readLines(`${base}/${name}`), name).toEqual(lines);
      expect((await stat(`${base}/${name}`)).size, name).toBe(undefined);
    }
    expect(await failure(base, () => readAll(`${base}/packed-nothing.gz`))).toBe("no error");
  });

  const six = Object.values(networkInterfaces()).flat();
  const hasSix = six.some((each) => each?.address === "::1");
  itWhen(hasSix, "this system has no IPv6")("reads over IPv6", async () => {
    const server = await loopbackServer({ "/a.txt": withRanges(body) }, "::1");
    const url = `${server.base}/a.txt`;
    expect(await textOf(openRead(url))).toBe(text);
    expect(await list(url)).toMatchObject([{ url, size: body.length }]);
  });

  it("asks for a range and no more", async () => {
    seen.length = 0;
    const bytes = await readRange(`${base}/ranged.txt`, 100, 50);
    expect(Buffer.from(bytes)).toEqual(body.subarray(100, 150));
    expect(seen.map((request) => request.range)).toEqual(["bytes=100-149"]);
  });

  it("cuts the range out of what a server without ranges sends", async () => {
    const bytes = await readRange(`${base}/plain.txt`, 100, 50);
    expect(Buffer.from(bytes)).toEqual(body.subarray(100, 150));
    const tail = await readAll(`${base}/plain.txt`, { start: body.length - 5 });
    expect(Buffer.from(tail)).toEqual(body.subarray(-5));
  });

  it("asks again when a server sends less than a range", async () => {
    const bytes = await readRange(`${base}/stingy.txt`, 10, 5000);
    expect(Buffer.from(bytes)).toEqual(body.subarray(10, 5010));
    expect(await textOf(openRead(`${base}/stingy.txt`, { start: 1 }))).toBe(text.slice(1));
  });

  it("reads nothing past the end and says so where bytes are wanted", async () => {
    expect((await readAll(`${base}/ranged.txt`, { start: 1e9 })).length).toBe(0);
    const call = (): unknown => readRange(`${base}/ranged.txt`, body.length - 2, 3);
    expect(await failure(base, call)).toContain("storage/bad-range");
  });

  it.each(["ranged.txt", "plain.txt", "stingy.txt"])(
    "gives the lines of %s block by block",
    async (name) => {
      const found: string[] = [];
      for (const block of splitBlocks(body.length, 7001)) {
        found.push(...(await readLines(`${base}/${name}`, block)));
      }
      expect(found).toEqual(lines);
    },
  );

  it("reads a block and the rest of its last line with one request", async () => {
    seen.length = 0;
    await readLines(`${base}/ranged.txt`, { offset: 7001, length: 7001 });
    expect(seen).toHaveLength(1);
  });

  it("sends user name and password as a header and never shows them", async () => {
    const url = `http://us%20er:p%40ss@${host}`;
    expect(await textOf(openRead(`${url}/secret.txt`))).toBe("ok");
    for (const call of [
      () => readAll(`${url}/nope.txt`),
      () => stat(`${url}/error.txt`),
      () => readAll(`${url}/breaks.txt`),
      () => readRange(`${url}/ranged.txt`, 1e9, 1),
      () => openWrite(`${url}/x`),
      () => readAll(`${url}/ranged.txt`, { signal: AbortSignal.abort() }),
      () => readLines(`${url}/text.gz`, { offset: 1 }),
    ]) {
      const error = await Promise.resolve(call()).catch((reason: unknown) => reason as Error);
      expect(error).toMatchObject({ code: expect.stringMatching(/^storage\//) as string });
      expect(JSON.stringify([(error as Error).message, error])).not.toMatch(/p@ss|p%40ss/);
    }
  });
});

describe("errors over http", () => {
  it("names the status", async () => {
    const got: string[] = [];
    for (const name of ["error.txt", "forbidden.txt", "gone.txt", "nope.txt"]) {
      got.push(await failure(base, () => readAll(`${base}/${name}`)));
      got.push(await failure(base, () => stat(`${base}/${name}`)));
    }
    expect(got.join("\n")).toMatchInlineSnapshot(`
      "storage/http-status | read: the server refused '/folder/error.txt', got status 500 Internal Server Error, wanted 200 or 206. Check the URL and its access rights, or try again later.
      storage/http-status | stat: the server refused '/folder/error.txt', got status 500 Internal Server Error, wanted 200 or 206. Check the URL and its access rights, or try again later.
      storage/http-status | read: the server refused '/folder/forbidden.txt', got status 403 Forbidden, wanted 200 or 206. Check the URL and its access rights, or try again later.
      storage/http-status | stat: the server refused '/folder/forbidden.txt', got status 403 Forbidden, wanted 200 or 206. Check the URL and its access rights, or try again later.
      storage/not-found | read: the server refused '/folder/gone.txt', got status 410 Gone, wanted 200 or 206. Check the URL.
      storage/not-found | stat: the server refused '/folder/gone.txt', got status 410 Gone, wanted 200 or 206. Check the URL.
      storage/not-found | read: the server refused '/folder/nope.txt', got status 404 Not Found, wanted 200 or 206. Check the URL.
      storage/not-found | stat: the server refused '/folder/nope.txt', got status 404 Not Found, wanted 200 or 206. Check the URL."
    `);
  });

  it("names a connection that breaks in mid-stream", async () => {
    const got = await failure(base, () => readAll(`${base}/breaks.txt`));
    expect(got).toMatchInlineSnapshot(
      `"storage/network | read: the connection broke in mid-stream from '/folder/breaks.txt', got 'other side closed'. Check the host, or try again."`,
    );
  });

  it("names a server that cannot be reached and redirects without end", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const refused = await failure(String(port), () => readAll(`http://127.0.0.1:${port}/a`));
    expect(refused).toMatchInlineSnapshot(
      `"storage/network | read: no answer from 'http://127.0.0.1:/folder/a', got 'connect ECONNREFUSED 127.0.0.1:/folder'. Check the host, or try again."`,
    );
    expect(await failure(base, () => readAll(`${base}/loop.txt`))).toMatchInlineSnapshot(
      `"storage/network | read: no answer from '/folder/loop.txt', got 'redirect count exceeded'. Check the host, or try again."`,
    );
  });

  it("refuses a range that was not asked for", async () => {
    const call = (): unknown => readRange(`${base}/wrong-range.txt`, 50, 10);
    expect(await failure(base, call)).toMatchInlineSnapshot(
      `"storage/http-status | read: the server of '/folder/wrong-range.txt' sent another range, got 'bytes 0-9/100', wanted plain bytes of one file. Read the file whole."`,
    );
  });

  it("does not take a file that changes or stops between two answers for a whole one", async () => {
    const got: string[] = [];
    for (const name of ["empty-part.txt", "shrinks.txt", "versions.txt", "strange.txt"])
      got.push(await failure(base, () => readAll(`${base}/${name}`, { start: 5 })));
    expect(got.join("\n")).toMatchInlineSnapshot(`
      "storage/http-status | read: the server of '/folder/empty-part.txt' sent nothing, got 5 of 1000 bytes, wanted plain bytes of one file. Try again later.
      storage/http-status | read: the server of '/folder/shrinks.txt' changed, got another version at byte 100, wanted plain bytes of one file. Read it again.
      storage/http-status | read: the server of '/folder/versions.txt' changed, got another version at byte 105, wanted plain bytes of one file. Read it again.
      storage/http-status | read: the server of '/folder/strange.txt' sent an encoding, got 'compress', wanted plain bytes of one file. Have it stored without one."
    `);
  });

  it("shows no signature of a query and no password, however odd", async () => {
    const query = "X-Amz-Signature=s3cret&part=1&sig=s3cret&access_token=s3cret&API_KEY=s3cret";
    expect(await failure(base, () => readAll(`${base}/nope?${query}`))).toContain("/nope?X-Amz-");
    for (const url of [
      `${base}/nope?${query}`,
      `http://u:s3cret%zz@${host}/nope`,
      `http://u:s3cret/@${host}/x`,
      `http://u:s3cret#?\n@${host}/x`,
      `s4://u:s3cret@${host}/x`,
    ]) {
      const error = await readAll(url).catch((reason: unknown) => reason as Error);
      expect(error).toMatchObject({ code: expect.stringMatching(/^storage\//) as string });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cret");
    }
  });

  it("cannot write, delete or have wildcards", async () => {
    expect(await failure(base, () => openWrite(`${base}/x`))).toMatchInlineSnapshot(
      `"storage/unsupported | openWrite: 'http:' cannot be written, got '/folder/x'. Write a file."`,
    );
    expect(await failure(base, () => remove(`${base}/x`))).toContain("storage/unsupported");
  });

  it("ends with storage/aborted while it waits and in mid-stream", async () => {
    const waiting = new AbortController();
    const silent = readAll(`${base}/silent.txt`, { signal: waiting.signal });
    waiting.abort(new Error("enough"));
    await expect(silent).rejects.toMatchObject({ code: "storage/aborted" });
    const reading = new AbortController();
    const stream = (async () => {
      const { signal } = reading;
      for await (const _ of openRead(`${base}/stingy.txt`, { start: 1, signal })) reading.abort();
    })();
    await expect(stream).rejects.toMatchObject({ code: "storage/aborted" });
  });
});
