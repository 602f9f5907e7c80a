import { quoteValue } from "@millrace/graph/tasks";
import type { Block } from "../../codec/block.ts";
import type { LedgerInstruction } from "./ledger-instruction.ts";
import type { StoreLedger } from "./ledger.ts";
import { reclaimMemory } from "./reclaim-memory.ts";
import { RecordPlaces, type RecordPlace } from "./record-places.ts";
import type { SpillFiles } from "./spill-files.ts";
import type { ReadOutcome } from "./spill-reader.ts";
import { BlockLostError, noMemory } from "./store-error.ts";
import type { StoreNotices } from "./store-notices.ts";
import type { Effort } from "./store-stats.ts";
import type { WorkerDirectory } from "./worker-directory.ts";

/** Somebody waits for a block to be read. */
interface Load {
  readonly promise: Promise<Block>;
  readonly resolve: (block: Block) => void;
  readonly reject: (error: Error) => void;
}

/** What the hands work with. */
interface Tools {
  readonly ledger: StoreLedger;
  readonly directory: WorkerDirectory;
  readonly files: SpillFiles;
  readonly notices: StoreNotices;
  readonly nowMs: () => number;
}

/**
 * Carries out what a ledger says: holds the bytes that it counts, moves them to files and back, and
 * reports. Entries are rows of the ledger.
 */
export class LedgerHands {
  /** What the ledger does not know. */
  readonly effort: Effort = { writeMs: 0, readMs: 0, removingCount: 0 };
  readonly #ledger: StoreLedger;
  readonly #directory: WorkerDirectory;
  readonly #files: SpillFiles;
  readonly #notices: StoreNotices;
  readonly #nowMs: () => number;
  /** By entry: what is in memory, where the copy on disk is, who waits for it. */
  readonly #blocks: (Block | undefined)[] = [];
  readonly #records = new RecordPlaces();
  readonly #loads = new Map<number, Load>();
  /** Reads, writes and removals under way. */
  #workCount = 0;
  /** Called when nothing is under way any more. */
  #onIdle: (() => void) | undefined;
  #isClosed = false;

  constructor({ ledger, directory, files, notices, nowMs }: Tools) {
    this.#ledger = ledger;
    this.#directory = directory;
    this.#files = files;
    this.#notices = notices;
    this.#nowMs = nowMs;
  }

  /** The block of an entry, where it is in memory. */
  blockOf(entry: number): Block | undefined {
    return this.#blocks[entry];
  }

  hold(entry: number, block: Block): void {
    this.#blocks[entry] = block;
  }

  /** The block of an entry when it has been read; the same promise for all who ask meanwhile. */
  arrival(entry: number): Promise<Block> {
    const load = this.#loads.get(entry) ?? newLoad();
    this.#loads.set(entry, load);
    return load.promise;
  }

  /** The block of an entry was deleted: gives those who wait for it, who must be told. */
  drop(entry: number): Load | undefined {
    this.#blocks[entry] = undefined;
    return this.#settle(entry);
  }

  /** Reject whatever is waited for, let go of everything, and wait for what is under way. */
  async close(error: () => Error): Promise<void> {
    this.#isClosed = true;
    for (const load of this.#loads.values()) load.reject(error());
    this.#loads.clear();
    this.#ledger.clear();
    this.#blocks.length = 0;
    this.carryOut();
    if (this.#workCount > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  /** Does what the ledger says; what takes time goes on afterwards. */
  carryOut(): void {
    const ledger = this.#ledger;
    while (ledger.hasInstructions) {
      for (const instruction of ledger.take()) this.#follow(instruction);
    }
  }

  #follow(instruction: LedgerInstruction): void {
    switch (instruction.kind) {
      case "write":
        void this.#write(instruction);
        break;
      case "read":
        this.#read(instruction);
        break;
      case "evict":
        for (const entry of instruction.entries) this.#blocks[entry] = undefined;
        this.#notices.evicted(instruction.entries.map((entry) => this.#ledger.nameOf(entry)));
        break;
      case "remove":
        void this.#remove(instruction.file);
        break;
      case "reclaim":
        reclaimMemory();
        break;
      case "tell":
        this.#notices.pressed(instruction.pressure, instruction.isStuck);
        break;
    }
  }

  async #write({ file, entries }: Instruction<"write">): Promise<void> {
    this.#workCount++;
    const startMs = this.#nowMs();
    const blocks = entries.map((entry) => this.#blocks[entry] as Block);
    const outcome = await this.#files
      .write(file, blocks, () => this.#ledger.isWanted(file))
      .catch((cause: unknown) => ({ cause }));
    const nowMs = this.#nowMs();
    this.effort.writeMs += nowMs - startMs;
    if ("cause" in outcome) {
      this.#ledger.writeFailed(file, nowMs);
      this.#warnOfDisk(outcome.cause);
    } else {
      for (const [index, entry] of entries.entries()) {
        // Not where the block was deleted meanwhile: the row may be another one's.
        if (this.#ledger.fileOf(entry) !== file) continue;
        this.#records.set(entry, outcome.records[index] as RecordPlace);
      }
      this.#ledger.written(file, outcome.sizeBytes);
    }
    this.#end();
  }

  #read(instruction: Instruction<"read">): void {
    this.#workCount++;
    const startMs = this.#nowMs();
    this.#files.read(instruction.file, this.#records.get(instruction.entry), (outcome) => {
      this.effort.readMs += this.#nowMs() - startMs;
      this.#take(instruction, outcome);
      this.#end();
    });
  }

  #take({ file, entry, bytes }: Instruction<"read">, outcome: ReadOutcome): void {
    switch (outcome.kind) {
      case "read":
        if (!this.#ledger.read(entry, file, bytes)) return;
        this.#blocks[entry] = outcome.block;
        this.#settle(entry)?.resolve(outcome.block);
        return;
      case "lost": {
        const name = this.#ledger.nameOf(entry);
        // Where nobody waits, whoever asks for it next finds out, and is told.
        const isAwaited = this.#loads.has(entry);
        if (!this.#ledger.readFailed(entry, file, bytes, isAwaited)) return;
        const path = this.#directory.fileOf(file);
        const lost = new BlockLostError(name, path, outcome.reason, outcome.cause);
        this.#settle(entry)?.reject(lost);
        return;
      }
      case "refused":
        if (!this.#ledger.readFailed(entry, file, bytes, false)) return;
        this.#settle(entry)?.reject(noMemory(bytes, outcome.cause));
        return;
    }
  }

  async #remove(file: number): Promise<void> {
    this.#workCount++;
    this.effort.removingCount++;
    try {
      await this.#files.remove(file);
    } catch (cause) {
      const path = this.#directory.fileOf(file);
      const message = `BlockStore: cannot remove ${quoteValue(path)}, which stays until the end.`;
      this.#notices.warn({ kind: "file-not-removed", message, cause });
    }
    this.effort.removingCount--;
    this.#end();
  }

  /** One work less is under way, once what it leads to is. */
  #end(): void {
    this.carryOut();
    this.#workCount--;
    if (this.#workCount === 0) this.#onIdle?.();
  }

  #settle(entry: number): Load | undefined {
    const load = this.#loads.get(entry);
    this.#loads.delete(entry);
    return load;
  }

  #warnOfDisk(cause: unknown): void {
    if (this.#isClosed) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const seconds = Math.round(this.#ledger.settings.diskRetryMs / 1000);
    this.#notices.warn({
      kind: "disk-refused",
      message:
        `BlockStore: cannot spill to ${quoteValue(this.#directory.path)}: ${reason}. ` +
        `Values stay in memory, and the disk is tried again in ${seconds} s.`,
      cause,
    });
  }
}

type Instruction<Kind extends LedgerInstruction["kind"]> = Extract<
  LedgerInstruction,
  { readonly kind: Kind }
>;

function newLoad(): Load {
  let resolve: Load["resolve"] = () => undefined;
  let reject: Load["reject"] = () => undefined;
  const promise = new Promise<Block>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
