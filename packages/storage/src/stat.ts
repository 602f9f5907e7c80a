import { checkOptions } from "./check-options.ts";
import type { SignalOption, StorageStat } from "./driver.ts";
import { glob, type GlobOptions, globSync, type Patterns } from "./glob.ts";
import { locate } from "./location.ts";
import { driverOf, unsupported } from "./register-driver.ts";

/**
 * Facts about one file: kind, size in bytes at rest, time of change, etag; the bytes are not read.
 *
 * For http(s): one HEAD, and a GET of one byte where HEAD is refused or does not say the size;
 * `size` is `undefined` when the server never says.
 *
 * @throws StorageError `storage/not-found`, `storage/denied`, `storage/http-status`,
 *   `storage/network`, `storage/aborted`, `storage/bad-option`
 * @example
 * ```ts
 * import { stat } from "@millrace/storage";
 * (await stat("/")).kind; // => "directory"
 * ```
 */
export async function stat(url: string | URL, options: SignalOption = {}): Promise<StorageStat> {
  checkOptions("stat", options, ["signal"]);
  const location = locate("stat", url);
  return driverOf("stat", location).stat(location.url, options);
}

/**
 * As `stat`, without waiting, for schemes that can (local files).
 *
 * @throws StorageError as `stat`; `storage/unsupported` for a scheme that must wait, such as http
 * @example
 * ```ts
 * import { statSync } from "@millrace/storage";
 * statSync("/").kind; // => "directory"
 * ```
 */
export function statSync(url: string | URL): StorageStat {
  const location = locate("statSync", url);
  const driver = driverOf("statSync", location);
  if (driver.statSync !== undefined) return driver.statSync(location.url);
  throw unsupported("statSync", location, "must wait", "Use await stat()");
}

// Enough to hide the latency of a server, few enough to be polite to it.
const STATS_AT_ONCE = 16;

/**
 * The files that paths and patterns name, in the order of `glob`, each with the facts of `stat`.
 *
 * @throws StorageError as `glob` and `stat`
 * @example
 * ```ts
 * import { list } from "@millrace/storage";
 * await list("/no/such/*.csv", { allowEmpty: true }); // => []
 * ```
 */
export async function list(patterns: Patterns, options: GlobOptions = {}): Promise<StorageStat[]> {
  const urls = await glob(patterns, options);
  const facts: StorageStat[] = [];
  for (let at = 0; at < urls.length; at += STATS_AT_ONCE) {
    const group = urls
      .slice(at, at + STATS_AT_ONCE)
      .map((url) => stat(url, { signal: options.signal }));
    facts.push(...(await Promise.all(group)));
  }
  return facts;
}

/**
 * As `list`, without waiting. A file of a scheme that must wait (http) comes with `size: undefined`
 * and `ranged: false`: it is one block for a planner.
 *
 * @throws StorageError as `globSync` and `statSync`
 * @example
 * ```ts
 * import { listSync } from "@millrace/storage";
 * listSync("https://example.org/data.csv").map((file) => file.size); // => [undefined]
 * ```
 */
export function listSync(
  patterns: Patterns,
  options: Omit<GlobOptions, "signal"> = {},
): StorageStat[] {
  return globSync(patterns, options).map((url) => {
    const driver = driverOf("listSync", locate("listSync", url));
    if (driver.statSync !== undefined) return driver.statSync(url);
    return {
      url,
      kind: "file",
      size: undefined,
      modifiedMs: undefined,
      etag: undefined,
      ranged: false,
    };
  });
}

/**
 * Delete one file; the directory stays.
 *
 * @throws StorageError `storage/not-found`, `storage/denied`, `storage/unsupported` (http),
 *   `storage/aborted`
 * @example
 * ```ts
 * import { remove, writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const file = `${await mkdtemp(`${tmpdir()}/remove-`)}/a.txt`;
 * await writeAll(file, ["a"]);
 * await remove(file); // => undefined
 * ```
 */
export async function remove(url: string | URL, options: SignalOption = {}): Promise<void> {
  checkOptions("remove", options, ["signal"]);
  const location = locate("remove", url);
  const driver = driverOf("remove", location);
  if (driver.remove === undefined)
    throw unsupported("remove", location, "cannot delete", "Delete it by other means");
  await driver.remove(location.url, options);
}
