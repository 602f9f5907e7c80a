import type { Column } from "../column.ts";
import { halvesOf } from "../column.ts";
import type { DType } from "../dtype.ts";
import { isText, isWide } from "../dtype-traits.ts";
import type { ColumnNode, LiteralNode, Scalar } from "../expr/typed.ts";
import { encodeText } from "../kernels/text/bytes.ts";
import { TextBuilder } from "../kernels/text/text-builder.ts";
import type { ColumnLayout } from "./column-layout.ts";
import { columnOf } from "./column-layout.ts";
import type { Emitter } from "./emitter.ts";
import { emptyParts, formOf, makeValue } from "./value.ts";
import type { Form, Value } from "./value.ts";

/** The value of a column in row `i`. */
export function emitColumn(e: Emitter, { name, dtype }: ColumnNode): Value {
  const layout = e.program.layouts.get(name) as ColumnLayout;
  const ok = layout.nullable
    ? e.declare(`${name} ok`, `${arrayOf(e, name, "valid", (column) => column.valid)}[i]`)
    : undefined;
  if (layout.texts !== undefined) return emitText(e, name, layout, ok);
  if (dtype.kind === "list" || dtype.kind === "struct") {
    const source = arrayOf(e, name, "column", (column) => column);
    return makeValue("row", [String(e.program.slots.indexOf(source)), "i"], ok);
  }
  const values = arrayOf(e, name, "values", (column) => column.values);
  if (!isWide(dtype)) return makeValue("number", [e.declare(name, `${values}[i]`)], ok);
  e.wide = true;
  if (e.exact) return makeValue("bigint", [e.declare(name, `${values}[i]`)], ok);
  const halves = arrayOf(e, name, "halves", ({ values: wide }) => wide && halvesOf(wide));
  return makeValue("number", [emitHalves(e, halves, "i", dtype, name)], ok);
}

/** A number read from halves of 64 bits; the loop gives up where a double may not hold it. */
export function emitHalves(
  e: Emitter,
  halves: string,
  index: string,
  dtype: DType,
  hint: string,
): string {
  const high = e.declare(`${hint} high`, `${halves}[2 * ${index} + 1]`);
  if (dtype.kind === "uint64") e.line(`if (${high} >>> 0 > 0x1fffff) return -1;`);
  else e.line(`if ((${high} + 0x200000) >>> 0 > 0x3fffff) return -1;`);
  return e.declare(hint, `${high} * 4294967296 + (${halves}[2 * ${index}] >>> 0)`);
}

function emitText(e: Emitter, name: string, layout: ColumnLayout, ok: string | undefined): Value {
  const values = arrayOf(e, name, "values", (column) => column.values);
  if (layout.texts === "plain") {
    const offsets = arrayOf(e, name, "offsets", (column) => column.offsets);
    const start = e.declare(`${name} start`, `${offsets}[i]`);
    const end = e.declare(`${name} end`, `${offsets}[i + 1]`);
    return makeValue("bytes", [values, start, end], ok);
  }
  const dictionary = arrayOf(e, name, "dictionary", (column) => column.dictionary);
  const code = e.declare(`${name} code`, `${values}[i]`);
  const coded = makeValue("code", [code], ok, dictionary);
  return layout.texts === "coded" ? coded : emitBytes(e, coded);
}

/** A text as its bytes, whatever it was. */
export function emitBytes(e: Emitter, value: Value): Value {
  if (value.form !== "code") return value;
  const { dictionary, ok } = value;
  const [code] = value.parts as [string];
  return e.once(`bytes ${dictionary} ${code}`, () => {
    const at = (shift: string): string => {
      const offset = `${dictionary}.offsets[${code}${shift}]`;
      return ok === undefined ? offset : `${ok} ? ${offset} : 0`;
    };
    const start = e.declare("start", at(""));
    const end = e.declare("end", at(" + 1"));
    return makeValue("bytes", [e.declare("data", `${dictionary}.values`), start, end], ok);
  });
}

/** The variable of an array of a column. */
function arrayOf(e: Emitter, name: string, part: string, of: (column: Column) => unknown): string {
  const hint = part === "values" ? name : `${name} ${part}`;
  return e.slot(`${part} ${name}`, hint, (block) => of(columnOf(block, name)));
}

/** A constant; numbers stand in the source, texts do not. */
export function emitLiteral(e: Emitter, { value, dtype }: LiteralNode): Value {
  if (value === null) {
    const form = formOf(dtype, e.exact);
    if (isWide(dtype)) e.wide = true;
    return makeValue(form, emptyOf(e, form), "0");
  }
  if (isText(dtype)) {
    const bytes = encodeText(value as string);
    const name = e.constant(bytes, value as string);
    return makeValue("bytes", [name, "0", String(bytes.length)], undefined);
  }
  return makeValue(formOf(dtype, e.exact), [scalarText(e, value, dtype)], undefined);
}

/** Parts of a value that nobody looks at. */
export function emptyOf(e: Emitter, form: Form): readonly string[] {
  return form === "bytes" ? [e.kernel("noText"), "0", "0"] : emptyParts[form];
}

/** A constant in source text. */
export function scalarText(e: Emitter, value: Scalar, dtype: DType): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (isWide(dtype)) {
    e.wide = true;
    if (e.exact) return `${value}n`;
    if (Math.abs(Number(value)) > Number.MAX_SAFE_INTEGER) e.unfit = true;
  }
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A dictionary of constants. */
export function dictionaryOf(texts: readonly string[]): Column {
  const builder = new TextBuilder(texts.length);
  for (const text of texts) {
    const bytes = encodeText(text);
    builder.add(bytes, 0, bytes.length);
  }
  return builder.column();
}
