import path from "node:path";
import { fileURLToPath } from "node:url";
import { shown, StorageError } from "./storage-error.ts";

/**
 * A place that a driver can be asked about: `url` is an absolute path when the scheme is `file`.
 */
export interface Location {
  readonly scheme: string;
  readonly url: string;
}

// Two letters or more, so that a Windows drive is a path; "//" so that `log:1.txt` is a path as
// well.
const SCHEME = /^(?:(file):|([a-z][a-z0-9+.-]+):\/\/)/i;

/** Read a path or URL as a location; relative paths are resolved against the working directory. */
export function locate(api: string, input: string | URL): Location {
  const text = input instanceof URL ? input.href : input;
  if (typeof text !== "string" || text === "" || text.includes("\0")) {
    throw badUrl(api, text, "wanted a path or a URL");
  }
  const match = SCHEME.exec(text);
  if (match === null) return { scheme: "file", url: path.resolve(text) };
  const scheme = (match[1] ?? match[2] ?? "").toLowerCase();
  if (scheme === "file") return { scheme, url: pathOfFileUrl(api, text) };
  if (scheme !== "http" && scheme !== "https") return { scheme, url: text };
  if (!URL.canParse(text)) throw badUrl(api, text, "wanted a URL that can be parsed");
  return { scheme, url: text };
}

/**
 * A path or URL in the form in which it means the same in every working directory: a local file by
 * its absolute path, anything else as it is.
 *
 * @throws StorageError `storage/bad-url`
 * @example
 * ```ts
 * import { absoluteUrl } from "@millrace/storage";
 * absoluteUrl("a/b.csv") === `${process.cwd()}/a/b.csv`; // => true
 * absoluteUrl("http://host/a.csv"); // => "http://host/a.csv"
 * ```
 */
export function absoluteUrl(url: string | URL): string {
  return locate("absoluteUrl", url).url;
}

// Signatures and keys that clouds and others put into the query.
const CLOUD = "x-(?:amz|goog)-(?:signature|credential|security-token)|sig|signature";
const OTHER = "(?:access_?|auth_?)?token|(?:api_?)?key|password|secret";
const SECRETS = new RegExp(`([?&](?:${CLOUD}|${OTHER})=)[^&#]*`, "gi");

/** The URL to show and to keep in errors: without user name, password and what signs a query. */
export function withoutCredentials(url: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return url;
  return url.replace(/^([^:]*:\/\/)[^/?#]*@/, "$1").replace(SECRETS, "$1…");
}

function pathOfFileUrl(api: string, text: string): string {
  if (!/^file:\//i.test(text)) {
    throw badUrl(api, text, "wanted an absolute file: URL, or './' before a file of that name");
  }
  if (/[?#]/.test(text)) {
    throw badUrl(
      api,
      text,
      "wanted a file: URL without ? and #. Write them as %3F and %23, or use a plain path",
    );
  }
  try {
    return path.resolve(fileURLToPath(text));
  } catch (error) {
    throw badUrl(api, text, "wanted an absolute file: URL on this machine", error);
  }
}

function badUrl(api: string, text: unknown, wanted: string, cause?: unknown): StorageError {
  // In what cannot be parsed a password may hold any character, so all before the last @ goes.
  const url =
    typeof text === "string"
      ? withoutCredentials(text.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/is, "$1"))
      : undefined;
  const message = `${api}: not a location, got ${shown(url ?? text)}, ${wanted}.`;
  return new StorageError("storage/bad-url", message, url, cause);
}
