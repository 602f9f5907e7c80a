import type { DType, FloatKind, IntegerKind, PlainType } from "./dtype.ts";

/** A text that equal dtypes share: JSON, so that names of fields cannot be mistaken. */
export function dtypeKey(dtype: DType): string {
  if (isPlain(dtype)) return `["${dtype.kind}"]`;
  switch (dtype.kind) {
    case "timestamp":
      return JSON.stringify([dtype.kind, dtype.unit, dtype.timezone ?? null]);
    case "decimal":
      return JSON.stringify([dtype.kind, dtype.precision, dtype.scale]);
    case "list":
      return `["list",${dtypeKey(dtype.item)}]`;
    case "struct": {
      const fields = Object.entries(dtype.fields);
      const parts = fields.map(([name, part]) => `[${JSON.stringify(name)},${dtypeKey(part)}]`);
      return `["struct",${parts.join()}]`;
    }
  }
}

/** A dtype as people write it: `timestamp("ms", "UTC")`. */
export function dtypeText(dtype: DType): string {
  if (isPlain(dtype)) return dtype.kind;
  switch (dtype.kind) {
    case "timestamp": {
      const parts = dtype.timezone === undefined ? [dtype.unit] : [dtype.unit, dtype.timezone];
      return `timestamp(${parts.map((part) => JSON.stringify(part)).join(", ")})`;
    }
    case "decimal":
      return `decimal(${dtype.precision}, ${dtype.scale})`;
    case "list":
      return `list(${dtypeText(dtype.item)})`;
    case "struct": {
      const parts = Object.entries(dtype.fields).map(
        ([name, part]) => `${JSON.stringify(name)}: ${dtypeText(part)}`,
      );
      return `struct({ ${parts.join(", ")} })`;
    }
  }
}

/** Whether two dtypes are the same. */
export function sameDType(a: DType, b: DType): boolean {
  return a === b || dtypeKey(a) === dtypeKey(b);
}

/** Whether a dtype is a whole number. */
export function isInteger(dtype: DType): dtype is PlainType<IntegerKind> {
  return dtype.kind in integerBits;
}

/** Whether a dtype is a floating-point number. */
export function isFloat(dtype: DType): dtype is PlainType<FloatKind> {
  return dtype.kind === "float64" || dtype.kind === "float32";
}

/** Whether one can calculate with a dtype. */
export function isNumeric(dtype: DType): boolean {
  return isInteger(dtype) || isFloat(dtype) || dtype.kind === "decimal";
}

/** Whether values of a dtype are texts. */
export function isText(dtype: DType): dtype is PlainType<"utf8" | "dictionary"> {
  return dtype.kind === "utf8" || dtype.kind === "dictionary";
}

/** Whether values of a dtype take 64 bits, in a BigInt64Array or BigUint64Array. */
export function isWide(dtype: DType): boolean {
  const { kind } = dtype;
  return kind === "int64" || kind === "uint64" || kind === "timestamp" || kind === "decimal";
}

/** Bits of whole numbers. */
export const integerBits: Readonly<Record<IntegerKind, number>> = {
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 64,
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint64: 64,
};

function isPlain(dtype: DType): dtype is PlainType {
  const { kind } = dtype;
  return kind !== "timestamp" && kind !== "decimal" && kind !== "list" && kind !== "struct";
}
