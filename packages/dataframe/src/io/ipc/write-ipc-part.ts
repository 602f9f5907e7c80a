import { declareExports } from "@millrace/closure/tasks";
import { writeAll } from "@millrace/storage";
import { arrowModule } from "../../arrow/arrow-module.ts";
import { toArrowTable } from "../../arrow/to-arrow-table.ts";
import type { Block } from "../../column.ts";
import { sliceBlock } from "../../column.ts";
import type { Field } from "../../dtype.ts";
import { invalidArgument } from "../../errors.ts";
import { storageFault } from "../storage-fault.ts";

/** How a partition becomes an Arrow file. */
export interface WriteIpcSettings {
  readonly batchRows: number;
}

/** Options of a writer as a user gives them. */
export interface WriteIpcOptions {
  /** Rows of a record batch, at most, which readers take at a time; default 131,072. */
  readonly batchRows?: number;
}

/** Names of the options of {@link writeIpcSettings}. */
export const writeIpcNames: readonly (keyof WriteIpcOptions)[] = ["batchRows"];

/** Options with their defaults, checked. */
export function writeIpcSettings(
  api: string,
  { batchRows = 131_072 }: WriteIpcOptions,
): WriteIpcSettings {
  if (Number.isSafeInteger(batchRows) && batchRows >= 1) return { batchRows };
  throw invalidArgument(api, "bad batchRows", batchRows, "a whole number of 1 or more");
}

/**
 * Writes a partition to an Arrow file, of which nothing is seen before all of it is; gives the
 * path.
 */
export async function writeIpcPart(
  block: Block,
  path: string,
  fields: readonly Field[],
  { batchRows }: WriteIpcSettings,
): Promise<string> {
  const arrow = await arrowModule();
  const count = Math.max(1, Math.ceil(block.rows / batchRows));
  const batches = Array.from({ length: count }, (_, i) =>
    sliceBlock(block, i * batchRows, Math.min(block.rows, (i + 1) * batchRows)),
  );
  const bytes = arrow.tableToIPC(await toArrowTable(batches, fields), "file");
  try {
    await writeAll(path, [bytes], { compression: "none" });
  } catch (error) {
    throw storageFault(error);
  }
  return path;
}

declareExports(import.meta.url, { writeIpcPart }, { package: "@millrace/dataframe" });
