import type { LedgerInstruction } from "../../../../packages/distributed/src/worker/store/ledger-instruction.ts";
import type { LedgerSettings } from "../../../../packages/distributed/src/worker/store/ledger-settings.ts";
import { MemoryGauge } from "../../../../packages/distributed/src/worker/store/memory-gauge.ts";

export interface PlainBlock {
  readonly name: string;
  readonly bytes: number;
  readonly priority: number;
  pins: number;
  at: "memory" | "writing" | "both" | "disk" | "awaited" | "reading";
  file: number;
  /** When it was used last. */
  used: number;
}

interface PlainFile {
  readonly number: number;
  readonly blocks: readonly PlainBlock[];
  readonly bytes: number;
  readonly started: number;
  isWriting: boolean;
  isMoving: boolean;
  reads: number;
  size: number;
}

/** An instruction with names instead of entries. */
export type PlainInstruction = string;

const held = (block: PlainBlock): boolean => ["memory", "writing", "both"].includes(block.at);

/**
 * The rules of the ledger once more, as plainly as they can be said: a list of blocks, searched and
 * summed up anew for every question. What it has in common with the ledger is the gauge.
 */
export class PlainLedger {
  blocks: PlainBlock[] = [];
  files: PlainFile[] = [];
  awaited: PlainBlock[] = [];
  reading: { readonly block: PlainBlock; readonly file: PlainFile }[] = [];
  readonly gauge: MemoryGauge;
  readonly settings: LedgerSettings;
  said: PlainInstruction[] = [];
  #clock = 0;
  #lastFile = 0;
  #badUntil = Number.NEGATIVE_INFINITY;
  #told = "ok false";

  constructor(settings: LedgerSettings) {
    this.settings = settings;
    this.gauge = new MemoryGauge(settings);
  }

  find(name: string): PlainBlock | undefined {
    return this.blocks.find((block) => block.name === name);
  }

  get managed(): number {
    return sum(this.blocks.filter(held)) + sum(this.reading.map(({ block }) => block));
  }

  get dead(): number {
    return this.files.reduce((total, file) => total + file.bytes - sum(this.members(file)), 0);
  }

  /** The blocks of a file that are still wanted. */
  members(file: PlainFile): PlainBlock[] {
    return file.blocks.filter((block) => this.blocks.includes(block) && block.file === file.number);
  }

  put(name: string, bytes: number, priority: number): void {
    const used = ++this.#clock;
    this.gauge.grow(bytes);
    this.blocks.push({ name, bytes, priority, pins: 0, at: "memory", file: 0, used });
    this.#advance();
  }

  touch(block: PlainBlock): void {
    this.#use(block);
    this.#advance();
  }

  load(block: PlainBlock): void {
    this.#use(block);
    if (block.at === "disk") this.#await(block);
    this.#advance();
  }

  pin(block: PlainBlock): void {
    this.#use(block);
    block.pins++;
    this.#advance();
  }

  unpin(block: PlainBlock): void {
    if (block.pins === 0) return;
    this.#use(block);
    block.pins--;
    this.#advance();
  }

  delete(block: PlainBlock): void {
    const file = this.files.find(({ number }) => number === block.file);
    this.#forget(block);
    if (file !== undefined) this.#tidy(file);
    if (held(block)) this.#release(block.bytes);
    this.#advance();
  }

  written(number: number, size: number): void {
    const file = this.#file(number);
    this.#endWrite(file, "both");
    file.isWriting = false;
    file.size = size;
    this.#tidy(file);
    this.#advance();
  }

  writeFailed(number: number, now: number): void {
    const file = this.#file(number);
    this.#badUntil = now + this.settings.diskRetryMs;
    this.#endWrite(file, "memory");
    this.files = this.files.filter((other) => other !== file);
    this.#advance();
  }

  read(block: PlainBlock, number: number): void {
    const file = this.#endRead(block, number);
    if (!this.blocks.includes(block)) this.#release(block.bytes);
    else {
      block.at = "both";
      this.#use(block);
      if (file.isMoving) this.#forgetCopy(block);
    }
    this.#tidy(file);
    this.#advance();
  }

  readFailed(block: PlainBlock, number: number, isLost: boolean): void {
    const file = this.#endRead(block, number);
    if (isLost) this.#forget(block);
    else block.at = "disk";
    this.#release(block.bytes);
    this.#tidy(file);
    this.#advance();
  }

  measured(rss: number, now: number): void {
    if (now >= this.#badUntil) this.#badUntil = Number.NEGATIVE_INFINITY;
    this.gauge.measure(rss);
    this.#reclaim();
    this.#advance();
  }

  get isDiskBad(): boolean {
    return this.#badUntil > Number.NEGATIVE_INFINITY;
  }

  get room(): number {
    if (this.isDiskBad) return 0;
    const { diskBytesMax } = this.settings;
    const used = this.files.reduce(
      (all, file) => all + (file.isWriting ? file.bytes : file.size),
      0,
    );
    return diskBytesMax === false ? Number.POSITIVE_INFINITY : diskBytesMax - used;
  }

  /** Bytes being written that will be free to go. */
  get leaving(): number {
    const free = (block: PlainBlock): boolean =>
      block.at === "writing" && block.pins === 0 && block.used <= this.#file(block.file).started;
    return sum(this.blocks.filter(free));
  }

  get need(): number {
    return this.gauge.excessBytes(this.managed) - this.leaving;
  }

  #advance(): void {
    do this.#relieve();
    while (this.#startReads());
    const pressure = this.gauge.assess(this.managed);
    const isWriting = this.files.some((file) => file.isWriting);
    const now = `${pressure} ${pressure === "paused" && !isWriting}`;
    if (now !== this.#told) this.said.push(`tell ${now}`);
    this.#told = now;
  }

  #relieve(): void {
    if (this.need <= 0) return;
    const evicted: string[] = [];
    let highest = Number.NEGATIVE_INFINITY;
    for (let victim = this.#victim(); victim !== undefined; victim = this.#victim()) {
      const { need } = this;
      if (victim.at === "both") {
        if (need > 0) highest = victim.priority;
        else if (victim.priority > highest || need <= -this.settings.segmentBytes) break;
        victim.at = "disk";
        this.gauge.release(victim.bytes);
        evicted.push(victim.name);
      } else if (need <= 0 || !this.#write(victim, need)) break;
    }
    if (evicted.length > 0) this.said.push(`evict ${evicted.join()}`);
    this.#reclaim();
  }

  /** Everything that may leave memory, in the order in which it would. */
  #candidates(): PlainBlock[] {
    return this.blocks
      .filter((block) => (block.at === "memory" || block.at === "both") && block.pins === 0)
      .sort((a, b) => a.priority - b.priority || a.used - b.used);
  }

  #isSmall = (block: PlainBlock): boolean =>
    block.at === "memory" && block.bytes < this.settings.largeBytes;

  #victim(): PlainBlock | undefined {
    const { room } = this;
    const candidates = this.#candidates();
    const worthIt = this.settings.segmentBytes / 16;
    const isWorthIt =
      sum(candidates.filter(this.#isSmall)) >= worthIt && room >= this.settings.largeBytes;
    const heads = candidates.filter((block) => {
      if (block.at === "both") return true;
      if (this.#isSmall(block)) return isWorthIt;
      // Only the oldest large one of a priority is considered.
      const first = candidates.find(
        (other) =>
          other.at === "memory" && !this.#isSmall(other) && other.priority === block.priority,
      );
      return first === block && block.bytes <= room;
    });
    return heads[0];
  }

  #write(victim: PlainBlock, need: number): boolean {
    const { writesMax, writingBytesMax, segmentBytes, largeBytes, segmentBlocksMax } =
      this.settings;
    const writing = this.files.filter(({ isWriting }) => isWriting);
    const isLarge = victim.bytes >= largeBytes;
    const most = isLarge ? victim.bytes : segmentBytes;
    const busy = writing.reduce((all, { bytes }) => all + bytes, 0);
    if (writing.length >= writesMax) return false;
    if (writing.length > 0 && busy + most > writingBytesMax) return false;
    const blocks: PlainBlock[] = [];
    const small = isLarge ? [victim] : this.#candidates().filter(this.#isSmall);
    for (const block of small) {
      const before = blocks.at(-1);
      const isNext = before !== undefined && before.priority !== block.priority;
      if (block.priority < victim.priority) continue;
      if (isNext && sum(blocks) >= need && sum(blocks) >= segmentBytes / 16) break;
      const isFull = sum(blocks) + block.bytes > Math.min(segmentBytes, this.room);
      if (!isLarge && (blocks.length === segmentBlocksMax || isFull)) break;
      blocks.push(block);
    }
    const number = ++this.#lastFile;
    const started = this.#clock;
    const bytes = sum(blocks);
    const state = { isWriting: true, isMoving: false, reads: 0, size: 0 };
    this.files.push({ number, blocks, bytes, started, ...state });
    for (const block of blocks) [block.at, block.file] = ["writing", number];
    const names = blocks.map(({ name }) => name).join();
    this.said.push(`write ${number} ${names} ${sum(blocks)} ${isLarge}`);
    return true;
  }

  #startReads(): boolean {
    let isStarted = false;
    for (let block = this.awaited[0]; block !== undefined; block = this.awaited[0]) {
      const busy = sum(this.reading.map((read) => read.block));
      const isFull = busy + block.bytes > this.settings.readingBytesMax;
      if (this.reading.length > 0 && isFull) break;
      const isOver = this.managed + block.bytes > this.settings.memoryBytes;
      if (isOver && this.files.some(({ isWriting }) => isWriting)) break;
      this.awaited.shift();
      block.at = "reading";
      this.gauge.grow(block.bytes);
      const file = this.#file(block.file);
      file.reads++;
      this.reading.push({ block, file });
      this.said.push(`read ${file.number} ${block.name} ${block.bytes}`);
      isStarted = true;
    }
    return isStarted;
  }

  #await(block: PlainBlock): void {
    block.at = "awaited";
    this.awaited.push(block);
  }

  #endWrite(file: PlainFile, at: "both" | "memory"): void {
    const members = this.members(file);
    for (const block of members) {
      block.at = at;
      if (at === "memory") block.file = 0;
      // Whoever used it meanwhile wants it: it counts as used now.
      if (block.used > file.started && block.pins === 0) this.#use(block);
    }
  }

  #endRead(block: PlainBlock, number: number): PlainFile {
    const file = this.#file(number);
    const index = this.reading.findIndex((read) => read.block === block && read.file === file);
    this.reading.splice(index, 1);
    file.reads--;
    return file;
  }

  #forget(block: PlainBlock): void {
    this.blocks = this.blocks.filter((other) => other !== block);
    this.awaited = this.awaited.filter((other) => other !== block);
  }

  #forgetCopy(block: PlainBlock): void {
    block.at = "memory";
    block.file = 0;
    if (block.pins === 0) this.#use(block);
  }

  /** Removes the file when nobody wants it, and empties it when hardly anybody does. */
  #tidy(file: PlainFile): void {
    if (this.#retire(file)) return;
    const isMostlyDead = sum(this.members(file)) < file.bytes / 4;
    if (!isMostlyDead || file.isWriting || file.isMoving) return;
    if (this.dead <= this.settings.deadBytesMax || this.isDiskBad) return;
    if (this.gauge.pressure === "paused") return;
    file.isMoving = true;
    for (const block of this.members(file)) {
      if (block.at === "disk") this.#await(block);
      else if (block.at === "both") this.#forgetCopy(block);
    }
    this.#retire(file);
    this.#advance();
  }

  #retire(file: PlainFile): boolean {
    if (this.members(file).length > 0 || file.reads > 0 || file.isWriting) return false;
    this.files = this.files.filter((other) => other !== file);
    this.said.push(`remove ${file.number}`);
    return true;
  }

  #use(block: PlainBlock): void {
    block.used = ++this.#clock;
  }

  #file(number: number): PlainFile {
    const file = this.files.find((each) => each.number === number);
    if (file === undefined) throw new Error(`plain ledger: no file ${number}`);
    return file;
  }

  #release(bytes: number): void {
    this.gauge.release(bytes);
    this.#reclaim();
  }

  #reclaim(): void {
    if (this.gauge.takeReclaim()) this.said.push("reclaim");
  }
}

export function sum(blocks: readonly PlainBlock[]): number {
  return blocks.reduce((total, { bytes }) => total + bytes, 0);
}

/** What the ledger said, in the words of the plain one. */
export function plainly(
  instruction: LedgerInstruction,
  nameOf: (entry: number) => string,
): PlainInstruction {
  const names = (entries: readonly number[]): string => entries.map(nameOf).join();
  switch (instruction.kind) {
    case "write": {
      const { file, entries, bytes, isLarge } = instruction;
      return `write ${file} ${names(entries)} ${bytes} ${isLarge}`;
    }
    case "read":
      return `read ${instruction.file} ${nameOf(instruction.entry)} ${instruction.bytes}`;
    case "evict":
      return `evict ${names(instruction.entries)}`;
    case "remove":
      return `remove ${instruction.file}`;
    case "reclaim":
      return "reclaim";
    case "tell":
      return `tell ${instruction.pressure} ${instruction.isStuck}`;
  }
}
