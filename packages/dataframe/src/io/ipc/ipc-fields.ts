import type { ArrowField, ArrowType } from "../../arrow/arrow-type.ts";
import { numberedType } from "../../arrow/arrow-type.ts";
import type { FlatTable } from "./flatbuffer.ts";

/** The columns of a Schema table. */
export function ipcFields(schema: FlatTable): readonly ArrowField[] {
  return schema.tables(1).map((field) => ipcField(field, 0));
}

/** Deepest nesting of types that is read. */
const DEPTH_MAX = 64;

function ipcField(field: FlatTable, depth: number): ArrowField {
  if (depth > DEPTH_MAX) throw new RangeError("its schema is nested too deeply");
  const name = field.text(0) ?? "";
  const children = field.tables(5).map((child) => ipcField(child, depth + 1));
  const type = ipcType(field.byte(2), field.table(3), children);
  const dictionary = field.table(4);
  if (dictionary === undefined) return { name, type };
  const index = dictionary.table(1);
  const bits = index?.int(0) ?? 32;
  const signed = index === undefined || index.byte(1) === 1;
  return { name, type: { kind: "dictionary", id: dictionary.long(0), bits, signed, value: type } };
}

/** Where the parameters of a type stand, and how wide they are, depends on its number. */
function ipcType(
  kind: number,
  type: FlatTable | undefined,
  children: readonly ArrowField[],
): ArrowType {
  const int = (field: number, absent = 0): number => type?.int(field, absent) ?? absent;
  const short = (absent: number): number => type?.short(0, absent) ?? absent;
  const parts = {
    id: 0,
    bitWidth: kind === INT ? int(0) : kind === DECIMAL ? int(2, 128) : 0,
    isSigned: kind === INT && type?.byte(1) === 1,
    precision: kind === FLOAT ? short(0) : kind === DECIMAL ? int(0) : 0,
    scale: kind === DECIMAL ? int(1) : 0,
    unit: kind === DATE ? short(1) : kind === TIMESTAMP ? short(0) : 0,
    timezone: kind === TIMESTAMP ? type?.text(1) : undefined,
    listSize: kind === FIXED_LIST ? int(0) : 0,
    byteWidth: kind === FIXED_BYTES ? int(0) : 0,
  };
  return numberedType(kind, parts, children);
}

const INT = 2;
const FLOAT = 3;
const DECIMAL = 7;
const DATE = 8;
const TIMESTAMP = 10;
const FIXED_BYTES = 15;
const FIXED_LIST = 16;
