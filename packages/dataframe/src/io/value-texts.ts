import { isAscii } from "node:buffer";
import type { Column } from "../column.ts";
import { halvesOf } from "../column.ts";
import type { DType } from "../dtype.ts";
import { isFloat, isText, isWide } from "../dtype-traits.ts";
import { dateText, timestampText } from "./time-texts.ts";

/** Texts of the rows `start` up to `end`; undefined where a row is null. */
export type TextsOf = (start: number, end: number) => readonly (string | undefined)[];

/** Values of a column as files write them, those of text columns through `change`. */
export function valueTexts(column: Column, change?: (text: string) => string): TextsOf {
  const { dtype, valid } = column;
  const textsOf = isText(dtype) ? textReader(column, change) : formatted(column, change);
  if (valid === undefined) return textsOf;
  return (start, end) =>
    textsOf(start, end).map((text, i) => (valid[start + i] === 1 ? text : undefined));
}

function textReader(column: Column, change: (text: string) => string = (text) => text): TextsOf {
  const { dictionary, values } = column;
  if (dictionary !== undefined) {
    const texts = plainTexts(dictionary, 0, dictionary.length).map(change);
    return (start, end) =>
      Array.from({ length: end - start }, (_, i) => texts[Number(values?.[start + i])]);
  }
  return (start, end) => plainTexts(column, start, end).map(change);
}

/** Texts that stand one after the other: all are decoded at once where a byte is a character. */
function plainTexts({ values, offsets }: Column, start: number, end: number): string[] {
  const places = (offsets as Int32Array).subarray(start, end + 1);
  const first = places[0] as number;
  const bytes = (values as Uint8Array).subarray(first, places[end - start]);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isAscii(bytes)) {
    const text = buffer.toString("latin1");
    return Array.from({ length: end - start }, (_, i) =>
      text.slice((places[i] as number) - first, (places[i + 1] as number) - first),
    );
  }
  return Array.from({ length: end - start }, (_, i) =>
    buffer.toString("utf8", (places[i] as number) - first, (places[i + 1] as number) - first),
  );
}

function formatted(column: Column, change: ((text: string) => string) | undefined): TextsOf {
  const textAt = formatOf(column);
  const format = change === undefined ? textAt : (row: number): string => change(textAt(row));
  return (start, end) => Array.from({ length: end - start }, (_, i) => format(start + i));
}

/** The text of a row. */
function formatOf({ dtype, values }: Column): (row: number) => string {
  const numbers = values as Float64Array;
  if (isWide(dtype)) return wideFormatOf(dtype, values as BigInt64Array);
  if (dtype.kind === "bool") return (row) => (numbers[row] === 0 ? "false" : "true");
  if (dtype.kind === "date") return (row) => dateText(numbers[row] as number);
  if (!isFloat(dtype)) return (row) => String(numbers[row]);
  return (row) => (Object.is(numbers[row], -0) ? "-0" : String(numbers[row]));
}

function wideFormatOf(dtype: DType, values: BigInt64Array): (row: number) => string {
  if (dtype.kind === "timestamp") {
    const { unit, timezone } = dtype;
    return (row) => timestampText(values[row] as bigint, unit, timezone !== undefined);
  }
  if (dtype.kind === "decimal") return (row) => decimalText(values[row] as bigint, dtype.scale);
  const halves = halvesOf(values);
  const least = dtype.kind === "uint64" ? 0 : -0x10_0000;
  return (row) => {
    const high = halves[2 * row + 1] as number;
    // Small numbers, most of all, are read without making a bigint.
    if (high < least || high >= 0x10_0000) return String(values[row]);
    return String(high * 0x1_0000_0000 + ((halves[2 * row] as number) >>> 0));
  };
}

/** An unscaled decimal with its point. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const sign = unscaled < 0n ? "-" : "";
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
