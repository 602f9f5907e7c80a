import { isUtf8 } from "node:buffer";
import { quoteValue } from "@millrace/graph/tasks";
import type { Block, Column } from "../../column.ts";
import { makeBlock } from "../../column.ts";
import type { Field } from "../../dtype.ts";
import { dtypeText } from "../../dtype-traits.ts";
import { pathColumn } from "../path-column.ts";
import type { Wanted } from "../row-filter.ts";
import type { RowReader } from "../read-rows.ts";
import { RowFault, notUtf8, policies } from "../row-fault.ts";
import type { JsonLinesSettings } from "./json-settings.ts";
import type { Stored, ToStored } from "./json-value.ts";
import { fieldOf, isRecord, toStored, unfit } from "./json-value.ts";
import { parseExactly } from "./parse-exactly.ts";
import { storedColumn } from "./stored-column.ts";

const LF = 10;

/** Rows that a filter gets at a time. */
const ROWS_MAX = 4_096;

interface Target {
  readonly field: Field;
  readonly convert: ToStored;
  /** Values of rows that have not been filtered. */
  readonly pending: Stored[];
  /** Undefined where values are only looked at. */
  readonly kept: Stored[] | undefined;
}

/** Reads lines of one partition, each of them a JSON object, into columns. */
export class JsonLinesReader implements RowReader {
  readonly #settings: JsonLinesSettings;
  readonly #wanted: Wanted;
  readonly #limit: number;
  readonly #targets: readonly Target[];
  /** Rows of each file, for the column of paths. */
  readonly #files: { url: string; rows: number }[] = [];
  #pendingRows = 0;
  #rows = 0;

  constructor(settings: JsonLinesSettings, wanted: Wanted) {
    this.#settings = settings;
    this.#wanted = wanted;
    this.#limit = wanted.limit ?? Number.POSITIVE_INFINITY;
    const { columns, filter } = wanted;
    const isAll = settings.badRows === "skip";
    this.#targets = settings.fields.flatMap((field): Target[] => {
      const isAsked = columns.includes(field.name);
      if (!isAsked && !isAll && filter?.columns.includes(field.name) !== true) return [];
      const kept = isAsked ? [] : undefined;
      return [{ field, convert: toStored(field.dtype), pending: [], kept }];
    });
  }

  get isDone(): boolean {
    return this.#rows >= this.#limit;
  }

  openFile(url: string): void {
    this.#flush();
    this.#files.push({ url, rows: 0 });
  }

  read(bytes: Uint8Array, stop: number, isLast: boolean): number {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const end = isLast ? bytes.length : bytes.lastIndexOf(LF) + 1;
    const isText = isUtf8(bytes.subarray(0, end));
    let at = 0;
    while (at < Math.min(end, stop) && !this.isDone) {
      const found = bytes.indexOf(LF, at);
      const lineEnd = found < 0 ? end : found;
      if (!isText && !isUtf8(bytes.subarray(at, lineEnd))) {
        if (this.#settings.badRows === "error") throw notUtf8("readJsonLines", at);
      } else {
        // Files that begin with a mark of byte order, and those that were joined of such.
        const line = buffer.toString("utf8", at, lineEnd).replace(/^\ufeff/, "");
        if (line.trim() !== "" && this.#add(line, at)) this.#pendingRows++;
        const isEnough = this.#rows + this.#pendingRows >= this.#limit;
        if (isEnough || this.#pendingRows === ROWS_MAX) this.#flush();
      }
      at = lineEnd + 1;
    }
    return Math.min(at, bytes.length);
  }

  expect(): void {
    // Arrays grow by themselves.
  }

  endless(bytes: number): RowFault {
    const what = `a line has no end, got ${bytes} bytes, wanted one JSON object a line`;
    return new RowFault("readJsonLines", 0, what, "Write the file with line ends.");
  }

  finish(): Block {
    this.#flush();
    const columns = this.#wanted.columns.map((name): Column => {
      if (name === this.#settings.includePath) return pathColumn(this.#files);
      const { field, kept = [] } = this.#target(name);
      return storedColumn(field.dtype, kept);
    });
    return makeBlock(this.#rows, this.#wanted.columns, columns);
  }

  #target(name: string): Target {
    const found = this.#targets.find(({ field }) => field.name === name);
    if (found === undefined) throw new Error(`no field ${name} is read`);
    return found;
  }

  /** Keeps the pending rows that the filter lets through, as many as are wanted still. */
  #flush(): void {
    const count = this.#pendingRows;
    this.#pendingRows = 0;
    const file = this.#files.at(-1);
    if (file === undefined || count === 0) return;
    const rows = this.#passing(file.url, count).subarray(0, this.#limit - this.#rows);
    for (const { pending, kept } of this.#targets) {
      if (kept !== undefined) for (const row of rows) kept.push(pending[row] as Stored);
      pending.length = 0;
    }
    this.#rows += rows.length;
    file.rows += rows.length;
  }

  #passing(url: string, count: number): Int32Array {
    const { filter } = this.#wanted;
    if (filter === undefined) return Int32Array.from({ length: count }, (_, row) => row);
    const columns = filter.columns.map((name): Column => {
      if (name === this.#settings.includePath) return pathColumn([{ url, rows: count }]);
      const { field, pending } = this.#target(name);
      return storedColumn(field.dtype, pending);
    });
    return filter.select(makeBlock(count, filter.columns, columns));
  }

  /** Adds the row of a line; false where there is none. */
  #add(line: string, at: number): boolean {
    const { badRows } = this.#settings;
    const value = parse(line);
    if (!isRecord(value)) {
      if (badRows === "error") throw notObject(line, at);
      if (badRows === "skip") return false;
      for (const { pending } of this.#targets) pending.push(null);
      return true;
    }
    const row: Stored[] = [];
    let exact: unknown;
    for (const target of this.#targets) {
      let stored = target.convert(fieldOf(value, target.field.name));
      if (stored === unfit) {
        // A number of more digits than JavaScript keeps is a bigint the second time.
        exact ??= parseExactly(line);
        if (isRecord(exact)) stored = target.convert(fieldOf(exact, target.field.name));
      }
      if (stored === unfit) {
        if (badRows === "error")
          throw this.#badValue(target.field, fieldOf(value, target.field.name), at);
        if (badRows === "skip") return false;
        stored = null;
      }
      row.push(stored);
    }
    this.#targets.forEach(({ pending }, i) => pending.push(row[i] as Stored));
    return true;
  }

  #badValue({ name, dtype }: Field, value: unknown, at: number): RowFault {
    const { inferred } = this.#settings;
    const what = `field ${quoteValue(name)} got ${quoteValue(value)}, wanted ${dtypeText(dtype)}`;
    const remedy = inferred.includes(name)
      ? "The dtype was inferred from the first rows: give a schema such as " +
        `{ ${JSON.stringify(name)}: utf8 }`
      : "Repair the value, give the field another dtype";
    return new RowFault("readJsonLines", at, what, `${remedy}, or ${policies}`);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function notObject(line: string, at: number): RowFault {
  const what = `not a JSON object, got ${quoteValue(line)}, wanted one object a line`;
  return new RowFault("readJsonLines", at, what, `Repair the line, or ${policies}`);
}
