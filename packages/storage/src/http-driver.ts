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
  if (isMissing(head)) throw statusError("stat", url, head);
  // Servers without HEAD, and URLs signed for GET only: one byte of a GET says the same.
  const probe = await request("stat", url, { headers: { range: "bytes=0-0" } }, signal);
  await drop(probe);
  if (probe.status === 416) return statOf(url, probe, contentRange(probe)?.size, true);
  if (!probe.ok) throw statusError("stat", url, probe);
  const partial = probe.status === 206;
  return statOf(url, probe, partial ? contentRange(probe)?.size : sizeOf(probe), partial);
}

function isMissing({ status }: Response): boolean {
  return status === 404 || status === 410;
}

async function* readUrl(url: string, range: ReadRange): AsyncGenerator<Uint8Array> {
  const { start = 0, end = Number.POSITIVE_INFINITY, signal } = range;
  let position = start;
  while (position < end) {
    const part = await requestFrom(url, position, end, signal);
    if (part === undefined) return;
    const before = position;
    // Where the first byte of the body stands: at 0 when the server has no ranges and sends all.
    let at = part.start;
    for await (const chunk of bodyOf(url, part.response, signal)) {
      const useful = chunk.subarray(Math.max(0, position - at), Math.max(0, end - at));
      at += chunk.length;
      position += useful.length;
      if (useful.length > 0) yield useful;
      if (position >= end) return;
    }
    // A server may send less than asked for; the size that it names says that there is more.
    if (part.size === undefined || position >= part.size || position === before) return;
  }
}

interface Part {
  readonly response: Response;
  readonly start: number;
  readonly size: number | undefined;
}

/** The answer for the bytes from `start` on, or `undefined` when there are none. */
async function requestFrom(
  url: string,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<Part | undefined> {
  const last = end === Number.POSITIVE_INFINITY ? "" : end - 1;
  const partial = start > 0 || last !== "";
  const headers = partial ? { range: `bytes=${start}-${last}` } : undefined;
  const response = await request("read", url, { headers }, signal);
  if (response.status === 416 && partial) {
    await drop(response);
    return undefined;
  }
  if (!response.ok) {
    await drop(response);
    throw statusError("read", url, response);
  }
  if (response.status !== 206) return { response, start: 0, size: undefined };
  await checkStart(url, response, start);
  return { response, start, size: contentRange(response)?.size };
}

async function checkStart(url: string, response: Response, start: number): Promise<void> {
  const sent = contentRange(response)?.start;
  if (sent === start && response.headers.get("content-encoding") === null) return;
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

function statusError(api: string, url: string, response: Response): StorageError {
  const safeUrl = withoutCredentials(url);
  const missing = isMissing(response);
  const advice = missing ? "" : " and its access rights, or try again later";
  const status = `${response.status} ${response.statusText}`.trim();
  const message =
    `${api}: the server refused ${shown(safeUrl)}, got status ${status}, wanted 200 or 206. ` +
    `Check the URL${advice}.`;
  const code = missing ? "storage/not-found" : "storage/http-status";
  return new StorageError(code, message, safeUrl);
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
