import { expect } from "vitest";
import type { LedgerInstruction } from "../../../../packages/distributed/src/worker/store/ledger-instruction.ts";
import type { LedgerOptions } from "../../../../packages/distributed/src/worker/store/ledger-settings.ts";
import { StoreLedger } from "../../../../packages/distributed/src/worker/store/ledger.ts";
import { PlainLedger, plainly, sum, type PlainBlock } from "./plain-ledger.ts";

export type WorldEvent =
  | {
      readonly kind: "put";
      readonly id: number;
      readonly version: number;
      readonly bytes: number;
      readonly priority: number;
    }
  | {
      readonly kind: "touch" | "load" | "pin" | "unpin" | "delete";
      /** Counts through the blocks that there are. */
      readonly which: number;
    }
  | {
      readonly kind: "endWrite";
      /** Counts through the writes under way. */
      readonly which: number;
      readonly isWritten: boolean;
      readonly overhead: number;
    }
  | {
      readonly kind: "endRead";
      /** Counts through the reads under way. */
      readonly which: number;
      readonly outcome: "read" | "lost" | "refused";
    }
  | { readonly kind: "measure"; readonly rssBytes: number; readonly afterMs: number };

type Write = Extract<LedgerInstruction, { kind: "write" }> & { readonly names: readonly string[] };
type Read = Extract<LedgerInstruction, { kind: "read" }> & { readonly block: PlainBlock };

/**
 * A memory and a disk that do what the ledger says and hold names for bytes, beside the plain
 * ledger, which is told the same. After every event the two must have said the same.
 */
export class LedgerWorld {
  readonly ledger: StoreLedger;
  readonly plain: PlainLedger;
  /** Names that were in neither memory nor on disk although nobody gave them up. */
  readonly lost: string[] = [];
  readonly #memory = new Set<string>();
  readonly #disk = new Map<number, readonly string[]>();
  #writes: Write[] = [];
  #reads: Read[] = [];
  #nowMs = 0;

  constructor(options: LedgerOptions) {
    this.ledger = new StoreLedger(options);
    this.plain = new PlainLedger(this.ledger.settings);
  }

  happen(event: WorldEvent): void {
    switch (event.kind) {
      case "put":
        this.#put(event);
        break;
      case "endWrite":
        this.#endWrite(event);
        break;
      case "endRead":
        this.#endRead(event);
        break;
      case "measure":
        this.#nowMs += event.afterMs;
        this.ledger.measured(event.rssBytes, this.#nowMs);
        this.plain.measured(event.rssBytes, this.#nowMs);
        break;
      case "touch":
      case "load":
      case "pin":
      case "unpin":
      case "delete":
        this.#apply(event.kind, event.which);
        break;
    }
    this.#compare();
  }

  /** Let everything that is under way end well, on a disk that works and in a small process. */
  drain(): void {
    for (let quiet = 0; quiet < 3; quiet++) {
      this.happen({ kind: "measure", rssBytes: 0, afterMs: 1000 });
      while (this.#writes.length > 0 || this.#reads.length > 0) {
        quiet = 0;
        this.happen({ kind: "endWrite", which: 0, isWritten: true, overhead: 0 });
        this.happen({ kind: "endRead", which: 0, outcome: "read" });
      }
    }
  }

  deleteAll(): void {
    while (this.plain.blocks.length > 0) this.happen({ kind: "delete", which: 0 });
    this.drain();
  }

  /** Bytes that the rules would have leave memory, and that could be worth a file. */
  spillableOverTarget(): number {
    const { plain } = this;
    if (plain.need <= 0) return 0;
    const free = plain.blocks.filter(({ at, pins }) => at !== "disk" && pins === 0);
    const large = free.filter(({ bytes }) => bytes >= plain.settings.largeBytes);
    const bytes = sum(free);
    return large.length > 0 || bytes >= plain.settings.segmentBytes / 16 ? bytes : 0;
  }

  leftovers(): object {
    const { book } = this.ledger;
    return {
      blocks: book.table.count,
      files: book.files.count + this.#disk.size,
      managedBytes: book.managedBytes,
      sizeBytes: book.files.sizeBytes,
    };
  }

  #put({ id, version, bytes, priority }: Extract<WorldEvent, { kind: "put" }>): void {
    const name = `${id}:${version}`;
    const isTaken = this.plain.find(name) !== undefined;
    same(this.ledger.put(id, version, bytes, priority) < 0, isTaken);
    if (isTaken) return;
    this.plain.put(name, bytes, priority);
    this.#memory.add(name);
  }

  #apply(kind: "touch" | "load" | "pin" | "unpin" | "delete", which: number): void {
    const block = this.plain.blocks[which % this.plain.blocks.length];
    if (block === undefined) return;
    const [id, version] = block.name.split(":").map(Number) as [number, number];
    const entry = this.ledger.find(id, version);
    const hadPins = block.pins > 0;
    this.plain[kind](block);
    if (kind === "unpin") same(this.ledger.unpin(entry), hadPins);
    else this.ledger[kind](entry);
    if (kind === "delete") this.#memory.delete(block.name);
  }

  #endWrite({ which, isWritten, overhead }: Extract<WorldEvent, { kind: "endWrite" }>): void {
    const write = this.#writes[which % this.#writes.length];
    if (write === undefined) return;
    this.#writes = this.#writes.filter((other) => other !== write);
    if (isWritten) {
      this.#disk.set(write.file, write.names);
      this.ledger.written(write.file, write.bytes + overhead);
      this.plain.written(write.file, write.bytes + overhead);
    } else {
      this.ledger.writeFailed(write.file, this.#nowMs);
      this.plain.writeFailed(write.file, this.#nowMs);
    }
  }

  #endRead({ which, outcome }: Extract<WorldEvent, { kind: "endRead" }>): void {
    const read = this.#reads[which % this.#reads.length];
    if (read === undefined) return;
    this.#reads = this.#reads.filter((other) => other !== read);
    const { entry, file, bytes, block } = read;
    const isWanted = this.plain.blocks.includes(block);
    if (outcome === "read") {
      same(this.#disk.get(file)?.includes(block.name), true);
      same(this.ledger.read(entry, file, bytes), isWanted);
      this.plain.read(block, file);
      if (isWanted) this.#memory.add(block.name);
    } else {
      const isLost = outcome === "lost";
      same(this.ledger.readFailed(entry, file, bytes, isLost), isWanted);
      this.plain.readFailed(block, file, isLost);
    }
  }

  /** Carry out what was said, and hold the two ledgers against each other and the world. */
  #compare(): void {
    const { ledger, plain } = this;
    const nameOf = (entry: number): string => {
      const { id, version } = ledger.nameOf(entry);
      return `${id}:${version}`;
    };
    const instructions = ledger.take();
    same(
      instructions.map((each) => plainly(each, nameOf)),
      plain.said,
    );
    plain.said = [];
    for (const instruction of instructions) this.#carryOut(instruction, nameOf);
    ledger.validate();
    this.#compareFigures();
    let held = 0;
    for (const { name, at, file } of plain.blocks) {
      const isHeld = this.#memory.has(name);
      if (isHeld) held++;
      else if (this.#disk.get(file)?.includes(name) !== true) this.lost.push(name);
      same(isHeld, isInMemory(at));
    }
    same(this.#memory.size, held);
  }

  #carryOut(instruction: LedgerInstruction, nameOf: (entry: number) => string): void {
    switch (instruction.kind) {
      case "write":
        this.#writes.push({ ...instruction, names: instruction.entries.map(nameOf) });
        break;
      case "read": {
        const block = this.plain.find(nameOf(instruction.entry));
        if (block === undefined) throw new Error("a read of nothing");
        this.#reads.push({ ...instruction, block });
        break;
      }
      case "evict":
        for (const name of instruction.entries.map(nameOf)) {
          same(this.#memory.delete(name), true);
        }
        break;
      case "remove":
        same(this.#disk.delete(instruction.file), true);
        break;
      case "reclaim":
      case "tell":
        break;
    }
  }

  #compareFigures(): void {
    const { book } = this.ledger;
    const { plain } = this;
    const pinned = plain.blocks.filter(({ pins }) => pins > 0);
    const held = pinned.filter(({ at }) => isInMemory(at));
    const figures = {
      blocks: book.table.count,
      managed: book.managedBytes,
      pinned: [book.pinnedCount, book.pinnedBytes],
      leaving: book.leavingBytes,
      dead: book.files.deadBytes,
      files: book.files.count,
      reading: [book.readingCount, book.readingBytes],
      isDiskBad: this.ledger.isDiskBad,
      room: this.ledger.roomBytes,
    };
    same(figures, {
      blocks: plain.blocks.length,
      managed: plain.managed,
      pinned: [pinned.length, sum(held)],
      leaving: plain.leaving,
      dead: plain.dead,
      files: plain.files.length,
      reading: [plain.reading.length, sum(plain.reading.map(({ block }) => block))],
      isDiskBad: plain.isDiskBad,
      room: plain.room,
    });
  }
}

function isInMemory(at: PlainBlock["at"]): boolean {
  return at === "memory" || at === "writing" || at === "both";
}

/** As `toEqual`, which is too slow for a hundred thousand events. */
function same(got: unknown, wanted: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) expect(got).toEqual(wanted);
}
