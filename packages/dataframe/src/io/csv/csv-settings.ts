import type { Field } from "../../dtype.ts";
import type { DictionaryMode } from "./column-reader.ts";
import type { Dialect } from "./dialect.ts";
import type { FileVersion } from "../file-version.ts";
import type { BadRows, TextFormat } from "../text-format.ts";

/** All that readers of a CSV source have in common. Plain data: it travels to tasks. */
export interface CsvSettings extends TextFormat {
  readonly dialect: Dialect;
  readonly header: boolean;
  readonly skipRows: number;
  /** Columns of the first file, in its order. */
  readonly fields: readonly Field[];
  /** Columns whose dtype was found in a sample. */
  readonly inferred: readonly string[];
  readonly nullValues: readonly string[];
  /** What stands before the digits of a fraction, as a byte. */
  readonly point: number;
  readonly badRows: BadRows;
  /** Name of the column that holds the path of the file. */
  readonly includePath: string | undefined;
  readonly dictionary: DictionaryMode;
  /** Bytes before and after a cut that are looked at to find a row. */
  readonly window: number;
}

/** A file, or a block of it, that a partition reads. Plain data. */
export interface CsvFile extends FileVersion {
  /** The bytes in which rows of the partition begin; undefined: the whole file, as a stream. */
  readonly block: CsvBlock | undefined;
}

/** A range of a file that is not compressed. */
export interface CsvBlock {
  readonly start: number;
  readonly end: number;
  readonly size: number;
  /** Where rows begin, behind the header, and the names in the header; undefined: to be read. */
  readonly head?: CsvHead;
}

/** What stands before the rows of a file. */
export interface CsvHead {
  readonly dataStart: number;
  /** Undefined when files have no header. */
  readonly names: readonly string[] | undefined;
}

/** What one partition reads. Plain data. */
export interface CsvPart {
  readonly files: readonly CsvFile[];
}
