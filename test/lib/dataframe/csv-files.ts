import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Block } from "../../../packages/dataframe/dist/column.js";
import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import type { ReadCsvOptions } from "../../../packages/dataframe/dist/io/csv/csv-options.js";
import type { CsvPart, CsvSettings } from "../../../packages/dataframe/dist/io/csv/csv-settings.js";
import { readCsvPart } from "../../../packages/dataframe/dist/io/csv/read-csv-part.js";
import { readCsvSource } from "../../../packages/dataframe/dist/io/csv/read-csv-source.js";
import type { Source } from "../../../packages/dataframe/dist/plan/node.js";
import { scratchFolder } from "../scratch-folder.ts";
import { valuesOf } from "./columns.ts";
import type { Value } from "./interpret-values.ts";

const folder = scratchFolder();

/** Writes a file, over the one of that name; gives its path. */
export function file(content: string | Uint8Array, name = "a.csv"): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Columns of a frame by name, rows in order; dtypes by name. */
export interface Read {
  readonly dtypes: Readonly<Record<string, DType>>;
  readonly columns: Readonly<Record<string, readonly Value[]>>;
  readonly npartitions: number;
}

/** All rows of files, as a frame would read them. */
export async function readCsv(
  urls: string | string[],
  options: ReadCsvOptions = {},
): Promise<Read> {
  const source = readCsvSource("readCsv", urls, options);
  const names = source.fields.map(({ name }) => name);
  const blocks: Block[] = [];
  for (const part of source.parts)
    blocks.push(await readCsvPart(part as CsvPart, settingsOf(source), names));
  return joined(source, blocks);
}

/** Settings of a source. */
export function settingsOf(source: Source): CsvSettings {
  return source.options as CsvSettings;
}

/** What blocks hold, one after the other. */
export function joined(source: Source, blocks: readonly Block[]): Read {
  const columns = source.fields.map(({ name }, i) => {
    const values = blocks.flatMap((block) => {
      const column = block.columns[i];
      return column === undefined ? [] : valuesOf(column);
    });
    return [name, values] as const;
  });
  return {
    dtypes: Object.fromEntries(source.fields.map(({ name, dtype }) => [name, dtype])),
    columns: Object.fromEntries(columns),
    npartitions: blocks.length,
  };
}
