import { declareExports } from "@millrace/closure/tasks";
import type { Block, Column } from "../../column.ts";
import { makeBlock, sliceBlock } from "../../column.ts";
import type { Field } from "../../dtype.ts";
import type { Scalar, Typed } from "../../expr/typed.ts";
import { columnNode, columnsOf } from "../../expr/typed.ts";
import { concatBlocks } from "../../kernels/concat.ts";
import { runStage } from "../../stage/run-stage.ts";
import { badLayout } from "../../arrow/arrow-type.ts";
import { badFile } from "../bad-file.ts";
import { checkUnchanged } from "../file-version.ts";
import { readRanges } from "../read-bytes.ts";
import type { LoadedGroup } from "./assemble.ts";
import { chunkBounds } from "./chunk-bounds.ts";
import { constantColumn } from "./constant-column.ts";
import { decodeColumns } from "./decode-columns.ts";
import type { ParquetFooter, RowGroup } from "./footer.ts";
import type { ColumnBounds } from "./may-match.ts";
import { mayMatch } from "./may-match.ts";
import { readFooter } from "./open-parquet.ts";
import type { ParquetPart, ParquetReading } from "./read-parquet-source.ts";
import type { ParquetColumn } from "./schema.ts";

/**
 * The columns asked for of the rows of a partition for which `predicate` is true, `limit` of them
 * at most. Only their chunks are read, of row groups that may have such rows.
 */
export async function readParquetPart(
  part: ParquetPart,
  reading: ParquetReading,
  columns: readonly string[],
  predicate: Typed | undefined,
  limit: number | undefined,
): Promise<Block> {
  checkUnchanged(part);
  const footer = await readFooter(part);
  const names = new Set([...columns, ...columnsOf(predicate === undefined ? [] : [predicate])]);
  const wanted = wantedColumns(part, reading, footer, [...names]);
  const groups = (part.groups ?? [...footer.rowGroups.keys()]).flatMap((number) => {
    const group = footer.rowGroups[number];
    if (group === undefined) throw badFile(part.url, badLayout(`row group ${number} is missing`));
    return mayHold(wanted, group, predicate) ? [{ number, group }] : [];
  });
  const found: Block[] = [];
  let rows = 0;
  for (const some of limit === undefined ? [groups] : groups.map((one) => [one])) {
    if (limit !== undefined && rows >= limit) break;
    const block = await readGroups(part, footer, wanted, some);
    const outputs = columns.map((name) => {
      const { dtype } = (wanted.find(({ field }) => field.name === name) as WantedColumn).field;
      return { name, value: columnNode(name, dtype) };
    });
    const passed =
      predicate === undefined ? block : runStage(block, { filter: predicate, outputs });
    found.push(passed);
    rows += passed.rows;
  }
  const all = found.length === 0 ? await readGroups(part, footer, wanted, []) : concatBlocks(found);
  const shown = chooseColumns(all, columns);
  return limit === undefined ? shown : sliceBlock(shown, 0, Math.min(limit, shown.rows));
}

/** A column that is needed: one of the file, or the value of a folder. */
type WantedColumn = {
  readonly field: Field;
} & ({ readonly column: ParquetColumn } | { readonly value: Scalar });

function wantedColumns(
  part: ParquetPart,
  reading: ParquetReading,
  footer: ParquetFooter,
  names: readonly string[],
): readonly WantedColumn[] {
  return names.map((name) => {
    const field = reading.fields.find((one) => one.name === name) as Field;
    const folder = reading.hive.indexOf(name);
    if (folder >= 0) return { field, value: part.hive[folder] ?? null };
    const column = footer.columns.find((one) => one.name === name);
    if (column !== undefined) return { field, column };
    throw badFile(part.url, badLayout(`it has no column ${JSON.stringify(name)}`));
  });
}

function mayHold(
  wanted: readonly WantedColumn[],
  group: RowGroup,
  predicate: Typed | undefined,
): boolean {
  if (predicate === undefined) return true;
  return mayMatch(predicate, (name) => {
    const found = wanted.find(({ field }) => field.name === name);
    if (found === undefined) return undefined;
    if ("value" in found) return valueBounds(found.value);
    const { field, column } = found;
    const chunk = group.chunks[column.leaves[0]];
    return chunk && chunkBounds(column, field.dtype, chunk);
  });
}

function valueBounds(value: Scalar): ColumnBounds {
  if (value === null) return { min: undefined, max: undefined, nulls: "all" };
  const bound = typeof value === "string" ? new TextEncoder().encode(value) : value;
  const one = typeof bound === "boolean" ? Number(bound) : bound;
  return { min: one, max: one, nulls: "none" };
}

interface NumberedGroup {
  readonly number: number;
  readonly group: RowGroup;
}

async function readGroups(
  part: ParquetPart,
  footer: ParquetFooter,
  wanted: readonly WantedColumn[],
  groups: readonly NumberedGroup[],
): Promise<Block> {
  const rows = groups.reduce((sum, { group }) => sum + group.rows, 0);
  const own = wanted.flatMap((one) => ("column" in one ? [one] : []));
  const parsed = own.map(({ column }) => column);
  const loaded = await loadChunks(part.url, parsed, groups);
  const numbers = groups.map(({ number }) => number).join(", ");
  const decoded = await decodeColumns(footer, own, loaded).catch((error: unknown) => {
    throw badFile(part.url, error, `row group ${numbers}`);
  });
  const byName = new Map(own.map(({ field }, i) => [field.name, decoded[i] as Column]));
  const columns = wanted.map((one) => {
    if ("value" in one) return constantColumn(one.field.dtype, one.value, rows);
    const column = byName.get(one.field.name) as Column;
    if (column.length === rows) return column;
    const name = JSON.stringify(one.field.name);
    const what = `column ${name} has ${column.length} rows, wanted ${rows}`;
    throw badFile(part.url, badLayout(what), `row group ${numbers}`);
  });
  return makeBlock(
    rows,
    wanted.map(({ field }) => field.name),
    columns,
  );
}

/** The bytes of the chunks of some columns, in one pass over the file. */
async function loadChunks(
  url: string,
  columns: readonly ParquetColumn[],
  groups: readonly NumberedGroup[],
): Promise<readonly LoadedGroup[]> {
  const wanted = groups.map(({ group }) =>
    columns.flatMap(({ leaves }) => group.chunks.slice(...leaves)),
  );
  const bytes = await readRanges(url, wanted.flat());
  let at = 0;
  return groups.map(({ group }, i) => ({
    group,
    chunks: (wanted[i] ?? []).map((chunk) => ({ chunk, bytes: bytes[at++] as Uint8Array })),
  }));
}

function chooseColumns(block: Block, names: readonly string[]): Block {
  if (names.length === block.names.length && names.every((n, i) => n === block.names[i]))
    return block;
  const columns = names.map((name) => block.columns[block.names.indexOf(name)] as Column);
  return makeBlock(block.rows, names, columns);
}

declareExports(import.meta.url, { readParquetPart }, { package: "@millrace/dataframe" });
