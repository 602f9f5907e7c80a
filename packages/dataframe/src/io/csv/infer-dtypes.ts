import type { DType } from "../../dtype.ts";
import { bool, date, float64, int64, timestamp, utf8 } from "../../dtype.ts";
import type { CsvDraft } from "./csv-options.ts";
import { boolTexts, floatOf } from "./parse-numbers.ts";
import { dateOf, timestampOf } from "./parse-times.ts";
import type { TextField } from "./split-row.ts";

/** What a text may be, from the least general on. */
type Guess = "null" | "bool" | "int64" | "float64" | "date" | "ms" | "us" | "ns" | "utf8";

/**
 * Dtypes of columns from some rows: whole numbers are int64, others float64, `true` and `false`
 * bool, ISO dates and date-times `date` and `timestamp`; all else, and columns without a value,
 * utf8. Digits with a zero before them are text, since they are codes and no amounts, and so are
 * whole numbers of more than 64 bits.
 */
export function inferDTypes(
  rows: readonly (readonly TextField[])[],
  width: number,
  { nullValues, point }: Pick<CsvDraft, "nullValues" | "point">,
): DType[] {
  const nulls = new Set(nullValues);
  return Array.from({ length: width }, (_, column) => {
    let guess: Guess = "null";
    for (const row of rows) {
      const field = row[column];
      if (field === undefined || field.text === "" || guess === "utf8") continue;
      if (!field.isQuoted && nulls.has(field.text)) continue;
      guess = joined(guess, guessOf(field.text, point));
    }
    return dtypeOf(guess);
  });
}

const lastInt = (1n << 63n) - 1n;

function guessOf(text: string, point: number): Guess {
  if (/^[+-]?\d+$/.test(text)) {
    if (/^[+-]?0\d/.test(text)) return "utf8";
    const value = text.length < 19 ? 0n : BigInt(text.replace("+", ""));
    return value > lastInt || value < -lastInt - 1n ? "utf8" : "int64";
  }
  if (boolTexts.has(text)) return "bool";
  if (floatOf(text, point) !== undefined) return /^[+-]?0\d/.test(text) ? "utf8" : "float64";
  if (dateOf(text) !== undefined) return "date";
  if (!/^[+-]?\d{4}/.test(text)) return "utf8";
  return (
    (["ms", "us", "ns"] as const).find((unit) => timestampOf(text, unit) !== undefined) ?? "utf8"
  );
}

const numbers: readonly Guess[] = ["int64", "float64"];
const times: readonly Guess[] = ["date", "ms", "us", "ns"];

function joined(a: Guess, b: Guess): Guess {
  if (a === b || a === "null") return b;
  const family = [numbers, times].find((each) => each.includes(a) && each.includes(b));
  if (family === undefined) return "utf8";
  return family[Math.max(family.indexOf(a), family.indexOf(b))] ?? "utf8";
}

function dtypeOf(guess: Guess): DType {
  switch (guess) {
    case "null":
    case "utf8":
      return utf8;
    case "bool":
      return bool;
    case "int64":
      return int64;
    case "float64":
      return float64;
    case "date":
      return date;
    case "ms":
    case "us":
    case "ns":
      return timestamp(guess);
  }
}
