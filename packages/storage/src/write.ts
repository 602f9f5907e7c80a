import { checkOptions } from "./check-options.ts";
import { type Encoder, encoderOf } from "./compress.ts";
import { type Compression, compressionOf } from "./compression.ts";
import type { SignalOption, StorageSink } from "./driver.ts";
import { locate, withoutCredentials } from "./location.ts";
import { onAbort } from "./on-abort.ts";
import { driverOf, unsupported } from "./register-driver.ts";
import { aborted, checkAborted, shown, StorageError } from "./storage-error.ts";

/**
 * Options of `openWrite` and `writeAll`.
 *
 * @example
 * ```ts
 * import type { WriteOptions } from "@millrace/storage";
 * const options: WriteOptions = { compression: "gzip", overwrite: false };
 * options.overwrite; // => false
 * ```
 */
export interface WriteOptions extends SignalOption {
  /** Default `infer`, by suffix. */
  readonly compression?: Compression | undefined;
  /**
   * Replace a file that is there; default true, so that a task can run again. `false` makes it
   * `storage/exists`.
   */
  readonly overwrite?: boolean | undefined;
}

// Texts are gathered up to this many characters before they become bytes: a call a line would cost
// more than the line.
const GATHERED_CHARS = 64 * 1024;

/**
 * One new file in the making: nothing is visible under its name until `close` resolves, then all of
 * it is.
 *
 * Await each `write` (that is the backpressure); calls that are not awaited are kept in order.
 * After an error, or when the signal fires, the bytes written so far are deleted and every call
 * rejects with that first error.
 *
 * @example
 * ```ts
 * import { openWrite, readAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const file = `${await mkdtemp(`${tmpdir()}/write-`)}/a.txt`;
 * const writer = await openWrite(file);
 * await writer.write("hello ");
 * await writer.write("you");
 * await writer.close(); // => 9
 * new TextDecoder().decode(await readAll(file)); // => "hello you"
 * ```
 */
export class StorageWriter {
  /** The location being written: an absolute path or a URL. */
  readonly url: string;
  readonly #sink: StorageSink;
  readonly #encoder: Encoder;
  readonly #signal: AbortSignal | undefined;
  readonly #release: () => void;
  #state: "open" | "closed" | "aborted" = "open";
  #failure: Error | undefined;
  #text = "";
  #bytes = 0;
  /** Steps that have not ended. */
  #waiting = 0;
  // Every step waits for the one before: chunks stay in order and an abort never races a write.
  #turn: Promise<void> = Promise.resolve();

  private constructor(
    url: string,
    sink: StorageSink,
    encoder: Encoder,
    signal: AbortSignal | undefined,
  ) {
    this.url = url;
    this.#sink = sink;
    this.#encoder = encoder;
    this.#signal = signal;
    // Every later call rejects with the abort, so a failed clean-up has no one else to tell.
    const undo = (): void => void this.abort().catch(() => undefined);
    this.#release = signal === undefined ? () => undefined : onAbort(signal, undo);
  }

  /** Begin a file; `openWrite` is the same as a function. */
  static async open(url: string | URL, options: WriteOptions = {}): Promise<StorageWriter> {
    checkOptions("openWrite", options, ["compression", "overwrite", "signal"]);
    const location = locate("openWrite", url);
    if (String(url).endsWith("/")) throw notAFile(String(url));
    const driver = driverOf("openWrite", location);
    const name = withoutCredentials(location.url);
    checkAborted("openWrite", name, options.signal);
    const codec = compressionOf(location.url, options.compression);
    if (driver.write === undefined)
      throw unsupported("openWrite", location, "cannot be written", "Write a file");
    // The encoder first: a package that is missing must not leave a temporary file.
    const bytesTo: { writer?: StorageWriter } = {};
    const encoder = await encoderOf(codec, name, async (bytes) => {
      if (bytesTo.writer !== undefined) await bytesTo.writer.#put(bytes);
    });
    const { overwrite = true, signal } = options;
    const sink = await driver.write(location.url, { overwrite, signal }).catch((error: unknown) => {
      encoder.destroy();
      throw error;
    });
    const writer = new StorageWriter(name, sink, encoder, signal);
    bytesTo.writer = writer;
    if (signal?.aborted) await writer.abort();
    checkAborted("openWrite", name, signal);
    return writer;
  }

  /** Bytes handed to the store so far, after compression. */
  get bytesWritten(): number {
    return this.#bytes;
  }

  /**
   * Add text (as UTF-8) or bytes; resolves when there is room for more. The chunk may be reused
   * after that.
   */
  async write(chunk: string | Uint8Array): Promise<void> {
    this.#checkOpen("write");
    if (typeof chunk !== "string") {
      if (!(chunk instanceof Uint8Array)) throw notWritable(this.url, chunk);
      return this.#step(async () => {
        await this.#flush(true);
        await this.#encoder.write(chunk);
      });
    }
    // Text may be gathered at once only when nothing that came before still waits for its turn.
    if (this.#waiting > 0) return this.#step(async () => this.#gather(chunk));
    this.#text += chunk;
    return this.#text.length < GATHERED_CHARS ? undefined : this.#step(async () => this.#flush());
  }

  /** Make the file visible, whole and durable; gives its size in bytes at rest. */
  async close(): Promise<number> {
    this.#checkOpen("close");
    await this.#step(async () => {
      await this.#flush(true);
      await this.#encoder.finish();
      await this.#sink.commit();
      this.#state = "closed";
      this.#release();
    });
    return this.#bytes;
  }

  /** Delete what was written; a file that is closed, or aborted already, stays as it is. */
  async abort(): Promise<void> {
    await this.#inTurn(async () => this.#undo());
  }

  /** `await using`: aborts unless closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await this.#sink.write(bytes);
    this.#bytes += bytes.length;
  }

  async #gather(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length >= GATHERED_CHARS) await this.#flush();
  }

  async #flush(whole = false): Promise<void> {
    const text = this.#text;
    if (text === "") return;
    // Half of a surrogate pair waits for its other half.
    const last = text.charCodeAt(text.length - 1);
    const keep = !whole && last >= 0xd800 && last <= 0xdbff ? 1 : 0;
    this.#text = text.slice(text.length - keep);
    await this.#encoder.write(Buffer.from(keep === 0 ? text : text.slice(0, -1)));
  }

  async #step(work: () => Promise<void>): Promise<void> {
    await this.#inTurn(async () => {
      this.#checkOpen("write");
      try {
        await work();
      } catch (error) {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
        // What went wrong first is the news; a temporary file that stays is never globbed.
        await this.#undo().catch(() => undefined);
        throw this.#failure;
      }
    });
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    this.#waiting++;
    const done = this.#turn.then(work).finally(() => this.#waiting--);
    // Whoever asked for the work hears of its error; the next in turn finds it in the state.
    this.#turn = done.catch(() => undefined);
    await done;
  }

  async #undo(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "aborted";
    this.#release();
    this.#text = "";
    this.#encoder.destroy();
    await this.#sink.abort();
  }

  #checkOpen(api: string): void {
    if (this.#signal?.aborted && this.#state !== "closed")
      throw aborted(api, this.url, this.#signal);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state === "open") return;
    const message =
      `${api}: the writer has ended, got a call after it was ${this.#state}, ` +
      `wanted an open one for ${shown(this.url)}. Open another.`;
    throw new StorageError("storage/closed", message, this.url);
  }
}

function notAFile(url: string): StorageError {
  const name = withoutCredentials(url);
  const message = `openWrite: a directory, got ${shown(name)}, wanted a file. Name a file in it.`;
  return new StorageError("storage/not-a-file", message, name);
}

function notWritable(url: string, chunk: unknown): StorageError {
  const got = `neither text nor bytes for ${shown(url)}, got ${shown(chunk)}`;
  const message = `write: ${got}, wanted a string or a Uint8Array. Encode it first.`;
  return new StorageError("storage/bad-option", message, url);
}

/**
 * A writer for one new file: the name shows the old file, or nothing, until `close`, then the whole
 * new one.
 *
 * Missing directories are made. Local files: a hidden sibling (`.name.….millrace-tmp`, never
 * globbed) is written, synced and renamed; a killed process leaves at most that sibling, and the
 * next one that writes into the directory deletes it where it can tell. Of several
 * writers to one name the last to close wins, with `overwrite: false` the first. A link stays a
 * link; a device or pipe is written in place.
 *
 * @throws StorageError `storage/exists`, `storage/denied`, `storage/not-a-file`, `storage/io` (disk
 *   full), `storage/unsupported` (http), `storage/missing-codec`, `storage/aborted`
 * @example
 * ```ts
 * import { openWrite } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const writer = await openWrite(`${await mkdtemp(`${tmpdir()}/write-`)}/made/here/a.csv`);
 * await writer.write("a,b\n");
 * await writer.close(); // => 4
 * ```
 */
export async function openWrite(
  url: string | URL,
  options: WriteOptions = {},
): Promise<StorageWriter> {
  return StorageWriter.open(url, options);
}

/**
 * Write everything that an iterable gives to one file, as `openWrite` does, and give its size in
 * bytes at rest.
 *
 * When the iterable throws, or the signal fires, no file is left and the error comes through.
 * Memory: one element and 64 Ki characters of text.
 *
 * @throws StorageError as `openWrite`; what the iterable throws
 * @example
 * ```ts
 * import { writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const file = `${await mkdtemp(`${tmpdir()}/write-`)}/a.txt`;
 * await writeAll(file, ["one\n", new TextEncoder().encode("two\n")]); // => 8
 * ```
 */
export async function writeAll(
  url: string | URL,
  chunks: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  options: WriteOptions = {},
): Promise<number> {
  const writer = await openWrite(url, options);
  try {
    // A string is an iterable of characters, and means itself.
    if (typeof chunks === "string") await writer.write(chunks);
    else if (Symbol.asyncIterator in chunks)
      for await (const chunk of chunks) await writer.write(chunk);
    else await writeEach(writer, chunks);
    return await writer.close();
  } catch (error) {
    // What went wrong first is the news; an abort that fails too leaves a temporary file, which is
    // never globbed.
    await writer.abort().catch(() => undefined);
    throw error;
  }
}

async function writeEach(
  writer: StorageWriter,
  chunks: Iterable<string | Uint8Array>,
): Promise<void> {
  let text = "";
  for (const chunk of chunks) {
    if (typeof chunk === "string") {
      text += chunk;
      if (text.length < GATHERED_CHARS) continue;
    }
    await writer.write(text);
    text = "";
    if (typeof chunk !== "string") await writer.write(chunk);
  }
  await writer.write(text);
}
