import type { Block, Column } from "../column.ts";

/** Columns of a partition by name; plans have checked that they are there. */
export function columnsNamed(block: Block, names: readonly string[]): Column[] {
  return names.map((name) => block.columns[block.names.indexOf(name)] as Column);
}
