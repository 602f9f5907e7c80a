import { declareExports } from "@millrace/closure/tasks";
import { encodeKeptTexts } from "../arrow/encode-texts.ts";
import type { Block } from "../column.ts";
import { makeBlock } from "../column.ts";

/** A partition as it is kept: texts that repeat are stored once. */
export function keepBlock(block: Block): Block {
  return makeBlock(block.rows, block.names, block.columns.map(encodeKeptTexts));
}

declareExports(import.meta.url, { keepBlock }, { package: "@millrace/dataframe" });
