import { quoteValue } from "@millrace/graph/tasks";
import { blockBytes, type Block } from "../../codec/block.ts";
import { nodeFileSystem, type SpillFileSystem } from "./file-system.ts";
import type { LedgerOptions } from "./ledger-settings.ts";
import { LedgerHands } from "./ledger-hands.ts";
import { StoreLedger } from "./ledger.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { SpillFiles } from "./spill-files.ts";
import { checkName, checkOptions, checkPriority } from "./check-arguments.ts";
import { SpillFailedError, storeClosed, unknownBlock } from "./store-error.ts";
import { StoreNotices, type StoreListeners } from "./store-notices.ts";
import { storeStats, type StoreStats } from "./store-stats.ts";
import { openWorkerDirectory, type WorkerDirectory } from "./worker-directory.ts";

/** What a store is opened with: when to spill, where to, and whom to tell. */
export interface BlockStoreOptions extends LedgerOptions, StoreListeners {
  /** Where the store makes a directory of its own for spill files. */
  readonly localDirectory: string;
  /** Stands in for the file system. */
  readonly fileSystem?: SpillFileSystem;
  /** The size of the process in bytes; by default its resident set. */
  readonly rssBytes?: () => number;
  /** A clock that only goes forward; by default `performance.now`. */
  readonly nowMs?: () => number;
}

/**
 * The values of a worker, by the number and the version of the task that made them. They are in
 * memory as long as there is room, and on disk otherwise; none is lost, whatever the disk does,
 * while the process lives. What is read back is the same to the bit, or `load` rejects.
 *
 * A {@link StoreLedger} decides everything, {@link LedgerHands} do it. Listeners are called soon
 * after a change, never from inside a call.
 */
export class BlockStore implements AsyncDisposable {
  readonly #ledger: StoreLedger;
  readonly #directory: WorkerDirectory;
  readonly #hands: LedgerHands;
  readonly #watch: MemoryWatch;
  readonly #nowMs: () => number;
  readonly #rssBytes: () => number;
  #isWatched = false;
  #closing: Promise<void> | undefined;

  private constructor(options: BlockStoreOptions, ledger: StoreLedger, directory: WorkerDirectory) {
    this.#ledger = ledger;
    this.#directory = directory;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#rssBytes = options.rssBytes ?? (() => process.memoryUsage.rss());
    this.#hands = new LedgerHands({
      ledger,
      directory,
      files: new SpillFiles(directory, options.fileSystem ?? nodeFileSystem),
      notices: new StoreNotices(options),
      nowMs: this.#nowMs,
    });
    this.#watch = new MemoryWatch(() => {
      this.#measure();
      return this.#isWatched || ledger.isRestless;
    });
  }

  /**
   * A store that is empty, with a fresh directory; leftovers of dead workers beside it are removed.
   *
   * @throws StoreError `distributed/invalid-argument` for an option that is none or out of range,
   * `distributed/bad-directory` where `localDirectory` cannot be used
   */
  static async open(options: BlockStoreOptions): Promise<BlockStore> {
    checkOptions(options);
    const ledger = new StoreLedger(options);
    return new BlockStore(options, ledger, await openWorkerDirectory(options.localDirectory));
  }

  /** The directory of this store, and what was found of earlier workers. */
  get directory(): Pick<WorkerDirectory, "path" | "leftovers"> {
    return this.#directory;
  }

  /**
   * Keep a value. False when the name is taken: values never change, so the first one stays.
   * `priority` is an integer from -128 to 127, by default 0: lower ones leave memory first.
   *
   * @throws StoreError `distributed/invalid-argument`, `distributed/store-closed`, and
   * `distributed/spill-failed` when memory is full to its limit and the disk takes nothing
   */
  put(
    id: number,
    version: number,
    block: Block,
    options?: { readonly priority?: number },
  ): boolean {
    const priority = options?.priority ?? 0;
    checkName("put", id, version);
    checkPriority(priority);
    if (this.#closing !== undefined) throw storeClosed("put");
    if (this.#ledger.find(id, version) >= 0) return false;
    const bytes = blockBytes(block);
    if (!this.#ledger.hasRoomFor(bytes)) this.#makeRoomFor(bytes);
    this.#hands.hold(this.#ledger.put(id, version, bytes, priority), block);
    this.#hands.carryOut();
    this.#watch.wake();
    return true;
  }

  /** Where a value is; undefined when the store does not have it. */
  where(id: number, version: number): "memory" | "disk" | undefined {
    const entry = this.#ledger.find(id, version);
    if (entry < 0) return undefined;
    return this.#ledger.isInMemory(entry) ? "memory" : "disk";
  }

  /** A value that is in memory, without counting as a use. */
  peek(id: number, version: number): Block | undefined {
    const entry = this.#ledger.find(id, version);
    return entry < 0 ? undefined : this.#hands.blockOf(entry);
  }

  /** A value that is in memory, and is the last to leave it now. */
  get(id: number, version: number): Block | undefined {
    const entry = this.#ledger.find(id, version);
    const block = entry < 0 ? undefined : this.#hands.blockOf(entry);
    if (block === undefined) return undefined;
    this.#ledger.touch(entry);
    this.#hands.carryOut();
    return block;
  }

  /**
   * A value, read from disk if need be; whoever asks meanwhile gets the same one. Pin it before, so
   * that it is still in memory when the promise is settled and the next task looks for it.
   *
   * Rejects with `distributed/unknown-block` when the store does not have it, or it is deleted
   * meanwhile; `distributed/block-lost` when its bytes cannot be read back, and then it is
   * forgotten; `distributed/spill-failed` when there is no memory to read it into, and it stays on
   * disk; `distributed/store-closed`.
   */
  load(id: number, version: number): Promise<Block> {
    if (this.#closing !== undefined) return Promise.reject(storeClosed("load"));
    const entry = this.#ledger.find(id, version);
    if (entry < 0) return Promise.reject(unknownBlock("there is no such block", id, version));
    this.#ledger.load(entry);
    this.#hands.carryOut();
    this.#watch.wake();
    const block = this.#hands.blockOf(entry);
    return block === undefined ? this.#hands.arrival(entry) : Promise.resolve(block);
  }

  /**
   * Keep a value in memory until it is unpinned as often; one on disk, from when it is loaded.
   * Deleting it ends its pins. False when the store does not have it.
   */
  pin(id: number, version: number): boolean {
    const entry = this.#ledger.find(id, version);
    if (entry < 0) return false;
    this.#ledger.pin(entry);
    this.#hands.carryOut();
    this.#watch.wake();
    return true;
  }

  /** Take one pin away. False when the store does not have the value, or it has no pin. */
  unpin(id: number, version: number): boolean {
    const entry = this.#ledger.find(id, version);
    if (entry < 0 || !this.#ledger.unpin(entry)) return false;
    this.#hands.carryOut();
    return true;
  }

  /** Forget a value, in memory and on disk. False when the store does not have it. */
  delete(id: number, version: number): boolean {
    const entry = this.#ledger.find(id, version);
    if (entry < 0) return false;
    this.#ledger.delete(entry);
    const waiting = this.#hands.drop(entry);
    waiting?.reject(unknownBlock("the block was deleted meanwhile", id, version));
    this.#hands.carryOut();
    return true;
  }

  /**
   * Whether to measure the process every 100 ms in any case. While tasks run it may grow without
   * the store being called; without this, measuring ends soon after the last call.
   */
  watch(isOn: boolean): void {
    this.#isWatched = isOn;
    if (isOn) this.#watch.wake();
  }

  /** What the store holds and has done, counted exactly. */
  stats(): StoreStats {
    return storeStats(this.#ledger, this.#hands.effort);
  }

  /**
   * Forget everything and remove the directory, after what is under way has ended. A load that
   * waits rejects. Calling it again waits for the same end.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#watch.stop();
    await this.#hands.close(() => storeClosed("load"));
    await this.#directory.remove();
  }

  #measure(): void {
    this.#ledger.measured(this.#rssBytes(), this.#nowMs());
    this.#hands.carryOut();
  }

  /** A disk that was left alone long enough is good again, which only a measurement finds. */
  #makeRoomFor(bytes: number): void {
    this.#measure();
    if (this.#ledger.hasRoomFor(bytes)) return;
    throw new SpillFailedError(
      `put: memory is full and the disk takes nothing, got a block of ${bytes} bytes, wanted at ` +
        `most ${this.#ledger.settings.memoryBytes} bytes in all. Free space in ` +
        `${quoteValue(this.#directory.path)}, or give the worker more memory.`,
    );
  }
}
