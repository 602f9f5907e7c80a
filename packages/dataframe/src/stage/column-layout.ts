import type { Block, Column } from "../column.ts";
import type { DType, Field } from "../dtype.ts";
import { dtypeKey, isText } from "../dtype-traits.ts";

/** What generated code has to know of a column: other columns of the same layout share the code. */
export interface ColumnLayout {
  readonly dtype: DType;
  /** The column has a byte of validity a row. */
  readonly nullable: boolean;
  /** How texts are stored; undefined where it has none. */
  readonly texts: "plain" | "coded" | "indirect" | undefined;
}

/**
 * Texts of a dictionary are worked with once a code ("coded"), but where it is longer than its
 * column, as in a slice of a larger one: then by the row ("indirect"). Short ones are always worth
 * a table.
 */
const SHORT_DICTIONARY = 1_024;

/** The layouts of the columns that are read. */
export function layoutsOf(block: Block, names: Iterable<string>): Map<string, ColumnLayout> {
  const layouts = new Map<string, ColumnLayout>();
  for (const name of names) layouts.set(name, layoutOf(columnOf(block, name)));
  return layouts;
}

function layoutOf({ dtype, valid, dictionary, length }: Column): ColumnLayout {
  return { dtype, nullable: valid !== undefined, texts: textsOf(dtype, dictionary, length) };
}

function textsOf(
  dtype: DType,
  dictionary: Column | undefined,
  length: number,
): ColumnLayout["texts"] {
  if (!isText(dtype)) return undefined;
  if (dictionary === undefined) return "plain";
  return dictionary.length <= Math.max(length, SHORT_DICTIONARY) ? "coded" : "indirect";
}

/** The column of a name; a stage is made for the fields of its input, so that it is there. */
export function columnOf(block: Block, name: string): Column {
  const column = block.columns[block.names.indexOf(name)];
  if (column === undefined) throw new Error(`no column ${name} in ${block.names.join(", ")}`);
  return column;
}

/** Layouts of columns of which only the dtype is known: no nulls, `dictionary` as codes. */
export function layoutsOfFields(fields: readonly Field[]): Map<string, ColumnLayout> {
  const layouts = new Map<string, ColumnLayout>();
  for (const { name, dtype } of fields) {
    const texts = isText(dtype) ? (dtype.kind === "dictionary" ? "coded" : "plain") : undefined;
    layouts.set(name, { dtype, nullable: false, texts });
  }
  return layouts;
}

/** A text that equal layouts share. */
export function layoutsKey(layouts: ReadonlyMap<string, ColumnLayout>): string {
  let key = "";
  for (const [name, { dtype, nullable, texts }] of layouts) {
    key += `${JSON.stringify(name)}${dtypeKey(dtype)}${nullable ? "?" : ""}${texts ?? ""};`;
  }
  return key;
}
