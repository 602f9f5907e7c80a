import type { Block, Column } from "../column.ts";
import { sliceColumn } from "../column.ts";
import type { DType, Field } from "../dtype.ts";
import { stepsPerMs } from "./stored.ts";

/** A row as it leaves a frame. */
export type JsRow = Record<string, unknown>;

/** A partition as objects, one a row, with the columns of `fields`. */
export function toRows(block: Block, fields: readonly Field[]): JsRow[] {
  const names = fields.map(({ name }) => name);
  const columns = names.map((name) => block.columns[block.names.indexOf(name)] as Column);
  return objectsOf(names, columns.map(valuesOf), block.rows);
}

/** Values by row: an array, or the memory of a column where that is the same. */
type RowValues = ArrayLike<unknown>;

type MakeRows = (columns: readonly RowValues[], rows: number) => JsRow[];

const makers = new Map<string, MakeRows>();

/** Shapes of objects that are kept: programs have few, and one that is not kept is made again. */
const MAKERS_MAX = 500;

/** Objects made by a loop that is written for their names: they have one shape, and no look-ups. */
function objectsOf(names: readonly string[], values: readonly RowValues[], rows: number): JsRow[] {
  const key = JSON.stringify(names);
  const maker = makers.get(key) ?? makerOf(names);
  if (makers.size < MAKERS_MAX) makers.set(key, maker);
  return maker(values, rows);
}

function makerOf(names: readonly string[]): MakeRows {
  const columns = names.map((_, i) => `const c${i} = columns[${i}];`);
  const properties = names.map((name, i) => `${propertyName(name)}: c${i}[i]`);
  // oxlint-disable-next-line typescript/no-implied-eval -- text of our own, names are in quotes
  return new Function(
    "columns, rows",
    `${columns.join("\n")}
    const out = new Array(rows);
    for (let i = 0; i < rows; i++) out[i] = { ${properties.join(", ")} };
    return out;`,
  ) as MakeRows;
}

/** A name in a literal; `__proto__` is no property without brackets, which cost others speed. */
function propertyName(name: string): string {
  const quoted = JSON.stringify(name);
  return name === "__proto__" ? `[${quoted}]` : quoted;
}

/** The values of a column as JavaScript has them. */
export function valuesOf(column: Column): RowValues {
  const { dtype, length, valid } = column;
  const all = presentValues(column, dtype);
  if (valid === undefined) return all;
  const values = new Array<unknown>(length);
  for (let i = 0; i < length; i++) values[i] = valid[i] === 1 ? all[i] : null;
  return values;
}

/** Values as if none was null. */
function presentValues(column: Column, dtype: DType): RowValues {
  const { length } = column;
  const stored = column.values as unknown as ArrayLike<number> & ArrayLike<bigint>;
  switch (dtype.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "int64":
    case "uint8":
    case "uint16":
    case "uint32":
    case "uint64":
    case "float32":
    case "float64":
      return stored;
    case "bool":
      return Array.from(stored as ArrayLike<number>, (value) => value === 1);
    case "date":
      return Array.from(stored as ArrayLike<number>, (day) => new Date(day * 86_400_000));
    case "timestamp":
      return Array.from(stored as ArrayLike<bigint>, (stamp) => new Date(msOf(stamp, dtype.unit)));
    case "decimal":
      return Array.from(stored as ArrayLike<bigint>, (value) => decimalText(value, dtype.scale));
    case "utf8":
    case "dictionary":
      return textsOf(column);
    case "list": {
      const offsets = column.offsets as Int32Array;
      const [first = 0, last = 0] = [offsets[0], offsets[length]];
      const items = valuesOf(sliceColumn(column.children[0] as Column, first, last));
      return Array.from({ length }, (_, i) => {
        const start = (offsets[i] as number) - first;
        return Array.prototype.slice.call(items, start, (offsets[i + 1] as number) - first);
      });
    }
    case "struct":
      return objectsOf(Object.keys(dtype.fields), column.children.map(valuesOf), length);
  }
}

function msOf(stamp: bigint, unit: "s" | "ms" | "us" | "ns"): number {
  if (unit === "s") return Number(stamp) * 1_000;
  if (unit === "ms") return Number(stamp);
  const steps = stepsPerMs[unit];
  return Number((stamp - (((stamp % steps) + steps) % steps)) / steps);
}

/** An unscaled decimal with its point. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return unscaled < 0n ? `-${text}` : text;
}

function textsOf(column: Column): RowValues {
  const { length, values, valid, dictionary } = column;
  if (dictionary !== undefined) {
    const texts = textsOf(dictionary);
    return Array.from(values as Int32Array, (code) => texts[code]);
  }
  const bytes = values as Uint8Array;
  const offsets = column.offsets as Int32Array;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const isAscii = areAscii(bytes, offsets[0] as number, offsets[length] as number);
  const encoding = isAscii ? "latin1" : "utf8";
  const texts = new Array<string>(length);
  for (let i = 0; i < length; i++) {
    if (valid !== undefined && valid[i] === 0) continue;
    const start = offsets[i] as number;
    const end = offsets[i + 1] as number;
    texts[i] = buffer.toString(encoding, start, end);
  }
  return texts;
}

function areAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i] as number;
  return all < 128;
}
