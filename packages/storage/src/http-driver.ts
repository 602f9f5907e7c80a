import { compressionOf } from "./compression.ts";
import type { DriverRead, SignalOption, StorageDriver, StorageStat } from "./driver.ts";
import { withoutCredentials } from "./location.ts";
import { aborted, checkAborted, shown, StorageError, storageCode } from "./storage-error.ts";

/** `http:` and `https:` URLs: whole objects and ranges, no listing and no writing. */
export const httpDriver: StorageDriver = { stat: statUrl, read: readUrl };

async function statUrl(url: string, { signal }: SignalOption): Promise<StorageStat> {
  const head = await request("stat", url, { method: "HEAD" }, signal);
  await drop(head);
  if (isMissing(head)) throw statusError("stat", url, head);
  if (head.ok && (sizeOf(head) !== undefined || encodingOf(head) !== undefined))
    return statOf(url, head, sizeOf(head), head.headers.get("accept-ranges") === "bytes");
  // Servers without HEAD, or with one that does not say the size, and URLs signed for GET only: one
  // byte of a GET says the same.
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

async function* readUrl(url: string, range: DriverRead): AsyncGenerator<Uint8Array> {
  const { start = 0, end = Number.POSITIVE_INFINITY, signal, onDecoded } = range;
  let position = start;
  let first: Part | undefined;
  while (position < end) {
    const part = await requestFrom(url, position, end, signal);
    if (first !== undefined && !isSame(first, part)) {
      await (part && drop(part.response));
      throw badAnswer(url, "changed", `another version at byte ${position}`, "Read it again");
    }
    if (part === undefined) return;
    if (first === undefined && part.encoding !== undefined) onDecoded?.(part.encoding);
    first ??= part;
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
    if (part.size === undefined || position >= part.size) return;
    if (position === before)
      throw badAnswer(url, "sent nothing", `${position} of ${part.size} bytes`, "Try again later");
  }
}

interface Part {
  readonly response: Response;
  readonly start: number;
  readonly size: number | undefined;
  readonly etag: string | null;
  readonly encoding: string | undefined;
}

/** Whether an answer goes on where another one stopped, in the same version of the file. */
function isSame(first: Part, next: Part | undefined): boolean {
  if (next === undefined || next.etag !== first.etag) return false;
  return next.size === undefined || first.size === undefined || next.size === first.size;
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
  const encoding = encodingOf(response);
  if (encoding !== undefined && !isReadable(url, encoding)) {
    await drop(response);
    throw badAnswer(url, "sent an encoding", `'${encoding}'`, "Have it stored without one");
  }
  const common = { response, etag: response.headers.get("etag"), encoding };
  if (response.status !== 206) return { ...common, start: 0, size: undefined };
  const sent = contentRange(response);
  if (sent?.start === start && encoding === undefined) return { ...common, start, size: sent.size };
  await drop(response);
  const range = encoding ?? response.headers.get("content-range") ?? "no content-range";
  throw badAnswer(url, "sent another range", shown(range), "Read the file whole");
}

// What fetch undoes in every version of Node. Newer ones undo zstd too, so of that it is the bytes
// that say what they are.
const DECODED = new Set(["gzip", "x-gzip", "deflate", "br"]);

function isReadable(url: string, encoding: string): boolean {
  const names = encoding.split(/\s*,\s*/);
  if (names.every((name) => DECODED.has(name))) return true;
  return encoding === "zstd" && compressionOf(url) === "zstd";
}

/** The encoding that a body travels in, in lower case; `undefined` for none. */
function encodingOf(response: Response): string | undefined {
  const encoding = response.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  return encoding === "" || encoding === "identity" ? undefined : encoding;
}

function badAnswer(url: string, what: string, got: string, advice: string): StorageError {
  const safeUrl = withoutCredentials(url);
  const message =
    `read: the server of ${shown(safeUrl)} ${what}, got ${got}, ` +
    `wanted plain bytes of one file. ${advice}.`;
  return new StorageError("storage/http-status", message, safeUrl);
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
    const pair = `${percentDecoded(target.username)}:${percentDecoded(target.password)}`;
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

/** Text with its percent escapes undone; a percent sign that begins none is plain. */
function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    return Buffer.from(escapes.replaceAll("%", ""), "hex").toString();
  });
}

/** Let go of a body that nobody reads, so that its connection is free. */
async function drop(response: Response): Promise<void> {
  // A body that has failed is let go of already.
  await response.body?.cancel().catch(() => undefined);
}

function statOf(
  url: string,
  response: Response,
  size: number | undefined,
  ranged: boolean,
): StorageStat {
  const modifiedMs = Date.parse(response.headers.get("last-modified") ?? "");
  const encoded = encodingOf(response) !== undefined;
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
