import { declareExports } from "@millrace/closure/tasks";
import { encodeKeptTexts } from "../arrow/encode-texts.ts";
import type { Block, Column } from "../column.ts";
import { makeArray, makeBlock, makeColumn } from "../column.ts";
import { mergeTexts } from "../kernels/merge-texts.ts";
import { sameTexts } from "../kernels/same-texts.ts";

/** A partition as it is kept: texts that repeat are stored once. */
export function keepBlock(block: Block): Block {
  return makeBlock(block.rows, block.names, block.columns.map(encodeKeptTexts));
}

/** What is known of the dictionaries of a column in some partitions. */
interface Shared {
  /** All of their texts; undefined where one has none or they have too little in common. */
  readonly texts: Column | undefined;
  /** How many texts the largest of them has. */
  readonly largest: number;
}

/** Of each column what its dictionary has; of a partition without rows nothing is known. */
type Dictionaries = readonly Shared[] | undefined;

/** The dictionaries of the columns of a partition. */
export function dictionariesOf({ rows, columns }: Block): Dictionaries {
  if (rows === 0) return undefined;
  return columns.map(({ dictionary }) => ({ texts: dictionary, largest: dictionary?.length ?? 0 }));
}

/** The texts of all partitions, for those columns where most partitions have most of them. */
export function mergeDictionaries(parts: readonly Dictionaries[]): Dictionaries {
  const known = parts.filter((part) => part !== undefined);
  return known[0]?.map((_, n) => mergeShared(known.map((part) => part[n] as Shared)));
}

/** A dictionary of so many texts costs nothing, whether partitions have them or not. */
const FREE_TEXTS = 1_024;

function mergeShared(parts: readonly Shared[]): Shared {
  const largest = parts.reduce((most, part) => Math.max(most, part.largest), 0);
  const columns = parts.map(({ texts }) => texts).filter((texts) => texts !== undefined);
  if (columns.length < parts.length) return { texts: undefined, largest };
  const [first] = columns;
  if (first !== undefined && columns.every((texts) => sameTexts(texts, first))) {
    return { texts: first, largest };
  }
  const texts = mergeTexts(columns, Math.max(FREE_TEXTS, 2 * largest))?.texts;
  return { texts, largest };
}

/** A partition whose encoded columns have the dictionary of all partitions. */
export function shareDictionaries(block: Block, _partition: number, all: Dictionaries): Block {
  if (all === undefined) return block;
  const columns = block.columns.map((column, n) => withDictionary(column, all[n]?.texts));
  return makeBlock(block.rows, block.names, columns);
}

function withDictionary(column: Column, texts: Column | undefined): Column {
  const { dtype, length, valid, dictionary } = column;
  if (texts === undefined || dictionary === undefined || dictionary === texts) return column;
  const [, newCodes = new Int32Array(0)] = mergeTexts([texts, dictionary]).codes;
  const codes = column.values as Int32Array;
  if (newCodes.every((code, i) => code === i)) {
    return makeColumn(dtype, length, { values: codes, valid, dictionary: texts });
  }
  const values = makeArray(Int32Array, length);
  // The code of a row that is null stays one that there is.
  for (let i = 0; i < length; i++) values[i] = newCodes[codes[i] as number] as number;
  return makeColumn(dtype, length, { values, valid, dictionary: texts });
}

declareExports(
  import.meta.url,
  { keepBlock, dictionariesOf, mergeDictionaries, shareDictionaries },
  { package: "@millrace/dataframe" },
);
