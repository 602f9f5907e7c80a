import { endianness } from "node:os";

/**
 * The first byte of a header. Numbers in bulk are written in the order of bytes of the machine, so
 * the version of a big-endian machine is another one and nobody reads the other's bytes.
 */
export const FORMAT_VERSION: number = endianness() === "LE" ? 1 : 0x81;

/** The second byte of a header: facts that are known without reading the value. */
export const Flag = {
  /** Something is named a second time, so objects are numbered while they are read. */
  references: 1,
  /** The trailer has a table of memory that views stand on. */
  memory: 2,
  /** Functions are in the value, by number. */
  functions: 4,
  /** The trailer names modules to import before the value can be read. */
  modules: 8,
  /** The header is a table of pieces, each of which has a header of its own. */
  pieces: 16,
  /** The value is a `Cut`, or, without `pieces`, one piece of it. */
  cut: 32,
} as const;

/** Facts of a part of a block, such as a piece, that hold for the whole block. */
export const SHARED_FLAGS: number = Flag.functions | Flag.modules;

/** Bytes of a count, or of a place, in the table of a block in pieces. */
export const UINT32_BYTES = 4;

/** Bytes before the value: the version and the flags. */
export const PREFIX_BYTES = 2;

/**
 * The first byte of a value. Below `shortText` the byte itself is the number 0 to 127; from there
 * to `undefined` it is a text in Latin-1 of 0 to 31 characters.
 */
export const Tag = {
  shortText: 128,
  undefined: 160,
  null: 161,
  false: 162,
  true: 163,
  int8: 164,
  int16: 165,
  int32: 166,
  double: 167,
  bigint: 168,
  text: 169,
  registeredSymbol: 170,
  wellKnownSymbol: 171,
  reference: 172,
  later: 173,
  array: 174,
  sparseArray: 175,
  object: 176,
  bareObject: 177,
  map: 178,
  set: 179,
  date: 180,
  regexp: 181,
  boxed: 182,
  error: 183,
  domException: 184,
  buffer: 185,
  view: 186,
  fn: 187,
  codec: 188,
  adorned: 189,
  arrow: 190,
} as const;

/** How the items of an array, a column or a Map are written. */
export const Items = {
  /** One after the other, each with its own tag. */
  mixed: 0,
  uint8: 1,
  int16: 2,
  int32: 3,
  double: 4,
  /** `undefined`, `null`, `false` or `true`: a byte each, its tag. */
  constants: 5,
  /** Lengths, then the text of many strings at once. */
  texts: 6,
  /** Objects with the same keys: the shape once, then a column for each key. */
  records: 7,
  /** Arrays of the same length: a column for each place. */
  tuples: 8,
  /** Arrays of any length: the lengths, then all their items as one column. */
  lists: 9,
  /** A byte for each item says whether it is undefined, null or the next one of the rest. */
  optional: 10,
  /** Dates without properties: their times as a column. */
  dates: 11,
  /** Texts of few words that repeat: a number for each text, then the words. */
  words: 12,
} as const;

/** How the characters of a text are written. */
export const Text = { latin1: 0, utf8: 1, utf16: 2 } as const;

/** Whether an object takes new properties, and what can be done to the ones it has. */
export const Integrity = {
  extensible: 0,
  fixed: 1,
  sealed: 2,
  frozen: 3,
  /** Added to the others: the length of an array is read-only. */
  fixedLength: 4,
} as const;

/** What an object that is put off is made as before it is filled. */
export const Shell = { array: 0, object: 1, bareObject: 2, map: 3, set: 4 } as const;

/** What has to be imported before a block can be read. */
export const Need = { arrow: 0, codec: 1 } as const;

/** What a memory under views is. */
export const Memory = {
  /** The ArrayBuffer itself is in the value, not just views of it. */
  whole: 1,
  shared: 2,
  resizable: 4,
} as const;

/** Attributes of a property that is more than a plain assignment would make. */
export const Attribute = { enumerable: 1, writable: 2, configurable: 4, plain: 7 } as const;

/**
 * Bytes from which a typed array, an ArrayBuffer or a column of numbers is a buffer of the block
 * instead of a part of the header. Below it, the copy costs less than one more buffer.
 */
export const BUFFER_BYTES_MIN = 4_096;

/** Bytes from which a single text is a buffer of the block. */
export const TEXT_BUFFER_BYTES_MIN = 65_536;

/** Characters that are decoded at once; a string that is kept keeps its run in memory. */
export const RUN_CHARACTERS_MAX = 16_384;

/** Characters of a text that is written in a loop of our own and in one byte more. */
export const SHORT_TEXT_MAX = 31;

/** Items from which arrays look for a common shape; with fewer, the table costs more. */
export const TABLE_ROWS_MIN = 4;

/** Keys of an object from which it is no row of a table. */
export const TABLE_COLUMNS_MAX = 256;

/**
 * Tables in columns of tables, at most: every level makes objects of the same bytes, and what a
 * block can grow to has to stay within bounds.
 */
export const TABLE_NESTING_MAX = 8;

/**
 * Objects nested deeper than this are written behind the value and put in place by number, so
 * that a list of a million links needs no more stack than one of a hundred.
 */
export const NESTING_MAX = 100;

/** Errors in errors, codecs in codecs and types in types are never put off; this is their end. */
export const NESTING_END = 300;

/** Bytes of one header: a Buffer of Node 20 ends there. */
export const HEADER_BYTES_MAX: number = 2 ** 32 - 1;

/** How far an ArrayBuffer that arrives may grow: a number of a damaged block reserves no more. */
export const RESIZABLE_BYTES_MAX: number = 2 ** 34;

/** Symbols of the language, in an order that never changes: new ones are added at the end. */
export const WELL_KNOWN_SYMBOLS: readonly symbol[] = [
  Symbol.asyncIterator,
  Symbol.hasInstance,
  Symbol.isConcatSpreadable,
  Symbol.iterator,
  Symbol.match,
  Symbol.matchAll,
  Symbol.replace,
  Symbol.search,
  Symbol.species,
  Symbol.split,
  Symbol.toPrimitive,
  Symbol.toStringTag,
  Symbol.unscopables,
  Symbol.dispose,
  Symbol.asyncDispose,
];
