import type { Compression } from "@millrace/storage";
import { compressionOf } from "@millrace/storage";
import type { Field } from "../../dtype.ts";
import { dtypeText } from "../../dtype-traits.ts";
import { fault, invalidArgument } from "../../errors.ts";
import { checkOneOf } from "../check-options.ts";

/** How a frame becomes CSV files. Null is an empty field and the empty text `""`, by default. */
export interface WriteCsvOptions {
  /** One ASCII character; default ",". */
  readonly delimiter?: string;
  /** Whether each file begins with the names of the columns; default true. */
  readonly header?: boolean;
  /** Which texts stand in quotes; default "needed": those that would be read as something else. */
  readonly quote?: "needed" | "always";
  /** What null is written as; default nothing. */
  readonly nullValue?: string;
  /** Default `\n`. */
  readonly lineEnd?: "\n" | "\r\n";
  /** Default "infer": by the ending of the name. */
  readonly compression?: Compression;
}

/** Options with defaults. Plain data. */
export type WriteCsvSettings = Required<WriteCsvOptions>;

/** Names of the options, for whoever has further ones. */
export const writeCsvNames: readonly (keyof WriteCsvOptions)[] = [
  "delimiter",
  "header",
  "quote",
  "nullValue",
  "lineEnd",
  "compression",
];

/** Checks options and the dtypes that are to be written. */
export function writeCsvSettings(
  api: string,
  options: WriteCsvOptions,
  fields: readonly Field[],
): WriteCsvSettings {
  const { delimiter = ",", header = true, quote = "needed", nullValue = "" } = options;
  const { lineEnd = "\n", compression = "infer" } = options;
  if (
    typeof delimiter !== "string" ||
    !/^[\0-\x7f]$/.test(delimiter) ||
    /["\r\n]/.test(delimiter)
  ) {
    const wanted = "one ASCII character that is no quote and ends no line";
    throw invalidArgument(api, "bad delimiter", delimiter, wanted);
  }
  checkOneOf(api, "header", header, [true, false]);
  checkOneOf(api, "quote", quote, ["needed", "always"]);
  checkOneOf(api, "lineEnd", lineEnd, ["\n", "\r\n"]);
  compressionOf("", compression);
  const isPlain = typeof nullValue === "string" && !/["\r\n]/.test(nullValue);
  if (!isPlain || nullValue.includes(delimiter)) {
    const wanted = "a text without quotes, delimiters and line ends";
    throw invalidArgument(api, "bad nullValue", nullValue, wanted);
  }
  for (const { name, dtype } of fields) {
    if (dtype.kind !== "list" && dtype.kind !== "struct") continue;
    const what = `column ${JSON.stringify(name)} has no form in CSV`;
    const wanted = "numbers, text, bool, dates or decimals";
    const remedy = "Drop or explode it, or write JSON lines, Parquet or Arrow.";
    throw fault("dataframe/unsupported-type", api, what, dtypeText(dtype), wanted, remedy);
  }
  return { delimiter, header, quote, nullValue, lineEnd, compression };
}
