import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

/** One request as a test wants to see it. */
export type Seen = { readonly method: string; readonly url: string; readonly range: string };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A real server on the loopback interface; it notes what it is asked and is gone with the file. */
export async function loopbackServer(
  routes: Readonly<Record<string, Handler>>,
  address: "127.0.0.1" | "::1" = "127.0.0.1",
): Promise<{ readonly base: string; readonly host: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").replace(/\?.*$/, "");
    seen.push({
      method: request.method ?? "",
      url: request.url ?? "",
      range: request.headers.range ?? "",
    });
    const handler = routes[path];
    if (handler !== undefined) return handler(request, response);
    response.writeHead(404).end("nothing here");
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const name = address === "::1" ? "[::1]" : address;
  const host = `${name}:${(server.address() as AddressInfo).port}`;
  return { base: `http://${host}`, host, seen };
}

/** Serves bytes with ranges, as most servers of files do. */
export function withRanges(body: Uint8Array, partMax: number = Number.POSITIVE_INFINITY): Handler {
  return (request, response) => {
    const common = { "accept-ranges": "bytes", etag: '"v1"' };
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    if (match === null) {
      response.writeHead(200, { ...common, "content-length": body.length });
      return response.end(request.method === "HEAD" ? undefined : body);
    }
    const start = Number(match[1]);
    if (start >= body.length) {
      response.writeHead(416, { "content-range": `bytes */${body.length}` });
      return response.end();
    }
    const last = match[2] === "" ? body.length - 1 : Number(match[2]);
    const end = Math.min(last + 1, body.length, start + partMax);
    response.writeHead(206, {
      ...common,
      "content-range": `bytes ${start}-${end - 1}/${body.length}`,
      "content-length": end - start,
    });
    return response.end(body.subarray(start, end));
  };
}

/** Serves bytes whole whatever is asked, without saying how many. */
export function withoutRanges(body: Uint8Array): Handler {
  return (request, response) => {
    response.writeHead(200, { "transfer-encoding": "chunked" });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}
