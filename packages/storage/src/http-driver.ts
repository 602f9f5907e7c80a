import type { ReadRange, SignalOption, StorageDriver, StorageStat } from "./driver.ts";
import { withoutCredentials } from "./location.ts";
import { aborted, checkAborted, shown, StorageError, storageCode } from "./storage-error.ts";

/** `http:` and `https:` URLs: whole objects and ranges, no listing and no writing. */
export const httpDriver: StorageDriver = { stat: statUrl, read: readUrl };

async function statUrl(url: string, { signal }: SignalOption): Promise<StorageStat> {
  const head = await request("stat", url, { method: "HEAD" }, signal);
  await drop(head);
  if (head.ok)
    return statOf(url, head, sizeOf(head), head.headers.get("accept-ranges") === "bytes");
  if (head.status !== 405 && head.status !== 501) throw statusError("stat", url, head);
  // A server without HEAD: one byte of a GET says the same, and whether ranges work.
  const probe = await request("stat", url, { headers: { range: "bytes=0-0" } }, signal);
  await drop(probe);
  if (probe.status === 416) return statOf(url, probe, contentRange(probe)?.size, true);
  if (!probe.ok) throw statusError("stat", url, probe);
  const partial = probe.status === 206;
  return statOf(url, probe, partial ? contentRange(probe)?.size : sizeOf(probe), partial);
}

async function* readUrl(url: string, range: ReadRange): AsyncGenerator<Uint8Array> {
  const { start = 0, end, signal } = range;
  checkAborted("read", withoutCredentials(url), signal);
  if (end !== undefined && end <= start) return;
  const partial = start > 0 || end !== undefined;
  const headers = partial
    ? { range: `bytes=${start}-${end === undefined ? "" : end - 1}` }
    : undefined;
  const response = await request("read", url, { headers }, signal);
  if (response.status === 416 && partial) return drop(response);
  if (!response.ok) {
    await drop(response);
    throw statusError("read", url, response);
  }
  // 200 for a range request: the server has no ranges and sends everything, so the rest is dropped
  // here.
  let position = 0;
  if (response.status === 206) position = await checkedStart(url, response, start);
  for await (const chunk of bodyOf(url, response, signal)) {
    const from = Math.max(0, start - position);
    const to = end === undefined ? chunk.length : Math.min(chunk.length, end - position);
    position += chunk.length;
    if (from < to) yield chunk.subarray(from, to);
    if (end !== undefined && position >= end) return;
  }
}

async function checkedStart(url: string, response: Response, start: number): Promise<number> {
  const sent = contentRange(response)?.start;
  if (sent === start && response.headers.get("content-encoding") === null) return start;
  await drop(response);
  const got = response.headers.get("content-range") ?? "no content-range";
  const safeUrl = withoutCredentials(url);
  throw new StorageError(
    "storage/http-status",
    `read: the server of ${shown(safeUrl)} sent another range, got ${shown(got)}, ` +
      `wanted plain bytes from ${start} on. Read the file whole.`,
    safeUrl,
  );
}

async function* bodyOf(
  url: string,
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    throw networkError("read", url, "the connection broke in mid-stream", error, signal);
  }
}

async function request(
  api: string,
  url: string,
  init: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>> | undefined;
  },
  signal: AbortSignal | undefined,
): Promise<Response> {
  checkAborted(api, withoutCredentials(url), signal);
  const target = new URL(url);
  // An encoding would make content-length and ranges count other bytes than the ones that are read.
  const headers = new Headers({ "accept-encoding": "identity", ...init.headers });
  if (target.username !== "" || target.password !== "") {
    const pair = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`;
    headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
    target.username = "";
    target.password = "";
  }
  try {
    return await fetch(target, { method: init.method ?? "GET", headers, signal: signal ?? null });
  } catch (error) {
    throw networkError(api, url, "no answer", error, signal);
  }
}

/** Let go of a body that nobody reads, so that its connection is free. */
async function drop(response: Response): Promise<void> {
  await response.body?.cancel();
}

function statOf(
  url: string,
  response: Response,
  size: number | undefined,
  ranged: boolean,
): StorageStat {
  const modifiedMs = Date.parse(response.headers.get("last-modified") ?? "");
  const encoded = response.headers.get("content-encoding") !== null;
  return {
    url,
    kind: "file",
    size: encoded ? undefined : size,
    modifiedMs: Number.isNaN(modifiedMs) ? undefined : modifiedMs,
    etag: response.headers.get("etag") ?? undefined,
    ranged: ranged && !encoded,
  };
}

function sizeOf(response: Response): number | undefined {
  const length = response.headers.get("content-length");
  return length === null || !/^\d+$/.test(length) ? undefined : Number(length);
}

function contentRange(
  response: Response,
): { start: number | undefined; size: number | undefined } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(
    response.headers.get("content-range") ?? "",
  );
  if (match === null) return undefined;
  const [, start, size] = match;
  return {
    start: start === undefined ? undefined : Number(start),
    size: size === undefined || size === "*" ? undefined : Number(size),
  };
}

function statusError(api: string, url: string, { status, statusText }: Response): StorageError {
  const safeUrl = withoutCredentials(url);
  const missing = status === 404 || status === 410;
  const advice = missing ? "" : " and its access rights, or try again later";
  return new StorageError(
    missing ? "storage/not-found" : "storage/http-status",
    `${api}: the server refused ${shown(safeUrl)}, ` +
      `got status ${`${status} ${statusText}`.trim()}, wanted 200 or 206. Check the URL${advice}.`,
    safeUrl,
  );
}

function networkError(
  api: string,
  url: string,
  what: string,
  error: unknown,
  signal: AbortSignal | undefined,
): unknown {
  const safeUrl = withoutCredentials(url);
  if (signal?.aborted) return aborted(api, safeUrl, signal);
  if (storageCode(error) !== undefined) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const got = `${what} from ${shown(safeUrl)}, got ${shown(reason)}`;
  const message = `${api}: ${got}. Check the host, or try again.`;
  return new StorageError("storage/network", message, safeUrl, error);
}
