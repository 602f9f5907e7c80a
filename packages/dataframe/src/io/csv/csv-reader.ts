import { isUtf8 } from "node:buffer";
import type { Block, Column } from "../../column.ts";
import { makeBlock } from "../../column.ts";
import { isText } from "../../dtype-traits.ts";
import type { ColumnReader } from "./column-reader.ts";
import { makeColumnReader } from "./column-reader.ts";
import type { CsvSettings } from "./csv-settings.ts";
import { LF } from "./dialect.ts";
import type { FieldTable } from "./field-table.ts";
import { keepRows, makeFieldTable } from "./field-table.ts";
import { pathColumn } from "../path-column.ts";
import type { Cells } from "./parse-numbers.ts";
import { BAD } from "./parse-numbers.ts";
import { resolveFields } from "./resolve-fields.ts";
import type { RowReader } from "../read-rows.ts";
import type { RowFault } from "../row-fault.ts";
import { badValue, openQuote, raggedRow, textAfterQuote } from "./csv-faults.ts";
import { notUtf8 } from "../row-fault.ts";
import { holdBytes, scanPlainRows } from "./plain-rows.ts";
import type { Wanted } from "../row-filter.ts";
import { scanRows } from "./scan-rows.ts";
import { splitRow } from "./split-row.ts";

/** A column of the file that is read, by its number in the settings. */
interface Target {
  readonly field: number;
  readonly reader: ColumnReader;
}

/** Bytes that were read, and whether any of them may be no UTF-8. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly checkText: boolean;
}

/** Reads rows of one partition, a piece of a file at a time, into columns. */
export class CsvReader implements RowReader {
  readonly #settings: CsvSettings;
  readonly #wanted: Wanted;
  readonly #tokens: readonly Uint8Array[];
  readonly #targets: readonly Target[];
  readonly #tested: readonly Target[];
  /** All columns, of which nothing is kept, where a bad value in any of them drops the row. */
  readonly #checked: readonly Target[];
  /** Rows of each file, for the column of paths. */
  readonly #files: { url: string; rows: number }[] = [];
  #table: FieldTable = makeFieldTable(0, []);
  #cells: Omit<Cells, "bytes" | "count">;
  /** Columns of the file, by their numbers in the settings, in the order of the file. */
  #order: readonly number[] = [];
  #rows = 0;

  constructor(settings: CsvSettings, wanted: Wanted) {
    const { fields, nullValues, badRows, point, dictionary } = settings;
    this.#settings = settings;
    this.#wanted = wanted;
    this.#tokens = nullValues.filter((text) => text !== "").map((text) => Buffer.from(text));
    const numbers = new Map(fields.map(({ name }, i) => [name, i]));
    const targets = (names: readonly string[], mode: typeof dictionary): Target[] =>
      names.flatMap((name) => {
        const field = numbers.get(name);
        const dtype = field === undefined ? undefined : fields[field]?.dtype;
        if (field === undefined || dtype === undefined) return [];
        return [{ field, reader: makeColumnReader(dtype, point, mode) }];
      });
    this.#targets = targets(wanted.columns, dictionary);
    this.#tested = targets(wanted.filter?.columns ?? [], false);
    this.#checked = badRows === "skip" ? targets([...numbers.keys()], false) : [];
    this.#cells = makeCells(0);
  }

  /** Whether no more rows are wanted. */
  get isDone(): boolean {
    const { limit } = this.#wanted;
    return limit !== undefined && this.#rows >= limit;
  }

  /** Rows that follow are of a file whose columns, as numbers of the settings, are in an order. */
  openFile(url: string, order: readonly number[]): void {
    this.#files.push({ url, rows: 0 });
    if (this.#table.width === order.length && order.every((field, i) => field === this.#order[i])) {
      return;
    }
    this.#order = order;
    const all = [...this.#targets, ...this.#tested, ...this.#checked];
    const used = new Set(all.map(({ field }) => order.indexOf(field)));
    this.#table = makeFieldTable(order.length, [...used]);
    this.#cells = makeCells(this.#table.capacity);
  }

  read(bytes: Uint8Array, stop: number, isLast: boolean): number {
    const { dialect, badRows } = this.#settings;
    // The end of a file ends its last row.
    const isCut = isLast && bytes.at(-1) !== LF;
    const held = dialect.trim ? undefined : holdBytes(bytes, isCut);
    const whole = held ?? (isCut ? Buffer.concat([bytes, lineEnd]) : bytes);
    const to = whole.lastIndexOf(LF) + 1;
    const chunk = { bytes: whole, checkText: !isUtf8(whole.subarray(0, to)) };
    const table = this.#table;
    let at = 0;
    while (at < Math.min(to, stop) && !this.isDone) {
      table.next = at;
      table.rows = 0;
      if (held !== undefined) scanPlainRows(to, stop, dialect, table);
      scanRows(whole, [to, stop], dialect, table, badRows);
      const { rows, next } = table;
      if (table.flaw !== undefined) throw this.#ragged(chunk);
      if (rows > 0) this.#take(chunk);
      if (next === at) break;
      at = next;
    }
    return at;
  }

  endless(bytes: number): RowFault {
    return openQuote(0, bytes);
  }

  expect(times: number): void {
    const { limit = Number.POSITIVE_INFINITY } = this.#wanted;
    // A little more, so that the last rows do not double it.
    const rows = Math.ceil(Math.min(1.02 * this.#rows * times, limit));
    for (const { reader } of this.#targets) reader.reserve(rows);
  }

  finish(): Block {
    const { includePath } = this.#settings;
    const columns = new Map<string, Column>();
    for (const { field, reader } of this.#targets) {
      columns.set(this.#nameOf(field), reader.finish());
    }
    if (includePath !== undefined && this.#wanted.columns.includes(includePath)) {
      columns.set(includePath, pathColumn(this.#files));
    }
    const names = this.#wanted.columns;
    return makeBlock(
      this.#rows,
      names,
      names.map((name) => columns.get(name) as Column),
    );
  }

  #nameOf(field: number): string {
    return this.#settings.fields[field]?.name ?? "";
  }

  /** Takes the rows of the table that are right, wanted, and not too many. */
  #take(chunk: Chunk): void {
    const table = this.#table;
    this.#dropBad(chunk);
    this.#dropUnwanted(chunk);
    const { limit } = this.#wanted;
    if (limit !== undefined) table.rows = Math.min(table.rows, limit - this.#rows);
    if (table.rows === 0) return;
    for (const target of this.#targets) this.#append(target, chunk);
    this.#rows += table.rows;
    const file = this.#files.at(-1);
    if (file !== undefined) file.rows += table.rows;
  }

  #dropBad(chunk: Chunk): void {
    const table = this.#table;
    if (this.#checked.length === 0) return;
    const isBad = new Uint8Array(table.rows);
    let bad = 0;
    for (const target of this.#checked) {
      const { states } = this.#cells;
      if (this.#append(target, chunk) > 0) {
        for (let i = 0; i < table.rows; i++) if (states[i] === BAD) isBad[i] = 1;
        bad++;
      }
      target.reader.truncate(0);
    }
    if (bad === 0) return;
    const kept = Int32Array.from(isBad.keys()).filter((i) => isBad[i] === 0);
    keepRows(table, kept, kept.length);
  }

  #dropUnwanted(chunk: Chunk): void {
    const { filter } = this.#wanted;
    const table = this.#table;
    if (filter === undefined || table.rows === 0) return;
    const columns = filter.columns.map((name): Column => {
      const target = this.#tested.find(({ field }) => this.#nameOf(field) === name);
      if (target === undefined) {
        return pathColumn([{ url: this.#files.at(-1)?.url ?? "", rows: table.rows }]);
      }
      this.#append(target, chunk);
      const column = target.reader.finish();
      target.reader.truncate(0);
      return column;
    });
    const kept = filter.select(makeBlock(table.rows, filter.columns, columns));
    keepRows(table, kept, kept.length);
  }

  /** Reads the fields of a column; gives the count of bad ones, which the policy "error" throws. */
  #append({ field, reader }: Target, { bytes, checkText }: Chunk): number {
    const { dialect, nullValues, fields, badRows, inferred } = this.#settings;
    const table = this.#table;
    const { name, dtype } = fields[field] as (typeof fields)[number];
    const place = table.places[this.#order.indexOf(field)] as number;
    const cells: Cells = { ...this.#cells, bytes, count: table.rows };
    const rule = {
      isText: isText(dtype),
      emptyIsNull: nullValues.includes(""),
      tokens: this.#tokens,
      checkText,
    };
    const noText = resolveFields(table, place, cells, dialect, rule);
    const bad = noText + reader.append(cells);
    if (bad === 0 || badRows !== "error") return bad;
    const row = cells.states.indexOf(BAD);
    const at = table.rowStarts[row] as number;
    if (noText > 0) throw notUtf8("readCsv", at);
    const text = Buffer.from(bytes.subarray(cells.starts[row], cells.ends[row])).toString();
    throw badValue(at, name, dtype, text, inferred.includes(name));
  }

  #ragged({ bytes }: Chunk): Error {
    const { next, flaw } = this.#table;
    if (flaw === "text after a quote") return textAfterQuote(next);
    const { dialect } = this.#settings;
    const row = splitRow(bytes, next, true, dialect, true);
    const names = this.#order.map((field) => this.#nameOf(field));
    return raggedRow(next, row?.fields.length ?? 0, names);
  }
}

function makeCells(count: number): Omit<Cells, "bytes" | "count"> {
  return {
    starts: new Int32Array(count),
    ends: new Int32Array(count),
    states: new Uint8Array(count),
  };
}

const lineEnd = Uint8Array.of(LF);
