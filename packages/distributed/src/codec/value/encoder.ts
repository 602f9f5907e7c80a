import { types } from "node:util";
import type { AnyFunction } from "@millrace/closure/tasks";
import { SerializationError, invalidArgument } from "../../errors.ts";
import { writeArrow } from "../arrow/arrow-writer.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { writeCodecValue } from "./codec-value.ts";
import {
  FORMAT_VERSION,
  Flag,
  NESTING_END,
  NESTING_MAX,
  Shell,
  TABLE_NESTING_MAX,
  Tag,
} from "./format.ts";
import { Identity } from "./identity.ts";
import { writeItems } from "./items.ts";
import { MemoryWriter } from "./memory-writer.ts";
import { writeNative } from "./natives.ts";
import { writeNumber } from "./numbers.ts";
import { writeArray, writeObject } from "./object.ts";
import { keyPath, pathTo } from "./path-to.ts";
import { describeValue, remedyFor } from "./refusal.ts";
import { writeBigInt, writeSymbol } from "./scalars.ts";
import { ShapeWriter } from "./shape-writer.ts";
import { writeText } from "./text.ts";

/** How a value is written. */
export interface EncodeOptions {
  /**
   * Gives the number that stands for a function, for whoever knows where it is found on the other
   * side; undefined refuses it. Without this option every function is refused.
   */
  readonly functions?: { refOf(fn: AnyFunction): number | undefined };
  /** Whether columns are written into memory that threads share, which saves a copy later. */
  readonly shared?: boolean;
}

/** A codec at work: the value that it was asked for, and what it gave. */
export interface OpenCodec {
  readonly value: object;
  readonly name: string;
  payload: unknown;
}

/** What something is needed for, and from where. */
interface NeededBy {
  readonly kind: number;
  readonly module: string;
}

/**
 * Writes one value. Everything that is known about it while it is written is here; the files beside
 * this one know how each kind of value is written and come back for what is inside.
 */
export class Encoder {
  readonly out: ByteWriter;
  readonly buffers: Uint8Array[] = [];
  readonly identity: Identity = new Identity();
  readonly shapes: ShapeWriter = new ShapeWriter();
  /** Objects around the one that is written. */
  depth = 0;
  /** Tables around the column that is written. */
  tables = 0;
  /** Values around this one of which nothing may be put off. */
  atOnce = 0;
  /** Codecs whose payload is being written, the innermost last. */
  readonly codecs: OpenCodec[] = [];
  private flags = 0;
  private regions: MemoryWriter | undefined;
  /** Modules to import before the block can be read, by the name of what they are for. */
  private needs: Map<string, NeededBy> | undefined;
  /** Objects that were named but not written, because they are too deep. */
  private later: object[] = [];
  private readonly root: unknown;
  private readonly rootPath: string;
  private readonly options: EncodeOptions;

  constructor(out: ByteWriter, root: unknown, options: EncodeOptions, rootPath = "$") {
    this.out = out;
    this.root = root;
    this.options = options;
    this.rootPath = rootPath;
  }

  /** Writes the whole value with what its reader has to know first and last. */
  run(): void {
    const { out } = this;
    const start = out.length;
    out.byte(FORMAT_VERSION);
    out.byte(0);
    this.value(this.root);
    this.finishLater();
    if (this.regions !== undefined) this.flags |= Flag.memory;
    if (this.needs !== undefined) this.flags |= Flag.modules;
    if ((this.flags & (Flag.memory | Flag.modules)) !== 0) this.writeTrailer(start);
    out.bytes[start + 1] = this.flags;
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "number":
        return writeNumber(this.out, value);
      case "string":
        return writeText(this, value);
      case "boolean":
        return this.out.byte(value ? Tag.true : Tag.false);
      case "undefined":
        return this.out.byte(Tag.undefined);
      case "object":
        return value === null ? this.out.byte(Tag.null) : this.object(value);
      case "bigint":
        return writeBigInt(this, value);
      case "symbol":
        return writeSymbol(this, value);
      case "function":
        return this.fn(value as AnyFunction);
    }
  }

  /** An object, or its number where it was met before. */
  object(value: object): void {
    const known = this.identity.find(value);
    if (known !== undefined) return this.reference(value, known);
    if (types.isProxy(value)) this.refuse(value);
    this.identity.add(value);
    if (this.depth >= NESTING_MAX && this.isPutOff(value)) return;
    if (this.depth >= NESTING_END) this.refuseDepth(value);
    this.write(value);
  }

  /** The memory under views; asked for by the first of them. */
  get memory(): MemoryWriter {
    this.regions ??= new MemoryWriter();
    return this.regions;
  }

  /** Has the reader import something first. */
  need(name: string, by: NeededBy): void {
    this.needs ??= new Map();
    this.needs.set(name, by);
  }

  /** Items that are known to be nothing but items. */
  items(items: readonly unknown[]): void {
    writeItems(this, items);
  }

  /** Whether a table may be written here, or items have to stand one by one. */
  hasRoomForTable(): boolean {
    return this.tables < TABLE_NESTING_MAX && this.depth < NESTING_MAX;
  }

  /** Memory for a column, to be filled and given to {@link addBuffer}. */
  allocate(bytes: number): Uint8Array {
    return new Uint8Array(
      this.options.shared === true ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes),
    );
  }

  /** Makes bytes a buffer of the block and gives its number. */
  addBuffer(bytes: Uint8Array): number {
    return this.buffers.push(bytes) - 1;
  }

  /** Writes a payload so that nothing of it is put off beyond its end. */
  complete(payload: unknown): void {
    const outer = this.later;
    this.later = [];
    this.value(payload);
    this.finishLater();
    this.later = outer;
  }

  refuse(culprit: unknown): never {
    throw new SerializationError(this.pathTo(culprit), describeValue(culprit), remedyFor(culprit));
  }

  /** Refuses what cannot be said of the culprit by looking at it. */
  refuseBecause(culprit: unknown, found: string, remedy: string, cause?: unknown): never {
    throw new SerializationError(
      this.pathTo(culprit),
      found,
      remedy,
      cause === undefined ? undefined : { cause },
    );
  }

  /** Refuses a property that is computed, since reading it would lose what it is. */
  refuseAccessor(owner: object, key: PropertyKey): never {
    throw new SerializationError(
      this.pathTo(owner) + keyPath(key),
      "a property with a getter or setter",
      "Copy the object with { ...object } to keep what the getter returns.",
    );
  }

  private write(value: object): void {
    this.depth += 1;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (Array.isArray(value)) {
      if (prototype === Array.prototype) writeArray(this, value);
      else this.instance(value, prototype);
    } else if (prototype === Object.prototype) writeObject(this, value, Tag.object);
    else if (prototype === null) writeObject(this, value, Tag.bareObject);
    else this.instance(value, prototype);
    this.depth -= 1;
  }

  private instance(value: object, prototype: unknown): void {
    const isWritten =
      (prototype !== null && writeNative(this, value, prototype as object)) ||
      writeCodecValue(this, value) ||
      writeArrow(this, value);
    if (!isWritten) this.refuse(value);
  }

  private reference(value: object, known: number): void {
    const cyclic = this.codecs.find((open) => open.value === value);
    if (cyclic !== undefined) {
      this.refuseBecause(
        value,
        `a value whose codec ${JSON.stringify(cyclic.name)} encodes it with itself inside`,
        "Break the cycle in the encode function of the codec.",
      );
    }
    this.flags |= Flag.references;
    this.out.byte(Tag.reference);
    this.out.natural(known);
  }

  private fn(fn: AnyFunction): void {
    const { functions } = this.options;
    const ref = functions?.refOf(fn);
    if (ref === undefined) this.refuse(fn);
    if (!Number.isSafeInteger(ref) || ref < 0) {
      throw invalidArgument(
        "encode",
        "refOf gave no number for a function",
        String(ref),
        "a whole number from 0, or undefined",
        "Give undefined for a function that is not known.",
      );
    }
    this.flags |= Flag.functions;
    this.out.byte(Tag.fn);
    this.out.natural(ref);
  }

  /** Names an object that is too deep, to be written when the stack is short again. */
  private isPutOff(value: object): boolean {
    const shell = this.atOnce > 0 ? undefined : shellOf(value);
    if (shell === undefined) return false;
    this.flags |= Flag.references;
    this.out.byte(Tag.later);
    this.out.byte(shell);
    this.later.push(value);
    return true;
  }

  private finishLater(): void {
    const { depth, tables, later } = this;
    this.tables = 0;
    // What is put off meanwhile joins the end of the list.
    for (const value of later) {
      this.depth = depth;
      this.write(value);
    }
    this.depth = depth;
    this.tables = tables;
  }

  private writeTrailer(start: number): void {
    const { out, regions, needs } = this;
    const trailer = out.length - start;
    regions?.finish(this);
    if (needs !== undefined) {
      out.natural(needs.size);
      for (const [name, { kind, module }] of needs) {
        out.byte(kind);
        writeText(this, name);
        writeText(this, module);
      }
    }
    out.uint32(trailer);
  }

  private refuseDepth(value: object): never {
    this.refuseBecause(
      value,
      `${describeValue(value)}, nested more than ${NESTING_END} deep`,
      "Keep the values in an array instead of one inside the other.",
    );
  }

  /** The way to a culprit, through the payloads of the codecs that are at work. */
  private pathTo(culprit: unknown): string {
    let path = this.rootPath;
    let from = this.root;
    for (const { value, name, payload } of this.codecs) {
      path += `${pathTo(from, value)}<${name}>`;
      from = payload;
    }
    return path + pathTo(from, culprit);
  }
}

/** What to make of an object before it is filled; undefined for what is made all at once. */
function shellOf(value: object): number | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return prototype === Array.prototype ? Shell.array : undefined;
  if (prototype === Object.prototype) return Shell.object;
  if (prototype === null) return Shell.bareObject;
  if (types.isMap(value) && prototype === Map.prototype) return Shell.map;
  return types.isSet(value) && prototype === Set.prototype ? Shell.set : undefined;
}
