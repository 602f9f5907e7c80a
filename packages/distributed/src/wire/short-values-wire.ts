import { corruptFrame } from "../codec/value/corrupt.ts";
import type { ShortValue } from "../messages/short-value.ts";
import { noShortValues, shortBytesMax, shortValuesMax } from "../messages/short-value.ts";
import type { Fields } from "./incoming.ts";
import type { Outgoing } from "./outgoing.ts";

/** A field of a message that is there where it has something to say. */
export function packShortValues(
  values: readonly ShortValue[],
  out: Outgoing,
): { readonly values?: readonly unknown[] } {
  if (values.length === 0) return {};
  return { values: values.map((value) => ({ ...value, bytes: out.bytes(value.bytes) })) };
}

export function unpackShortValues(fields: Fields): readonly ShortValue[] {
  if (!fields.has("values")) return noShortValues;
  const values = fields.list("values", unpackShortValue);
  if (values.length > shortValuesMax) throw corruptFrame("more short values than a message brings");
  return values;
}

function unpackShortValue(fields: Fields): ShortValue {
  const bytes = fields.bytes("bytes");
  if (bytes.length > shortBytesMax) throw corruptFrame("a short value that is long");
  return { task: fields.whole("task"), version: fields.whole("version"), bytes };
}
