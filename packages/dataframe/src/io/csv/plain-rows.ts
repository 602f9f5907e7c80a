import type { Dialect } from "./dialect.ts";
import { LF } from "./dialect.ts";
import type { FieldTable } from "./field-table.ts";
import { FIELDS_MAX, ROWS_MAX } from "./field-table.ts";
import { plainRowsModule } from "./plain-rows-module.ts";

/** Bytes that are held at most: those of longer rows are scanned where they are. */
const BYTES_MAX = (1 << 20) + (1 << 16);
const COLUMNS_MAX = 4_096;

/** Places in the memory of the module; a load of 16 bytes may go beyond the last byte. */
const places = 0;
const rowStarts = places + 4 * COLUMNS_MAX;
const starts = rowStarts + 4 * ROWS_MAX;
const ends = starts + 4 * FIELDS_MAX;
const chunk = ends + 4 * FIELDS_MAX;
const pages = Math.ceil((chunk + BYTES_MAX + 17) / 65_536);

/** The memory and functions of the module in this thread. */
interface Engine {
  readonly bytes: Uint8Array;
  readonly ints: Int32Array;
  readonly scan: (...args: readonly number[]) => number;
  readonly next: { readonly value: number };
}

/** What of it is used here: the compiler knows of it in browsers alone. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

let engine: Engine | undefined;

/**
 * A copy of bytes in the memory that {@link scanPlainRows} can see, until the next call; with a
 * line feed behind them where `isCut`. Undefined where there are too many.
 */
export function holdBytes(bytes: Uint8Array, isCut: boolean): Uint8Array | undefined {
  if (bytes.length > BYTES_MAX) return undefined;
  engine ??= startEngine();
  engine.bytes.set(bytes, chunk);
  engine.bytes[chunk + bytes.length] = LF;
  return engine.bytes.subarray(chunk, chunk + bytes.length + (isCut ? 1 : 0));
}

/**
 * As `scanRows`, of bytes that are held, as far as rows have no quotes and nothing else is special
 * about them: 16 bytes at a time, by the instructions that processors have for that.
 */
export function scanPlainRows(
  to: number,
  stop: number,
  { delimiter, quote, comment }: Dialect,
  table: FieldTable,
): void {
  const { width, capacity } = table;
  if (engine === undefined || width > COLUMNS_MAX || table.starts.length > FIELDS_MAX) return;
  const { ints } = engine;
  ints.set(table.places, places >> 2);
  const [from, until] = [chunk + table.next, chunk + Math.min(to, stop)];
  const meaning = [delimiter, quote, comment];
  const results = [places, starts, ends, rowStarts];
  const rows = engine.scan(from, until, chunk, ...meaning, width, capacity, ...results);
  for (const place of table.places) {
    if (place < 0) continue;
    table.starts.set(ints.subarray((starts >> 2) + place, (starts >> 2) + place + rows), place);
    table.ends.set(ints.subarray((ends >> 2) + place, (ends >> 2) + place + rows), place);
  }
  table.rowStarts.set(ints.subarray(rowStarts >> 2, (rowStarts >> 2) + rows));
  table.rows = rows;
  table.next = engine.next.value - chunk;
}

function startEngine(): Engine {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(Buffer.from(plainRowsModule, "base64"));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return {
    bytes: new Uint8Array(memory.buffer),
    ints: new Int32Array(memory.buffer),
    scan: exports["scan"] as Engine["scan"],
    next: exports["next"] as Engine["next"],
  };
}
