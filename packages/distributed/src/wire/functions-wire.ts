import { corruptFrame } from "../codec/value/corrupt.ts";
import type { ShippedFunction } from "../messages/shipped.ts";
import type { Fields } from "./incoming.ts";
import type { Outgoing } from "./outgoing.ts";

const noFunctions: readonly ShippedFunction[] = Object.freeze([]);
const noBytes = new Uint8Array(0);

/** Functions as two fields of a message: their names, and their bytes one after another. */
export function packFunctions(
  functions: readonly ShippedFunction[],
  out: Outgoing,
): { readonly names?: unknown; readonly code?: unknown } {
  if (functions.length === 0) return {};
  return {
    names: out.texts(functions.map(({ name }) => name)),
    code: out.block({ header: noBytes, buffers: functions.map(({ bytes }) => bytes) }),
  };
}

/** The functions of a message. */
export function unpackFunctions(fields: Fields): readonly ShippedFunction[] {
  if (!fields.has("names")) return noFunctions;
  const names = fields.texts("names");
  const { buffers } = fields.block("code");
  if (names.length !== buffers.length) throw corruptFrame("functions without code");
  return names.map((name, n) => ({ name, bytes: buffers[n] as Uint8Array }));
}
