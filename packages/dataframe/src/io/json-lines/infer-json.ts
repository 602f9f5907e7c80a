import type { DType, Field } from "../../dtype.ts";
import { bool, date, float64, int64, list, struct, timestamp, utf8 } from "../../dtype.ts";
import { dateOf, timestampOf } from "../csv/parse-times.ts";
import { isRecord } from "./json-value.ts";

/**
 * Fields of some parsed rows, in the order in which they are met: whole numbers are int64, others
 * float64; texts are `date` or `timestamp` where all of them are; arrays are lists and objects
 * structs; what is mixed, and what has no value, is utf8.
 */
export function inferFields(rows: readonly unknown[]): Field[] {
  return fieldsOf(rows.filter(isRecord));
}

function fieldsOf(records: readonly Readonly<Record<string, unknown>>[]): Field[] {
  const values = new Map<string, unknown[]>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
  }
  return [...values].map(([name, each]): Field => ({ name, dtype: dtypeOf(each) }));
}

function dtypeOf(given: readonly unknown[]): DType {
  const values = given.filter((value) => value !== null);
  if (values.length === 0) return utf8;
  if (values.every((value) => typeof value === "boolean")) return bool;
  if (values.every((value) => typeof value === "number" || typeof value === "bigint")) {
    return values.every(isInt64) ? int64 : float64;
  }
  if (values.every((value) => typeof value === "string")) return textOf(values);
  if (values.every((value) => Array.isArray(value))) return list(dtypeOf(values.flat()));
  if (!values.every(isRecord)) return utf8;
  const fields = fieldsOf(values);
  return struct(Object.fromEntries(fields.map(({ name, dtype }) => [name, dtype])));
}

function isInt64(value: number | bigint): boolean {
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value;
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63;
}

function textOf(texts: readonly string[]): DType {
  if (!texts.every((text) => /^[+-]?\d{4}/.test(text))) return utf8;
  if (texts.every((text) => dateOf(text) !== undefined)) return date;
  for (const unit of ["ms", "us", "ns"] as const) {
    if (texts.every((text) => timestampOf(text, unit) !== undefined)) return timestamp(unit);
  }
  return utf8;
}
