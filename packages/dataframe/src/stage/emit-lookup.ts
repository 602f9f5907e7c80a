import type { Block } from "../column.ts";
import { halvesOf, makeValues } from "../column.ts";
import { isText, isWide } from "../dtype-traits.ts";
import type { Typed } from "../expr/typed.ts";
import { columnsOf, nodesOf } from "../expr/typed.ts";
import { TextDictionary } from "../kernels/text/text-builder.ts";
import type { ColumnLayout } from "./column-layout.ts";
import { columnOf } from "./column-layout.ts";
import { emitBytes, emitHalves } from "./emit-column.ts";
import type { Filler } from "./emitter.ts";
import { Emitter } from "./emitter.ts";
import { makeValue } from "./value.ts";
import type { Value } from "./value.ts";

/**
 * Whether a node is worked out once a code: all that it reads is one column of codes. The code
 * after the last one stands for null, so that functions that know null are right as well.
 */
export function isLookedUp(
  node: Typed,
  layouts: ReadonlyMap<string, ColumnLayout>,
): node is Exclude<Typed, { kind: "column" | "literal" }> {
  if (node.kind === "column" || node.kind === "literal") return false;
  if (node.kind === "call" && (node.fn === "isNull" || node.fn === "isNotNull")) return false;
  const [name, ...others] = columnsOf([node]);
  if (name === undefined || others.length > 0 || layouts.get(name)?.texts !== "coded") return false;
  return [...nodesOf([node])].every(
    ({ dtype }) => dtype.kind !== "list" && dtype.kind !== "struct",
  );
}

/** States of a code in a table, beside 0: not yet asked for. */
const NULL = 1;
const PRESENT = 2;

/** Arrays of a table by code. */
interface Table {
  readonly states: string;
  readonly values: string;
}

/** A value from a table by code, which is filled as codes are met. */
export function emitLookup(
  e: Emitter,
  node: Typed,
  emit: (emitter: Emitter, node: Typed) => Value,
): Value {
  const [column = ""] = columnsOf([node]);
  const { dtype } = node;
  const { states, values } = useTable(e, node, column);
  const { name, isNullable } = fillerOf(e, node, column, emit);
  const code = e.once(`code of ${column}`, () =>
    makeValue("number", [e.declare(`${column} code`, codeText(e, column))], undefined),
  ).parts[0] as string;
  e.line(`if (${states}[${code}] === 0) ${name}(c, ${code});`);
  const ok = isNullable ? e.declare("ok", `(${states}[${code}] === ${PRESENT} | 0)`) : undefined;
  if (isWide(dtype)) {
    e.wide = true;
    if (!e.exact) return makeValue("number", [halfValue(e, node, values, code)], ok);
  }
  const value = e.declare(column, `${values}[${code}]`);
  if (isText(dtype)) return makeValue("code", [value], ok, useDictionary(e, node));
  return makeValue(isWide(dtype) ? "bigint" : "number", [value], ok);
}

/** The code of the row, or the one that stands for null. */
function codeText(e: Emitter, column: string): string {
  const codes = e.slot(`values ${column}`, column, (block) => columnOf(block, column).values);
  if (e.program.layouts.get(column)?.nullable !== true) return `${codes}[i]`;
  const valid = e.slot(
    `valid ${column}`,
    `${column} valid`,
    (block) => columnOf(block, column).valid,
  );
  const none = e.slot(`none ${column}`, `${column} none`, (block) => codeCount(block, column));
  return `${valid}[i] === 1 ? ${codes}[i] : ${none}`;
}

function codeCount(block: Block, column: string): number {
  return columnOf(block, column).dictionary?.length ?? 0;
}

function useTable(e: Emitter, { token, dtype }: Typed, column: string): Table {
  const states = e.slot(
    `states ${token}`,
    `${column} states`,
    (block) => new Uint8Array(codeCount(block, column) + 1),
  );
  const values = e.slot(`table ${token}`, `${column} table`, (block) =>
    makeValues(dtype, codeCount(block, column) + 1),
  );
  return { states, values };
}

function useDictionary(e: Emitter, { token }: Typed): string {
  return e.slot(`dictionary ${token}`, "texts", () => new TextDictionary());
}

function halfValue(e: Emitter, { token, dtype }: Typed, values: string, code: string): string {
  const position = e.program.slots.indexOf(values);
  const halves = e.slot(`halves ${token}`, "halves", (_block, bound) =>
    halvesOf(bound[position] as BigInt64Array),
  );
  return emitHalves(e, halves, code, dtype, "value");
}

/** Writes the function that works a node out for one code, unless it is there. */
function fillerOf(
  e: Emitter,
  node: Typed,
  column: string,
  emit: (emitter: Emitter, node: Typed) => Value,
): Filler {
  const { program } = e;
  const known = program.fillers.get(node);
  if (known !== undefined) return known;
  const inner = new Emitter(program, true, emit, true);
  const dictionary = inner.slot(
    `dictionary ${column}`,
    `${column} dictionary`,
    (block) => columnOf(block, column).dictionary,
  );
  const { nullable } = program.layouts.get(column) as ColumnLayout;
  const ok = nullable ? inner.declare("ok", `(code < ${dictionary}.length | 0)`) : undefined;
  for (const part of nodesOf([node])) {
    if (part.kind === "column") inner.know(part, makeValue("code", ["code"], ok, dictionary));
  }
  const value = inner.value(node);
  const { states, values } = useTable(inner, node, column);
  const store = storeText(inner, node, value, values);
  inner.line(`${states}[code] = ${presentText(value.ok)};`);
  inner.line(value.ok === undefined ? store : `if (${value.ok}) ${store}`);
  const name = program.slots.name("fill");
  const lines = [...inner.heads(), ...inner.lines].map((line) => `  ${line}`);
  program.functions.push([`function ${name}(c, code) {`, ...lines, "}"].join("\n"));
  const filler: Filler = { name, isNullable: value.ok !== undefined };
  program.fillers.set(node, filler);
  return filler;
}

function presentText(ok: string | undefined): string {
  return ok === undefined ? String(PRESENT) : `${ok} ? ${PRESENT} : ${NULL}`;
}

function storeText(e: Emitter, node: Typed, value: Value, values: string): string {
  if (!isText(node.dtype)) return `${values}[code] = ${value.parts[0]};`;
  const { parts } = emitBytes(e, value);
  return `${values}[code] = ${useDictionary(e, node)}.add(${parts.join(", ")});`;
}
