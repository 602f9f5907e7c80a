/**
 * Facts about one stored object. The bytes are not read.
 *
 * @example
 * ```ts
 * import { stat, type StorageStat } from "@millrace/storage";
 * const facts: StorageStat = await stat("/");
 * facts.kind; // => "directory"
 * ```
 */
export interface StorageStat {
  /** An absolute path for local files, otherwise the URL. */
  readonly url: string;
  /** `other` is a pipe, a socket or a device: readable from its start only, its size is unknown. */
  readonly kind: "file" | "directory" | "other";
  /**
   * Bytes at rest (compressed ones for a compressed file), or `undefined` when the other side does
   * not say.
   */
  readonly size: number | undefined;
  /** Time of the last change in milliseconds since 1970, or `undefined`. */
  readonly modifiedMs: number | undefined;
  /** The version mark that a server gives, or `undefined`. */
  readonly etag: string | undefined;
  /**
   * Whether a range can be read without reading what stands before it; if not, do not plan blocks.
   */
  readonly ranged: boolean;
}

/**
 * One name in a directory, as a driver lists it.
 *
 * @example
 * ```ts
 * import type { StorageEntry } from "@millrace/storage";
 * const entry: StorageEntry = { name: "part-0.csv", kind: "file", link: false };
 * entry.name; // => "part-0.csv"
 * ```
 */
export interface StorageEntry {
  /** The last path segment, without a slash. */
  readonly name: string;
  /** What a symbolic link leads to, for a link; a broken link is `other`. */
  readonly kind: "file" | "directory" | "other";
  /** True for a symbolic link: `**` does not descend into it, so that loops end. */
  readonly link: boolean;
}

/**
 * What every driver call takes: `signal` ends the call with `storage/aborted`.
 *
 * @example
 * ```ts
 * import { stat, type SignalOption } from "@millrace/storage";
 * const options: SignalOption = { signal: AbortSignal.timeout(10_000) };
 * (await stat("/", options)).kind; // => "directory"
 * ```
 */
export interface SignalOption {
  /** Ends the work with `storage/aborted` and frees what it holds. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A range of bytes at rest, `start` (default 0) up to and without `end` (default: the end of the
 * object).
 *
 * @example
 * ```ts
 * import type { ReadRange } from "@millrace/storage";
 * const tail: ReadRange = { start: 4, end: 8 };
 * tail.end; // => 8
 * ```
 */
export interface ReadRange extends SignalOption {
  /** First byte, 0 or more; a start past the end of the object reads nothing. */
  readonly start?: number | undefined;
  /** One past the last byte; an end past the end of the object is the end of the object. */
  readonly end?: number | undefined;
}

/**
 * What `StorageDriver.read` takes: a range, and whom to tell when the transport has undone a
 * compression of its own.
 *
 * @example
 * ```ts
 * import type { DriverRead } from "@millrace/storage";
 * const undone: string[] = [];
 * const range: DriverRead = { start: 4, onDecoded: (encoding) => undone.push(encoding) };
 * range.onDecoded?.("gzip");
 * undone; // => ["gzip"]
 * ```
 */
export interface DriverRead extends ReadRange {
  /**
   * Called before the first chunk with the name of an encoding (as in `Content-Encoding`) that the
   * chunks no longer have, so that `a.csv.gz` is not decompressed twice.
   */
  readonly onDecoded?: ((encoding: string) => void) | undefined;
}

/**
 * Where a driver puts the bytes of one new object; nothing is visible under its name before
 * `commit` resolves.
 *
 * @example
 * ```ts
 * import type { StorageSink } from "@millrace/storage";
 * const nothing = async (): Promise<void> => {};
 * const nowhere: StorageSink = { write: nothing, commit: nothing, abort: nothing };
 * await nowhere.commit(); // => undefined
 * ```
 */
export interface StorageSink {
  /** Resolves when the bytes are taken and the chunk may be reused; calls never overlap. */
  write(chunk: Uint8Array): Promise<void>;
  /** Make the object visible, whole and durable, in one step. */
  commit(): Promise<void>;
  /**
   * Forget everything written; may follow a failed `commit`; never rejects for an object that is
   * gone.
   */
  abort(): Promise<void>;
}

/**
 * Files in the making that appear together, see `stageFiles`.
 *
 * @example
 * ```ts
 * import { stageFiles, type StorageStage } from "@millrace/storage";
 * const stage: StorageStage = await stageFiles([]);
 * stage.urls; // => []
 * ```
 */
export interface StorageStage {
  /** Where each file is to be written, in the order in which they were asked for. */
  readonly urls: readonly string[];
  /** Makes all files visible; all of them must have been written. */
  commit(): Promise<void>;
  /** Forgets all files, also those that somebody is still writing. */
  discard(): Promise<void>;
}

/**
 * How one URL scheme is read and written; register it with `registerDriver`.
 *
 * Every method rejects with a `StorageError`: `storage/not-found` for an object that is not there,
 * `storage/aborted` when its signal fires. Leave out what the other side cannot do: callers then
 * get `storage/unsupported`, which says so.
 *
 * @example
 * ```ts
 * import { readAll, registerDriver, type StorageDriver } from "@millrace/storage";
 * const hello: StorageDriver = {
 *   stat: async (url) => {
 *     return { url, kind: "file", size: 5, modifiedMs: 0, etag: undefined, ranged: true };
 *   },
 *   async *read(_url, { start = 0, end = 5 }) {
 *     yield new TextEncoder().encode("hello").subarray(start, end);
 *   },
 * };
 * const unregister = registerDriver("hello", hello);
 * new TextDecoder().decode(await readAll("hello://world")); // => "hello"
 * unregister();
 * ```
 */
export interface StorageDriver {
  /** Facts about one object. */
  stat(url: string, options: SignalOption): Promise<StorageStat>;
  /** A stream of the bytes of a range, clipped to the object. The consumer owns the chunks. */
  read(url: string, range: DriverRead): AsyncIterable<Uint8Array>;
  /**
   * The names directly in a directory, in any order; `directory` has no trailing slash unless it is
   * a root.
   */
  list?(directory: string, options: SignalOption): Promise<readonly StorageEntry[]>;
  /**
   * Begin a new object. With `overwrite: false`, an existing one is `storage/exists`, at the latest
   * on commit.
   */
  write?(
    url: string,
    options: SignalOption & { readonly overwrite: boolean },
  ): Promise<StorageSink>;
  /** Begin several objects that appear together; for drivers that can rename what was written. */
  stage?(
    urls: readonly string[],
    options: SignalOption & { readonly overwrite: boolean },
  ): Promise<StorageStage>;
  /** Delete one object. */
  remove?(url: string, options: SignalOption): Promise<void>;
  /** As `stat`, without waiting; for drivers that can. */
  statSync?(url: string): StorageStat;
  /** As `list`, without waiting; for drivers that can. */
  listSync?(directory: string): readonly StorageEntry[];
  /** As `read`, as one array, without waiting; for drivers that can. */
  readSync?(url: string, range: ReadRange): Uint8Array;
}
