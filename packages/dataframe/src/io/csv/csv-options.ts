import { parseBytes } from "@millrace/graph";
import type { Compression } from "@millrace/storage";
import { compressionOf } from "@millrace/storage";
import type { Schema } from "../../dtype.ts";
import { checkDType } from "../../dtype.ts";
import { dtypeText } from "../../dtype-traits.ts";
import { invalidArgument } from "../../errors.ts";
import type { DictionaryMode } from "./column-reader.ts";
import type { CsvSettings } from "./csv-settings.ts";
import { checkCount, checkNames, checkOneOf } from "../check-options.ts";
import type { BadRows, TextEncoding } from "../text-format.ts";

/**
 * How CSV files become a frame.
 *
 * A field without quotes that is empty is null, `""` is the empty text; in columns that are no
 * text both are null. Empty lines are left out, but in a file of one column, where they are null.
 * A quote has its meaning at the beginning of a field alone; inside of it, it is text.
 */
export interface ReadCsvOptions {
  /** Dtypes of columns, all or some; the others are inferred from a sample. */
  readonly schema?: Schema;
  /** Names of the columns of files that have no header; default `column_1`, `column_2` … */
  readonly columns?: readonly string[];
  /** Whether the first row holds names; default true. The order of columns may differ. */
  readonly header?: boolean;
  /** One ASCII character, default ","; "infer" takes that of `,`, `;`, tab and `|` that fits. */
  readonly delimiter?: string;
  /** Default `"`; null: quotes are text, and no field holds a line end. */
  readonly quote?: string | null;
  /** What comes before a quote inside of quotes; default the quote itself. */
  readonly escape?: string;
  /** Lines that begin with it are left out; default none. */
  readonly comment?: string;
  /** Fields that are null where they are not quoted; default `[""]`. */
  readonly nullValues?: readonly string[];
  /**
   * Bytes of a partition, or a text such as "64MB"; only uncompressed local files of UTF-8 are
   * cut. By default such that each thread gets some, and 32 MB at most.
   */
  readonly blockSize?: number | string;
  /** Whole files in a partition, this many, instead of blocks of files. */
  readonly filesPerPartition?: number;
  /** Default "infer": by the ending of the name. */
  readonly compression?: Compression;
  /** Default "utf8"; files of other encodings are not cut. */
  readonly encoding?: TextEncoding;
  /** Lines before the header that are left out; default 0. */
  readonly skipRows?: number;
  /**
   * What happens with a row of too few or too many fields, text behind a closing quote, or a value
   * that its column cannot have. "error", the default, says the file and line; columns that are
   * not used are not looked at. "skip" leaves the row out, and has to look at all columns. "null"
   * makes bad and missing fields null and drops those that are too many.
   */
  readonly badRows?: BadRows;
  /** Rows that dtypes are inferred from, at most; default 4,096. */
  readonly sampleRows?: number;
  /** Bytes that dtypes are inferred from, at most; default 1 MB. */
  readonly sampleBytes?: number | string;
  /** Whether spaces and tabs around a field are left out; default false. */
  readonly trim?: boolean;
  /** What stands before the digits of a fraction; default ".". */
  readonly decimal?: "." | ",";
  /** The name of a column to be added that holds the path of the file. */
  readonly includePath?: string;
  /** Whether texts are stored once each; default "auto": where there are few different ones. */
  readonly dictionary?: DictionaryMode;
}

const names: readonly (keyof ReadCsvOptions)[] = [
  "schema",
  "columns",
  "header",
  "delimiter",
  "quote",
  "escape",
  "comment",
  "nullValues",
  "blockSize",
  "filesPerPartition",
  "compression",
  "encoding",
  "skipRows",
  "badRows",
  "sampleRows",
  "sampleBytes",
  "trim",
  "decimal",
  "includePath",
  "dictionary",
];

/** Settings without what the files decide. */
export type CsvDraft = Omit<CsvSettings, "fields" | "inferred">;

/** How much of files is looked at to infer dtypes. */
export interface SampleSize {
  readonly rows: number;
  readonly bytes: number;
}

/** Checks all options; those about files and columns are left to who knows them. */
export function csvDraft(api: string, options: ReadCsvOptions): CsvDraft {
  checkNames(api, options, names);
  const { compression = "infer", encoding = "utf8", includePath, decimal = "." } = options;
  compressionOf("", compression);
  const oneOf = <T>(name: string, value: T, wanted: readonly T[]): T =>
    checkOneOf(api, name, value, wanted);
  const { quote = '"', comment, trim = false, header = true, skipRows = 0 } = options;
  const { badRows = "error", dictionary = "auto", nullValues = [""] } = options;
  if (!Array.isArray(nullValues) || !nullValues.every((text) => typeof text === "string")) {
    throw invalidArgument(api, "bad nullValues", nullValues, "an array of texts");
  }
  if (includePath !== undefined && (typeof includePath !== "string" || includePath === "")) {
    throw invalidArgument(api, "bad includePath", includePath, "the name of a column");
  }
  const quoteByte = quote === null ? -1 : byteOf(api, "quote", quote);
  const { delimiter = ",", escape } = options;
  const dialect = {
    delimiter: delimiter === "infer" ? -1 : byteOf(api, "delimiter", delimiter),
    quote: quoteByte,
    escape: escape === undefined || quote === null ? quoteByte : byteOf(api, "escape", escape),
    comment: comment === undefined ? -1 : byteOf(api, "comment", comment),
    trim: oneOf("trim", trim, [true, false]),
  };
  checkDistinct(api, dialect);
  return {
    dialect,
    header: oneOf("header", header, [true, false]),
    skipRows: checkCount(api, "skipRows", skipRows, 0),
    nullValues,
    point: oneOf("decimal", decimal, [".", ","]).charCodeAt(0),
    badRows: oneOf("badRows", badRows, ["error", "skip", "null"]),
    compression,
    encoding: oneOf("encoding", encoding, ["utf8", "utf16le", "latin1"]),
    includePath,
    dictionary: oneOf<DictionaryMode>("dictionary", dictionary, ["auto", true, false]),
    window: WINDOW_BYTES,
  };
}

/** More than nearly any row has, so that there is a quote, if there are quotes, or a line. */
const WINDOW_BYTES = 1 << 16;

/** Checks how much is looked at. */
export function sampleSize(api: string, options: ReadCsvOptions): SampleSize {
  const { sampleRows = 4_096, sampleBytes = "1MB" } = options;
  const bytes = Math.floor(parseBytes(sampleBytes));
  if (!(bytes >= 1)) throw invalidArgument(api, "bad sampleBytes", sampleBytes, "1 byte or more");
  return { rows: checkCount(api, "sampleRows", sampleRows, 1), bytes };
}

/** Checks a schema; dtypes without a form in CSV are refused. */
export function checkSchema(api: string, schema: unknown): Schema {
  if (schema === undefined) return {};
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw invalidArgument(api, "bad schema", schema, "an object of dtypes, such as { id: int64 }");
  }
  const checked = Object.entries(schema).map(([name, given]) => {
    const dtype = checkDType(api, given);
    if (dtype.kind !== "list" && dtype.kind !== "struct") return [name, dtype] as const;
    const what = `column ${JSON.stringify(name)} of a dtype that CSV cannot hold`;
    throw invalidArgument(api, what, dtypeText(dtype), "numbers, text, bool, dates or decimals");
  });
  return Object.fromEntries(checked);
}

function byteOf(api: string, name: string, text: unknown): number {
  const byte = typeof text === "string" && text.length === 1 ? text.charCodeAt(0) : -1;
  if (byte >= 0 && byte < 128 && byte !== 10 && byte !== 13) return byte;
  throw invalidArgument(api, `bad ${name}`, text, "one ASCII character that ends no line");
}

/** Bytes with two meanings would have the first of them in silence. */
function checkDistinct(api: string, dialect: CsvDraft["dialect"]): void {
  const { delimiter, quote, escape, comment, trim } = dialect;
  const used = [delimiter, quote, comment, ...(escape === quote ? [] : [escape])];
  const known = [...used, ...(trim ? [32, 9] : [])].filter((byte) => byte >= 0);
  const twice = known.find((byte, i) => known.indexOf(byte) !== i);
  if (twice === undefined) return;
  const what = "one character with two meanings";
  const wanted = "delimiter, quote, escape and comment that differ, and no blanks with trim";
  throw invalidArgument(api, what, String.fromCharCode(twice), wanted);
}
