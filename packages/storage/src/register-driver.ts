import type { StorageDriver } from "./driver.ts";
import { fileDriver } from "./file-driver.ts";
import { httpDriver } from "./http-driver.ts";
import { type Location, withoutCredentials } from "./location.ts";
import { shown, StorageError } from "./storage-error.ts";

/** Of each scheme the drivers in the order of their registration: the last one serves. */
const drivers = new Map<string, readonly { readonly driver: StorageDriver }[]>([
  ["file", [{ driver: fileDriver }]],
  ["http", [{ driver: httpDriver }]],
  ["https", [{ driver: httpDriver }]],
]);

/**
 * Make a URL scheme readable in this thread; the driver of a scheme that is already there is
 * replaced until this one is taken back.
 *
 * Registration is per thread and process: a module that tasks import should register, so that
 * workers know the scheme.
 *
 * @param scheme - letters, digits, `+`, `-` and `.`, at least two characters, such as `"s3"`;
 *   letter case does not matter
 * @returns a function that takes this registration back, and no other; the one before it serves
 *   again
 * @throws StorageError `storage/bad-option` for a scheme that no URL can have
 * @example
 * ```ts
 * import { registerDriver, schemes, type StorageDriver } from "@millrace/storage";
 * const undo = registerDriver("mem", {
 *   stat: async () => Promise.reject(new Error("nothing here")),
 *   async *read() {},
 * });
 * schemes(); // => ["file", "http", "https", "mem"]
 * undo();
 * ```
 */
export function registerDriver(scheme: string, driver: StorageDriver): () => void {
  const name = scheme.toLowerCase();
  if (!/^[a-z][a-z0-9+.-]+$/.test(name)) {
    throw new StorageError(
      "storage/bad-option",
      `registerDriver: not a URL scheme, got ${shown(scheme)}, ` +
        "wanted a name such as 's3'. Leave out '://'.",
    );
  }
  const entry = { driver };
  drivers.set(name, [...(drivers.get(name) ?? []), entry]);
  return () => {
    const rest = (drivers.get(name) ?? []).filter((each) => each !== entry);
    if (rest.length === 0) drivers.delete(name);
    else drivers.set(name, rest);
  };
}

/**
 * The URL schemes that can be read here and now, sorted.
 *
 * @example
 * ```ts
 * import { schemes } from "@millrace/storage";
 * schemes(); // => ["file", "http", "https"]
 * ```
 */
export function schemes(): string[] {
  return [...drivers.keys()].toSorted();
}

/** The driver of a location, or `storage/unknown-scheme` with the names of those that exist. */
export function driverOf(api: string, { scheme, url }: Location): StorageDriver {
  const driver = drivers.get(scheme)?.at(-1)?.driver;
  if (driver !== undefined) return driver;
  const shownUrl = withoutCredentials(url);
  throw new StorageError(
    "storage/unknown-scheme",
    `${api}: no driver for '${scheme}:', got ${shown(shownUrl)}, ` +
      `wanted one of ${schemes().join(", ")}. ` +
      `Call registerDriver("${scheme}", driver) first, on every worker.`,
    shownUrl,
  );
}

/** The error for something that the driver of a scheme does not do. */
export function unsupported(
  api: string,
  { scheme, url }: Location,
  what: string,
  advice: string,
): StorageError {
  const shownUrl = withoutCredentials(url);
  const message = `${api}: '${scheme}:' ${what}, got ${shown(shownUrl)}. ${advice}.`;
  return new StorageError("storage/unsupported", message, shownUrl);
}
