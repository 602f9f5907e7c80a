import type { Field } from "../../dtype.ts";
import type { FileBlock } from "../file-blocks.ts";
import type { BadRows, TextFormat } from "../text-format.ts";

/** All that readers of a JSON lines source have in common. Plain data: it travels to tasks. */
export interface JsonLinesSettings extends TextFormat {
  readonly fields: readonly Field[];
  /** Fields whose dtype was found in a sample. */
  readonly inferred: readonly string[];
  readonly badRows: BadRows;
  /** Name of the column that holds the path of the file. */
  readonly includePath: string | undefined;
}

/** What one partition reads. Plain data. */
export interface JsonLinesPart {
  readonly files: readonly FileBlock[];
}
