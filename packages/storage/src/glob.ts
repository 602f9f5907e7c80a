import path from "node:path";
import { checkOptions } from "./check-options.ts";
import type { SignalOption, StorageDriver, StorageEntry, StorageStat } from "./driver.ts";
import { type GlobPattern, isPattern, joinUrl, parsePattern, unescaped } from "./glob-pattern.ts";
import { type Location, locate, withoutCredentials } from "./location.ts";
import { driverOf, unsupported } from "./register-driver.ts";
import { shown, StorageError, storageCode } from "./storage-error.ts";
import { isTemporary } from "./temporary-name.ts";

/**
 * Options of `glob` and `list`.
 *
 * @example
 * ```ts
 * import { glob, type GlobOptions } from "@millrace/storage";
 * const options: GlobOptions = { allowEmpty: true };
 * await glob("/no/such/*.csv", options); // => []
 * ```
 */
export interface GlobOptions extends SignalOption {
  /**
   * Take a pattern that matches nothing as no files instead of an error; default false. Plain paths
   * must exist.
   */
  readonly allowEmpty?: boolean;
}

/**
 * One path or URL or several, each plain or with wildcards.
 *
 * @example
 * ```ts
 * import { glob, type Patterns } from "@millrace/storage";
 * const patterns: Patterns = ["/no/such/*.csv", "/no/such/*.csv.gz"];
 * await glob(patterns, { allowEmpty: true }); // => []
 * ```
 */
export type Patterns = string | URL | readonly (string | URL)[];

/**
 * The files that paths and patterns name, as absolute paths or URLs; nothing is read.
 *
 * Order: arrays keep the order given; the matches of one pattern are sorted by path segments in
 * plain string order (so `part-10` is before `part-2`; pad numbers with zeros). A file that several
 * patterns match is there once, at its first place; a file that is named without wildcards is there
 * as often as it is named. Patterns are picomatch's: `*`, `?`, `**`, `[a-c]`, `{a,b}`, `{01..12}`,
 * extglobs. Hidden names match only where the pattern has the dot; files still being written never
 * match. A path that exists exactly as written is that file, whatever characters it has; elsewhere
 * a backslash makes a wildcard plain. `**` does not follow links to directories, other wildcards
 * do. Local results are absolute paths. http(s) URLs pass as they are, without a request, and
 * cannot have wildcards.
 *
 * Cost: one listing a directory that can hold a match.
 *
 * @throws StorageError `storage/no-match`, `storage/not-found` for a plain path,
 *   `storage/not-a-file` for a directory, `storage/unsupported` for wildcards where listing is not
 *   possible, `storage/unknown-scheme`, `storage/bad-url`
 * @example
 * ```ts
 * import { glob, writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const folder = await mkdtemp(`${tmpdir()}/glob-`);
 * for (const name of ["b.csv", "a.csv", "c.txt"]) await writeAll(`${folder}/${name}`, ["x"]);
 * const found = await glob(`${folder}/*.csv`);
 * found.map((file) => file.slice(folder.length)); // => ["/a.csv", "/b.csv"]
 * ```
 */
export async function glob(patterns: Patterns, options: GlobOptions = {}): Promise<string[]> {
  const search = expand(patterns, options);
  let step = search.next();
  while (step.done !== true) {
    const { driver, url, want } = step.value;
    const answer =
      want === "list" ? driver.list?.(url, options) : driver.stat(url, { signal: options.signal });
    step = search.next(await Promise.resolve(answer).catch(absent));
  }
  return step.value;
}

/**
 * As `glob`, without waiting, for schemes that can (local files): to plan a graph in one
 * synchronous call.
 *
 * Plain http(s) URLs pass as they are; wildcards on a scheme that cannot list at once are an error.
 *
 * @throws StorageError as `glob`
 * @example
 * ```ts
 * import { globSync } from "@millrace/storage";
 * globSync("https://example.org/data.csv"); // => ["https://example.org/data.csv"]
 * ```
 */
export function globSync(patterns: Patterns, options: Omit<GlobOptions, "signal"> = {}): string[] {
  const search = expand(patterns, options);
  let step = search.next();
  while (step.done !== true) step = search.next(answerSync(step.value));
  return step.value;
}

interface Question {
  readonly want: "list" | "stat";
  readonly driver: StorageDriver;
  readonly url: string;
}

type Answer = StorageStat | readonly StorageEntry[] | undefined;

function answerSync({ want, driver, url }: Question): Answer {
  try {
    if (want === "list" && driver.listSync !== undefined) return driver.listSync(url);
    if (want === "stat" && driver.statSync !== undefined) return driver.statSync(url);
  } catch (error) {
    return absent(error);
  }
  const scheme = /^[^:]*/.exec(url)?.[0] ?? "";
  const location = { scheme, url };
  throw unsupported("globSync", location, "must wait for a listing", "Use await glob()");
}

/** Not being there is an answer; everything else is an error. */
function absent(error: unknown): undefined {
  if (storageCode(error) !== "storage/not-found") throw error;
  return undefined;
}

/**
 * The search itself: asks for listings and facts, so that one text serves with and without waiting.
 */
function* expand(patterns: Patterns, options: GlobOptions): Generator<Question, string[], Answer> {
  checkOptions("glob", options, ["allowEmpty", "signal"]);
  const inputs = typeof patterns === "string" || patterns instanceof URL ? [patterns] : patterns;
  const found: string[] = [];
  // How often a file is in `found`, and how often it was named without wildcards: the larger one
  // wins.
  const listed = new Map<string, number>();
  const named = new Map<string, number>();
  for (const input of inputs) {
    const { literal, files } = yield* expandOne(input, options);
    for (const file of files) {
      if (literal) named.set(file, (named.get(file) ?? 0) + 1);
      const present = listed.get(file) ?? 0;
      if (present >= Math.max(1, named.get(file) ?? 0)) continue;
      listed.set(file, present + 1);
      found.push(file);
    }
  }
  return found;
}

type Expansion = { readonly literal: boolean; readonly files: readonly string[] };

function* expandOne(
  input: string | URL,
  options: GlobOptions,
): Generator<Question, Expansion, Answer> {
  const location = locate("glob", input);
  const driver = driverOf("glob", location);
  const { root, rest } = rootOf(input, location);
  const magic = isPattern(rest);
  if (driver.list === undefined) {
    // A `?` begins a query there, so only these tell a pattern from a URL.
    if (!/[*[{]/.test(rest)) return { literal: true, files: [location.url] };
    throw unsupported("glob", location, "has no listing for wildcards", "Name each file");
  }
  const candidates = new Set([location.url, ...(magic ? [] : [within(root, unescaped(rest))])]);
  for (const url of candidates) {
    const facts = (yield { want: "stat", driver, url }) as StorageStat | undefined;
    if (facts === undefined || (magic && facts.kind === "directory")) continue;
    if (facts.kind !== "directory") return { literal: true, files: [url] };
    throw notAFile(url);
  }
  if (!magic) throw notFound(location);
  const files: string[] = [];
  const pattern = parsePattern(rest);
  const base = within(root, pattern.base);
  yield* walk(driver, base, "", 0, { pattern, files });
  if (files.length === 0 && options.allowEmpty !== true) throw noMatch(location);
  return { literal: false, files: files.toSorted(bySegments).map((file) => joinUrl(base, file)) };
}

interface Walk {
  readonly pattern: GlobPattern;
  readonly files: string[];
}

function* walk(
  driver: StorageDriver,
  directory: string,
  relative: string,
  depth: number,
  state: Walk,
): Generator<Question, void, Answer> {
  const entries = (yield { want: "list", driver, url: directory }) as
    readonly StorageEntry[] | undefined;
  for (const { name, kind, link } of entries ?? []) {
    if (isTemporary(name)) continue;
    const below = relative === "" ? name : `${relative}/${name}`;
    if (kind === "file" && state.pattern.matches(below)) state.files.push(below);
    else if (kind === "directory" && state.pattern.descends(depth, name, link)) {
      yield* walk(driver, joinUrl(directory, name), below, depth + 1, state);
    }
  }
}

/** What is never a pattern (the working directory, the host) apart from what may be. */
function rootOf(input: string | URL, { scheme, url }: Location): { root: string; rest: string } {
  if (scheme !== "file") {
    const root = /^[^:]*:\/\/[^/]*\/?/.exec(url)?.[0] ?? "";
    const rest = url.slice(root.length);
    return scheme.startsWith("http")
      ? { root, rest: rest.replace(/[?#].*$/s, "") }
      : { root, rest };
  }
  const text = input instanceof URL || /^file:/i.test(input) ? url : input;
  const pattern = process.platform === "win32" ? text.replaceAll("\\", "/") : text;
  const { root } = path.parse(pattern);
  if (root !== "") return { root, rest: pattern.slice(root.length) };
  const up = /^(?:\.{1,2}(?:\/+|$))*/.exec(pattern)?.[0] ?? "";
  return { root: path.resolve(up), rest: pattern.slice(up.length) };
}

/** A name under a root; local paths lose their `.` and `..`. */
function within(root: string, name: string): string {
  const url = joinUrl(root, name);
  return path.isAbsolute(root) ? path.resolve(url) : url;
}

function bySegments(a: string, b: string): number {
  // A slash sorts below every other character, which makes comparing texts comparing segments.
  const left = a.replaceAll("/", "\0");
  const right = b.replaceAll("/", "\0");
  return left < right ? -1 : left > right ? 1 : 0;
}

function notFound({ url }: Location): StorageError {
  const message =
    `glob: no such file, got ${shown(url)}, wanted a file that exists or a pattern. ` +
    "Check the path; a relative one starts at the working directory.";
  return new StorageError("storage/not-found", message, url);
}

function notAFile(url: string): StorageError {
  const message =
    `glob: a directory, got ${shown(url)}, wanted files. ` +
    "Name the files in it, as in 'directory/*'.";
  return new StorageError("storage/not-a-file", message, url);
}

function noMatch(location: Location): StorageError {
  const url = withoutCredentials(location.url);
  const message =
    `glob: no file matches, got ${shown(url)}, wanted at least one. ` +
    "Check the pattern (hidden files match only with the dot), or pass { allowEmpty: true }.";
  return new StorageError("storage/no-match", message, url);
}
