import type { Column } from "../column.ts";
import { halvesOf, makeColumn, makeValues } from "../column.ts";
import type { DType } from "../dtype.ts";
import { isWide } from "../dtype-traits.ts";
import { concatColumns } from "../kernels/concat.ts";
import { nullColumn } from "../kernels/null-column.ts";
import { takeColumn } from "../kernels/take.ts";
import { ListBuilder } from "../kernels/text/list-builder.ts";
import { TextBuilder, TextDictionary } from "../kernels/text/text-builder.ts";
import type { Emitter } from "./emitter.ts";
import type { Bound, Slots } from "./slots.ts";
import type { Form, Value } from "./value.ts";

/**
 * Where the values of an output go, by positions in what is bound. `values` is an array, of codes
 * or rows as well, or a builder of texts; `second` the halves of 64 bits, or the sources of rows.
 */
export interface Sink {
  readonly dtype: DType;
  readonly form: Form;
  readonly isNullable: boolean;
  readonly values: number;
  readonly second: number;
  readonly ok: number;
  readonly dictionary: number | undefined;
}

/** The place for an output whose values come in one form (64 bits: as in the exact variant). */
export function makeSink(slots: Slots, key: string, dtype: DType, value: Value): Sink {
  const at = (part: string): number =>
    slots.indexOf(slots.slot(`out ${key} ${part}`, `out ${part}`, () => undefined));
  return {
    dtype,
    form: isWide(dtype) ? "bigint" : value.form,
    isNullable: value.ok !== undefined,
    values: at("values"),
    second: at("second"),
    ok: at("ok"),
    dictionary: value.dictionary === undefined ? undefined : slots.indexOf(value.dictionary),
  };
}

/** Writes the value of the row to place `p`. */
export function emitStore(e: Emitter, key: string, sink: Sink, value: Value): void {
  const out = (part: string): string =>
    e.slot(`out ${key} ${part}`, `out ${part}`, () => undefined);
  const { parts, ok } = value;
  const [a, b, c] = parts;
  if (sink.isNullable) e.line(`${out("ok")}[p] = ${ok ?? "1"};`);
  switch (sink.form) {
    case "number":
      e.line(`${out("values")}[p] = ${a};`);
      return;
    case "code":
      // The code of a null row is one that there is, or 0.
      e.line(`${out("values")}[p] = ${ok === undefined ? a : `${ok} ? ${a} : 0`};`);
      return;
    case "bigint":
      if (value.form === "bigint") {
        e.line(`${out("values")}[p] = ${a};`);
        return;
      }
      // The low half is what is left of a number that is stored where 32 bits are.
      e.line(`${out("second")}[2 * p] = ${a};`);
      e.line(`${out("second")}[2 * p + 1] = Math.floor(${a} / 4294967296);`);
      return;
    case "bytes": {
      const builder = out("values");
      e.line(`${builder}.skipTo(p);`);
      const add = `${builder}.add(${a}, ${b}, ${c});`;
      e.line(ok === undefined ? add : `if (${ok}) ${add} else ${builder}.skip();`);
      return;
    }
    case "row":
      e.line(`${out("second")}[p] = ${a};`);
      e.line(`${out("values")}[p] = ${ok === undefined ? b : `${ok} ? ${b} : -1`};`);
  }
}

/** Makes room for `rows` values. */
export function openSink(sink: Sink, bound: Bound, rows: number): void {
  if (sink.isNullable) bound[sink.ok] = new Uint8Array(rows);
  switch (sink.form) {
    case "number":
    case "bigint": {
      const values = makeValues(sink.dtype, rows);
      bound[sink.values] = values;
      if (sink.form === "bigint") bound[sink.second] = halvesOf(values);
      return;
    }
    case "code":
      bound[sink.values] = new Int32Array(rows);
      return;
    case "bytes":
      bound[sink.values] = new TextBuilder(rows);
      return;
    case "row":
      bound[sink.values] = new Int32Array(rows);
      bound[sink.second] = new Int32Array(rows);
  }
}

/** Forgets texts from place `length` on; other values are written over. */
export function rewindSink({ form, values }: Sink, bound: Bound, length: number): void {
  if (form === "bytes") (bound[values] as TextBuilder).rewind(length);
}

/** Gives back memory that was reserved for more texts than there are. */
export function trimSink({ form, values }: Sink, bound: Bound): void {
  if (form === "bytes") (bound[values] as TextBuilder).trim();
}

/** The first `rows` values as a column, over the memory that was written. */
export function closeSink(sink: Sink, bound: Bound, rows: number): Column {
  const { dtype, form } = sink;
  const ok = sink.isNullable ? (bound[sink.ok] as Uint8Array).subarray(0, rows) : undefined;
  const valid = ok?.includes(0) === true ? ok : undefined;
  if (form === "bytes") {
    const builder = bound[sink.values] as TextBuilder;
    builder.skipTo(rows);
    return builder.column(dtype, valid);
  }
  const values = (bound[sink.values] as Float64Array).subarray(0, rows);
  if (form === "row") {
    const sources = (bound[sink.second] as Int32Array).subarray(0, rows);
    return gather(dtype, bound, sources, values as unknown as Int32Array);
  }
  const dictionary = sink.dictionary === undefined ? undefined : bound[sink.dictionary];
  return makeColumn(dtype, rows, {
    values,
    valid,
    dictionary:
      dictionary instanceof TextDictionary
        ? dictionary.column()
        : (dictionary as Column | undefined),
  });
}

/** Rows of lists or structs that stand in several columns, -1 for null. */
function gather(dtype: DType, bound: Bound, sources: Int32Array, rows: Int32Array): Column {
  const used = [...new Set(sources.filter((_, i) => (rows[i] as number) >= 0))];
  const columns = used.map((source) => {
    const given = bound[source];
    return given instanceof ListBuilder ? given.column(dtype) : (given as Column);
  });
  const [first] = columns;
  if (first === undefined) return nullColumn(dtype, rows.length);
  if (columns.length === 1) return takeColumn(first, rows, true);
  const starts = new Map<number, number>();
  let start = 0;
  used.forEach((source, i) => {
    starts.set(source, start);
    start += (columns[i] as Column).length;
  });
  const moved = rows.map((row, i) =>
    row < 0 ? -1 : row + (starts.get(sources[i] as number) ?? 0),
  );
  return takeColumn(concatColumns(columns), moved, true);
}
