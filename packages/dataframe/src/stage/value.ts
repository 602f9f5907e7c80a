import type { DType } from "../dtype.ts";
import { isText, isWide } from "../dtype-traits.ts";

/**
 * How generated code holds a value, in parts that are variables or constants of its source:
 *
 * | form | parts |
 * | --- | --- |
 * | number | a number; 0 or 1 for truth; a whole number that a double holds for 64 bits |
 * | bigint | a bigint: 64 bits in the exact variant of a loop |
 * | code | a code of `dictionary` |
 * | bytes | an array of bytes, start and end of the text in it |
 * | row | the number of a source of lists or structs, and a row of it |
 */
export type Form = "number" | "bigint" | "code" | "bytes" | "row";

/** Where generated code holds the value of a node. */
export interface Value {
  readonly form: Form;
  readonly parts: readonly string[];
  /** 1 where there is a value, 0 for null; undefined: there always is one. */
  readonly ok: string | undefined;
  /** Of codes: the variable that holds their dictionary. */
  readonly dictionary: string | undefined;
}

/** A value in some parts. */
export function makeValue(
  form: Form,
  parts: readonly string[],
  ok: string | undefined,
  dictionary?: string,
): Value {
  return { form, parts, ok, dictionary };
}

/** The form that values of a dtype have where they come together from several places. */
export function formOf(dtype: DType, exact: boolean): Form {
  if (isText(dtype)) return "bytes";
  if (dtype.kind === "list" || dtype.kind === "struct") return "row";
  return exact && isWide(dtype) ? "bigint" : "number";
}

/** Parts of a value that nobody looks at; `noText` is a kernel. */
export const emptyParts: Readonly<Record<Form, readonly string[]>> = {
  number: ["0"],
  bigint: ["0n"],
  code: ["0"],
  bytes: ["noText", "0", "0"],
  row: ["0", "-1"],
};

/** 1 where all of some values are there. */
export function allOk(oks: readonly (string | undefined)[]): string | undefined {
  const known = [...new Set(oks.filter((ok) => ok !== undefined))];
  if (known.length === 0) return undefined;
  return known.includes("0") ? "0" : known.join(" & ");
}
