/**
 * The stable names of everything that can go wrong in storage; match on these and never on
 * messages.
 *
 * `bad-url`, `bad-option` and `bad-range` are the caller's to fix; `not-found`, `no-match`,
 * `not-a-file`, `exists`, `denied`, `io`, `http-status` and `network` come from the other side;
 * `corrupt`, `bad-encoding` and `line-too-long` are about what a file holds; `unknown-scheme`,
 * `unsupported` and `missing-codec` name what is not there; `aborted` follows an `AbortSignal` and
 * `closed` a writer that has ended.
 *
 * @example
 * ```ts
 * import type { StorageErrorCode } from "@millrace/storage";
 * const code: StorageErrorCode = "storage/not-found";
 * code; // => "storage/not-found"
 * ```
 */
export type StorageErrorCode =
  | "storage/aborted"
  | "storage/bad-encoding"
  | "storage/bad-option"
  | "storage/bad-range"
  | "storage/bad-url"
  | "storage/closed"
  | "storage/corrupt"
  | "storage/denied"
  | "storage/exists"
  | "storage/http-status"
  | "storage/io"
  | "storage/line-too-long"
  | "storage/missing-codec"
  | "storage/network"
  | "storage/no-match"
  | "storage/not-a-file"
  | "storage/not-found"
  | "storage/unknown-scheme"
  | "storage/unsupported";

/**
 * An error with a stable `code` and the `url` it is about; the original error stays in `cause`.
 *
 * Tell errors apart by `code`, which is the same also where two copies of a package are loaded.
 * `url` is the location as storage understood it (an absolute path for
 * local files), without a password.
 *
 * @example
 * ```ts
 * import { stat, StorageError } from "@millrace/storage";
 * const error = await stat("/no/such/file").catch((error: unknown) => error as StorageError);
 * error instanceof StorageError && error.code; // => "storage/not-found"
 * ```
 */
export class StorageError extends Error {
  /** What went wrong; stable between versions. */
  readonly code: StorageErrorCode;
  /** What it is about: an absolute path or a URL; `undefined` when the error is about an option. */
  readonly url: string | undefined;

  /**
   * Make an error; `cause` stays reachable and its message is not repeated.
   *
   * @example
   * ```ts
   * import { StorageError } from "@millrace/storage";
   * new StorageError("storage/not-found", "stat: nothing there.", "s3://b/k").url; // => "s3://b/k"
   * ```
   */
  constructor(code: StorageErrorCode, message: string, url?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "StorageError";
    this.code = code;
    this.url = url;
  }
}

const SHOWN_CHARS = 80;

/** A value as messages show it: quoted when it is text, cut at 80 characters. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : describe(value);
  const cut = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS - 1)}…` : text;
  return typeof value === "string" ? `'${cut}'` : cut;
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? `an array of ${value.length}` : "an object";
  }
  return typeof value === "function" ? "a function" : String(value);
}

/** The code of a storage error of any copy of this package, or `undefined`. */
export function storageCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && code.startsWith("storage/") ? code : undefined;
}

/** Throw `storage/aborted` when the signal has fired. */
export function checkAborted(api: string, url: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(api, url, signal);
}

/** The error for a fired signal; its reason is the cause. */
export function aborted(api: string, url: string, signal: AbortSignal): StorageError {
  const message = `${api}: aborted by its signal while at work on ${shown(url)}.`;
  return new StorageError("storage/aborted", message, url, signal.reason);
}
