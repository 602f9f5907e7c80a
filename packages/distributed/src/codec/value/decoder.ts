import { DistributedError, invalidArgument } from "../../errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { readAdorned } from "./adorned.ts";
import { readArrow } from "../arrow/arrow-reader.ts";
import { readCodecValue } from "./codec-value.ts";
import { corrupt } from "./corrupt.ts";
import { readDomException, readError } from "./error-object.ts";
import {
  FORMAT_VERSION,
  Flag,
  NESTING_END,
  NESTING_MAX,
  PREFIX_BYTES,
  Shell,
  Tag,
} from "./format.ts";
import { readArray, readColumn } from "./items.ts";
import { MemoryReader } from "./memory-reader.ts";
import { readBoxed, readBuffer, readDate, readMap, readRegExp, readSet } from "./natives.ts";
import { type NeededModule, readNeeds } from "./needs.ts";
import { readObject, readSparseArray } from "./object.ts";
import {
  isScalarTag,
  readBigInt,
  readRegisteredSymbol,
  readScalar,
  readWellKnownSymbol,
} from "./scalars.ts";
import { ShapeReader } from "./shape.ts";
import { readText } from "./text.ts";
import { readView } from "./view.ts";

/** How a value is read. */
export interface DecodeOptions {
  /** Gives the function that a number stands for; a block with functions needs it. */
  readonly functions?: { functionAt(ref: number): unknown };
  /** Nothing of the value is a view of the block: it may be written to. */
  readonly copies?: boolean;
  /**
   * Only numbers, texts, bigints, constants and arrays of these are taken, each in one place:
   * nothing that a codec makes, no class, no symbol, no circle. For bytes of strangers.
   */
  readonly isPlain?: boolean;
}

/** Levels that a reader goes down: what an encoder may nest, adorned or in a table at each step. */
const LEVELS_MAX = 2 * (NESTING_END + NESTING_MAX);

/** Flags that a header of this version may have. */
const KNOWN_FLAGS = Flag.references | Flag.memory | Flag.functions | Flag.modules;

/**
 * Reads one value, the mirror of `Encoder`. Bytes are believed in nothing: every length is checked
 * against what is left before anything is made of it, and what is damaged is an error.
 */
export class Decoder {
  readonly input: ByteReader;
  /** Whether objects are numbered, because something names one of them again. */
  numbering = false;
  /** Tables around the column that is read. */
  tables = 0;
  /** Values around this one of which nothing may be put off. */
  atOnce = 0;
  private readonly start: number;
  private readonly buffers: readonly Uint8Array[];
  private readonly options: DecodeOptions;
  private readonly objects: (object | undefined)[] = [];
  private taken: Set<number> | undefined;
  private depth = 0;
  /** Values that are still to come in the arrays around this place. */
  private promised = 0;
  private modules: readonly NeededModule[] = [];
  private regions: MemoryReader | undefined;
  private known: ShapeReader | undefined;
  /** Objects that were named and are still empty. */
  private later: object[] = [];
  /** The empty object that the next value fills. */
  private pending: object | undefined;

  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    buffers: readonly Uint8Array[],
    options: DecodeOptions,
  ) {
    this.input = new ByteReader(bytes, start, end);
    this.start = start;
    this.buffers = buffers;
    this.options = options;
  }

  /** The value; throws `distributed/corrupt-block` for bytes that hold none. */
  run(): unknown {
    const { input } = this;
    if (input.byte() !== FORMAT_VERSION) throw corrupt("it has another version");
    const flags = input.byte();
    if ((flags & ~KNOWN_FLAGS) !== 0) throw corrupt("it says things that nobody knows");
    if (this.isPlain && flags !== 0) throw corrupt("it is more than plain");
    this.numbering = (flags & Flag.references) !== 0;
    if ((flags & (Flag.memory | Flag.modules)) !== 0) this.readTrailer(flags);
    const value = this.value();
    this.finishLater();
    if (input.at !== input.end) throw corrupt("there are bytes after the end");
    const taken = this.taken?.size ?? 0;
    if (taken !== this.buffers.length) throw corrupt("there are buffers too many");
    return value;
  }

  /** What has to be imported before the value can be read; none of it is. */
  needs(): readonly NeededModule[] {
    const { input } = this;
    input.at += PREFIX_BYTES;
    this.readTrailer(input.bytes[this.start + 1] ?? 0);
    return this.modules;
  }

  value(): unknown {
    const { input } = this;
    const tag = input.byte();
    if (isScalarTag(tag)) return readScalar(input, tag);
    if (this.isPlain && !isPlainTag(tag)) throw corrupt("a part is more than plain");
    switch (tag) {
      case Tag.text:
        return readText(this);
      case Tag.bigint:
        return readBigInt(this);
      case Tag.registeredSymbol:
        return readRegisteredSymbol(this);
      case Tag.wellKnownSymbol:
        return readWellKnownSymbol(this);
      case Tag.reference:
        return this.reference();
      case Tag.later:
        return this.putOff();
      case Tag.fn:
        return this.fn();
      default:
        return this.object(tag);
    }
  }

  /** The items of a column; numbers may be a view of the block. */
  column(): ArrayLike<unknown> {
    return readColumn(this);
  }

  /** Takes a new object as the one that is read now, or gives the empty one that waits for it. */
  open<T extends object>(fresh: T): T {
    const { pending } = this;
    if (pending === undefined) return this.number(fresh);
    const isAlike =
      Array.isArray(pending) === Array.isArray(fresh) &&
      Object.getPrototypeOf(pending) === Object.getPrototypeOf(fresh);
    if (!isAlike) throw corrupt("an object is of two kinds");
    this.pending = undefined;
    return pending as T;
  }

  /** Gives an object the next number. */
  number<T extends object>(value: T): T {
    if (this.numbering) this.objects.push(value);
    return value;
  }

  /** Takes the next number for an object that is made when all of it has been read. */
  reserve(): number {
    return this.objects.push(undefined) - 1;
  }

  settle(number: number, value: object): void {
    this.objects[number] = value;
  }

  /** Reads a payload together with all that was put off in it. */
  complete(): unknown {
    const outer = this.later;
    this.later = [];
    const payload = this.value();
    this.finishLater();
    this.later = outer;
    return payload;
  }

  /** Whether memory is copied out of the block. */
  get copies(): boolean {
    return this.options.copies === true;
  }

  /** Whether only what is plain is taken. */
  get isPlain(): boolean {
    return this.options.isPlain === true;
  }

  /** A buffer of the block; each belongs to one reader. */
  buffer(number: number): Uint8Array {
    const buffer = this.buffers[number];
    this.taken ??= new Set();
    if (buffer === undefined || this.taken.has(number)) throw corrupt("a buffer is missing");
    this.taken.add(number);
    return buffer;
  }

  /**
   * Promises so many values, a byte or more each, beside those that others around them promised:
   * arrays in arrays that all claim what is left would get room for it at every level.
   */
  promise(count: number): void {
    this.promised += count;
    this.input.need(this.promised);
  }

  /** One of the promised values comes now. */
  keepPromise(): void {
    this.promised -= 1;
  }

  /** A number of rows, each of which takes a byte or more of the header or of a buffer. */
  atMost(rows: number): number {
    let bytes = this.input.end - this.input.at;
    for (const buffer of this.buffers) bytes += buffer.byteLength;
    if (rows > bytes) throw corrupt("a table is longer than its bytes");
    return rows;
  }

  get memory(): MemoryReader {
    if (this.regions === undefined) throw corrupt("there is no table of memory");
    return this.regions;
  }

  get shapes(): ShapeReader {
    this.known ??= new ShapeReader();
    return this.known;
  }

  /** Goes one level down; more levels than any encoder writes are an attack on the stack. */
  enter(): void {
    this.depth += 1;
    if (this.depth > LEVELS_MAX) throw corrupt("it is nested too deep");
  }

  leave(): void {
    this.depth -= 1;
  }

  /** Whether a codec names a module that was to be imported. */
  isNeeded(codec: string): boolean {
    return this.modules.some(({ name }) => name === codec);
  }

  private object(tag: number): unknown {
    this.enter();
    const value = this.read(tag);
    this.leave();
    return value;
  }

  private read(tag: number): unknown {
    switch (tag) {
      case Tag.array:
        return readArray(this);
      case Tag.object:
      case Tag.bareObject:
        return readObject(this, tag === Tag.bareObject);
      case Tag.sparseArray:
        return readSparseArray(this);
      case Tag.map:
        return readMap(this);
      case Tag.set:
        return readSet(this);
      case Tag.date:
        return readDate(this);
      case Tag.regexp:
        return readRegExp(this);
      case Tag.boxed:
        return readBoxed(this);
      case Tag.error:
        return readError(this);
      case Tag.domException:
        return readDomException(this);
      case Tag.buffer:
        return readBuffer(this);
      case Tag.view:
        return this.open(readView(this));
      case Tag.codec:
        return readCodecValue(this);
      case Tag.adorned:
        return readAdorned(this);
      case Tag.arrow:
        return readArrow(this);
      default:
        throw corrupt(`there is no tag ${tag}`);
    }
  }

  private reference(): object {
    const value = this.objects[this.input.natural()];
    if (value === undefined) throw corrupt("an object is named before it is given");
    return value;
  }

  private fn(): unknown {
    const { functions } = this.options;
    const ref = this.input.natural();
    if (functions === undefined) {
      throw invalidArgument(
        "decode",
        "a block has functions in it",
        "no option functions",
        "one",
        "Pass { functions: { functionAt } } to whoever decodes blocks of programs.",
      );
    }
    try {
      return functions.functionAt(ref);
    } catch (cause) {
      const message = `decode: the option functions has no function ${ref}. See \`cause\`.`;
      throw new DistributedError("distributed/invalid-argument", message, { cause });
    }
  }

  private putOff(): object {
    if (this.atOnce > 0) throw corrupt("a part is put off that is needed at once");
    const shell = this.number(shellOf(this.input.byte()));
    this.later.push(shell);
    return shell;
  }

  private finishLater(): void {
    // What is put off meanwhile joins the end of the list.
    for (const shell of this.later) {
      this.pending = shell;
      this.value();
      if (this.pending !== undefined) throw corrupt("an object stays empty");
    }
  }

  private readTrailer(flags: number): void {
    const { input, start } = this;
    const { at, end } = input;
    input.at = Math.max(at, end - 4);
    const trailer = start + input.uint32();
    if (trailer < at || trailer > end - 4) throw corrupt("the trailer is out of place");
    input.at = trailer;
    input.end = end - 4;
    if ((flags & Flag.memory) !== 0) this.regions = new MemoryReader(this);
    if ((flags & Flag.modules) !== 0) this.modules = readNeeds(this);
    if (input.at !== input.end) throw corrupt("there are bytes after the trailer");
    input.at = at;
    input.end = trailer;
  }
}

function isPlainTag(tag: number): boolean {
  return tag === Tag.text || tag === Tag.bigint || tag === Tag.array;
}

function shellOf(kind: number): object {
  switch (kind) {
    case Shell.array:
      return [];
    case Shell.object:
      return {};
    case Shell.bareObject:
      return Object.create(null) as object;
    case Shell.map:
      return new Map();
    case Shell.set:
      return new Set();
    default:
      throw corrupt(`there is no kind of object ${kind}`);
  }
}
