import type { DType, TimeUnit } from "../dtype.ts";
import { dtypeText, isText } from "../dtype-traits.ts";
import type { Ast, Native } from "./ast.ts";
import { stepsPerSecond } from "./literal.ts";
import type { FunctionName, Scalar, Typed } from "./typed.ts";

/** Characters of the text of an expression, at most: shared parts are written out each time. */
const TEXT_MAX = 4_000;

/**
 * An expression as people read it: `(delay > 15) and (distance < 1000)`. Different expressions
 * have different texts, up to the dtypes of constants and to the cut of very long ones.
 */
export function exprText(root: Ast | Typed): string {
  return textOf(root, new Map());
}

type Known = Map<Ast | Typed, string>;

/** With each node's text kept, since a node may have millions of paths to it. */
function textOf(node: Ast | Typed, known: Known): string {
  const before = known.get(node);
  if (before !== undefined) return before;
  const text = write(node, known);
  const cut = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text;
  known.set(node, cut);
  return cut;
}

function write(node: Ast | Typed, known: Known): string {
  switch (node.kind) {
    case "column":
      return columnText(node.name);
    case "value":
      return nativeText(node.value);
    case "literal":
      return scalarText(node.value, node.dtype);
    case "alias":
      return `${operand(node.input, known)} as ${columnText(node.name)}`;
    case "cast": {
      const name = node.strict ? "cast" : "tryCast";
      return `${name}(${textOf(node.input, known)}, ${dtypeText(node.dtype)})`;
    }
    case "case": {
      const branches = node.branches.map(
        ([condition, value]) => `when ${operand(condition, known)} then ${operand(value, known)}`,
      );
      return `case ${branches.join(" ")} else ${operand(node.otherwise, known)} end`;
    }
    case "aggregate": {
      const arg = node.arg === undefined ? [] : [textOf(node.arg, known)];
      const name = node.fn === "rows" ? "count" : node.fn;
      return `${name}(${[...arg, ...node.params.map(String)].join(", ")})`;
    }
    case "call":
      return writeCall(node, known);
  }
}

const symbols: Readonly<Partial<Record<FunctionName, string>>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  mod: "%",
  pow: "**",
  eq: "=",
  neq: "!=",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
  and: "and",
  or: "or",
};

type Call = Extract<Ast | Typed, { readonly kind: "call" }>;

function writeCall(node: Call, known: Known): string {
  const [first, ...rest] = node.args;
  const symbol = symbols[node.fn];
  if (symbol !== undefined) {
    return node.args.map((arg) => operand(arg, known)).join(` ${symbol} `);
  }
  if (first !== undefined) {
    if (node.fn === "isNull") return `${operand(first, known)} is null`;
    if (node.fn === "isNotNull") return `${operand(first, known)} is not null`;
    if (node.fn === "isIn") {
      const dtype = "dtype" in first ? first.dtype : undefined;
      const values = node.params.map((param) => paramText(param, dtype));
      const all = [...rest.map((value) => textOf(value, known)), ...values];
      return `${operand(first, known)} in (${all.join(", ")})`;
    }
  }
  const args = node.args.map((arg) => textOf(arg, known));
  return `${node.fn}(${[...args, ...paramTexts(node)].join(", ")})`;
}

/** An argument of a symbol: in brackets where it has a symbol itself. */
function operand(node: Ast | Typed, known: Known): string {
  const text = textOf(node, known);
  const isWritten =
    node.kind === "case" ||
    node.kind === "alias" ||
    (node.kind === "call" &&
      (node.fn in symbols ||
        node.fn === "isNull" ||
        node.fn === "isNotNull" ||
        node.fn === "isIn"));
  return isWritten ? `(${text})` : text;
}

const withPattern: readonly FunctionName[] = [
  "contains",
  "matches",
  "replace",
  "replaceAll",
  "split",
];

function paramTexts({ fn, params }: Call): readonly string[] {
  const shown = params.filter((param) => param !== null).map((param) => paramText(param));
  const [source, flags] = params;
  if (!withPattern.includes(fn) || flags === null) return shown;
  return [`/${source}/${flags}`, ...shown.slice(2)];
}

function paramText(value: Scalar, dtype?: DType): string {
  if (dtype !== undefined) return scalarText(value, dtype);
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

const words = new Set(
  "and or as in is not null true false case when then else end NaN Infinity".split(" "),
);

/** A column as an expression names it: bare where that is clear. */
function columnText(name: string): string {
  const isBare = /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) && !words.has(name);
  return isBare ? name : `col(${JSON.stringify(name)})`;
}

function nativeText(value: Native): string {
  if (value instanceof Date) return `timestamp ${value.toISOString()}`;
  if (typeof value === "string") return JSON.stringify(value);
  return numberText(value);
}

function numberText(value: Scalar): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A stored constant as people write it. */
export function scalarText(value: Scalar, dtype: DType): string {
  if (value === null) return "null";
  if (isText(dtype)) return JSON.stringify(value);
  if (dtype.kind === "decimal") return decimalText(BigInt(value), dtype.scale);
  if (dtype.kind === "timestamp") return `timestamp ${timeText(BigInt(value), dtype.unit)}`;
  if (dtype.kind !== "date") return numberText(value);
  return `date ${isoText(BigInt(value) * 86_400n)?.slice(0, -10) ?? String(value)}`;
}

function decimalText(value: bigint, scale: number): string {
  const digits = String(value)
    .replace("-", "")
    .padStart(scale + 1, "0");
  const at = digits.length - scale;
  const point = scale === 0 ? "" : `.${digits.slice(at)}`;
  return `${value < 0n ? "-" : ""}${digits.slice(0, at)}${point}`;
}

function timeText(count: bigint, unit: TimeUnit): string {
  const steps = BigInt(stepsPerSecond[unit]);
  const rest = ((count % steps) + steps) % steps;
  const fraction = steps === 1n ? "" : `.${`${steps + rest}`.slice(1)}`;
  return isoText((count - rest) / steps)?.replace("Z", `${fraction}Z`) ?? `${count}${unit}`;
}

/** `2024-05-06T07:08:09Z`; undefined beyond the years that a Date has. */
function isoText(second: bigint): string | undefined {
  const time = new Date(Number(second) * 1_000);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString().replace(".000Z", "Z");
}
