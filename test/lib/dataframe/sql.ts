import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import {
  isFloat,
  isInteger,
  isNumeric,
  isText,
} from "../../../packages/dataframe/dist/dtype-traits.js";
import type {
  Aggregate,
  CallNode,
  CastNode,
  FunctionName,
  Typed,
} from "../../../packages/dataframe/dist/expr/typed.js";
import { partsOf } from "../../../packages/dataframe/dist/expr/typed.js";
import type { Value } from "./interpret-values.ts";

/**
 * The type of a dtype in DuckDB; undefined where it has none with the same functions: its
 * timestamps with a zone need an extension, and it cuts those in nanoseconds toward 1970.
 */
export function sqlType(dtype: DType): string | undefined {
  switch (dtype.kind) {
    case "decimal":
      return `DECIMAL(${dtype.precision}, ${dtype.scale})`;
    case "timestamp":
      if (dtype.timezone !== undefined || dtype.unit === "ns") return undefined;
      return { s: "TIMESTAMP_S", ms: "TIMESTAMP_MS", us: "TIMESTAMP" }[dtype.unit];
    case "list":
    case "struct":
      return undefined;
    case "int8":
      return "TINYINT";
    case "int16":
      return "SMALLINT";
    case "int32":
      return "INTEGER";
    case "int64":
      return "BIGINT";
    case "uint8":
      return "UTINYINT";
    case "uint16":
      return "USMALLINT";
    case "uint32":
      return "UINTEGER";
    case "uint64":
      return "UBIGINT";
    case "float32":
      return "FLOAT";
    case "float64":
      return "DOUBLE";
    case "bool":
      return "BOOLEAN";
    case "date":
      return "DATE";
    case "utf8":
    case "dictionary":
      return "VARCHAR";
  }
}

/** A stored value as a constant of its type. */
export function sqlValue(value: Value, dtype: DType): string {
  const type = sqlType(dtype);
  if (value === null) return `CAST(NULL AS ${type})`;
  if (isText(dtype)) {
    const pieces = (value as string).split("\0").map((text) => `'${text.replaceAll("'", "''")}'`);
    return pieces.length === 1 ? `${pieces[0]}` : `(${pieces.join(" || chr(0) || ")})`;
  }
  const text = Object.is(value, -0) ? "-0" : String(value as number);
  switch (dtype.kind) {
    case "date":
      return `(DATE '1970-01-01' + CAST(${text} AS INTEGER))`;
    case "timestamp": {
      const factor = { s: 1_000_000, ms: 1_000, us: 1, ns: 0 }[dtype.unit];
      return `CAST(make_timestamp(CAST(${text} AS BIGINT) * ${factor}) AS ${type})`;
    }
    case "decimal": {
      const digits = text.replace("-", "").padStart(dtype.scale + 1, "0");
      const at = digits.length - dtype.scale;
      const sign = text.startsWith("-") ? "-" : "";
      return `CAST('${sign}${digits.slice(0, at)}.${digits.slice(at)}' AS ${type})`;
    }
    default:
      return `CAST('${text}' AS ${type})`;
  }
}

/** An expression of which every node {@link agreesWithSql}, over columns named by `column`. */
export function sqlOf(node: Typed, column: (name: string) => string): string {
  const parts = partsOf(node).map((part) => sqlOf(part, column));
  switch (node.kind) {
    case "column":
      return column(node.name);
    case "literal":
      return sqlValue(node.value, node.dtype);
    case "cast":
      return castSql(node, parts[0] ?? "");
    case "case": {
      const branches = node.branches.map((_, i) => `WHEN ${parts[2 * i]} THEN ${parts[2 * i + 1]}`);
      return `CASE ${branches.join(" ")} ELSE ${parts.at(-1)} END`;
    }
    case "call":
      return callSql(node, parts);
  }
}

/**
 * Whether a node, its parts aside, means the same in DuckDB. What does not: functions that are not
 * correctly rounded anywhere (pow, exp, log); sqrt of a negative number, which fails there; letters
 * outside of ASCII in lower and upper; patterns, which are RE2 there; casts from text, which take
 * more forms there, of floats and times to text, between numbers and times, and to a float32 of a
 * float64, which may be too large there.
 */
export function agreesWithSql(node: Typed): boolean {
  const dtypes = [node, ...partsOf(node)].map(({ dtype }) => dtype);
  if (dtypes.some((dtype) => sqlType(dtype) === undefined)) return false;
  if (node.kind === "cast") return agreesOnCast(node.input.dtype, node.dtype);
  if (node.kind !== "call") return true;
  const [source, flags] = node.params;
  switch (node.fn) {
    case "contains":
    case "replace":
    case "replaceAll":
      return flags === null && source !== "";
    case "round":
      return node.dtype.kind !== "float32" || node.params[0] === 0;
    default:
      return !disagreeing.includes(node.fn);
  }
}

const disagreeing: readonly FunctionName[] = [
  "pow",
  "exp",
  "log",
  "sqrt",
  "lower",
  "upper",
  "matches",
  "split",
];

function agreesOnCast(from: DType, to: DType): boolean {
  if (isText(from)) return isText(to);
  if (isText(to)) return isInteger(from) || from.kind === "bool" || from.kind === "decimal";
  const isNumber = (dtype: DType): boolean => isNumeric(dtype) || dtype.kind === "bool";
  if (isNumber(from) && isNumber(to)) return from.kind !== "float64" || to.kind !== "float32";
  return from.kind !== to.kind && !isNumber(from) && !isNumber(to);
}

function castSql(node: CastNode, input: string): string {
  const from = node.input.dtype;
  const to = node.dtype;
  const cast = node.strict ? "CAST" : "TRY_CAST";
  const type = sqlType(to);
  if (to.kind === "bool") return `(${input} <> 0)`;
  if (isInteger(to) && !isInteger(from) && from.kind !== "bool") {
    return `${cast}(trunc(${input}) AS ${type})`;
  }
  if (to.kind === "float32") return `CAST(CAST(${input} AS DOUBLE) AS FLOAT)`;
  if (from.kind === "float32" && to.kind === "decimal") {
    return `${cast}(CAST(${input} AS DOUBLE) AS ${type})`;
  }
  if (from.kind === "bool" && to.kind === "decimal") {
    return `${cast}(CAST(${input} AS INTEGER) AS ${type})`;
  }
  return `${cast}(${input} AS ${type})`;
}

const symbols: Readonly<Partial<Record<FunctionName, string>>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  mod: "%",
  eq: "=",
  neq: "<>",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
  and: "AND",
  or: "OR",
};

function callSql(node: CallNode, args: readonly string[]): string {
  const { fn, params, dtype } = node;
  const [x = ""] = args;
  const text = (i: number): string => sqlValue(params[i] ?? null, { kind: "utf8" });
  switch (fn) {
    case "add":
    case "sub":
    case "mul":
    case "mod":
    case "neg":
    case "abs":
    case "floor":
    case "ceil":
    case "round":
      return isFloat(dtype) ? calculation(node, args) : exactCalculation(node, args);
    case "not":
      return `(NOT ${x})`;
    case "isNull":
      return `(${x} IS NULL)`;
    case "isNotNull":
      return `(${x} IS NOT NULL)`;
    case "coalesce":
      return `COALESCE(${args.join(", ")})`;
    case "isIn": {
      const of = node.args[0]?.dtype as DType;
      if (params.length === 0) return `CASE WHEN ${x} IS NULL THEN NULL ELSE FALSE END`;
      return `(${x} IN (${params.map((param) => sqlValue(param, of)).join(", ")}))`;
    }
    case "contains":
      return `contains(${x}, ${text(0)})`;
    case "startsWith":
      return `starts_with(${x}, ${text(0)})`;
    case "endsWith":
      return `suffix(${x}, ${text(0)})`;
    case "length":
      return `CAST(length(${x}) AS INTEGER)`;
    case "trim": {
      const white = [9, 10, 11, 12, 13, 32, 160, 5760, 8232, 8233, 8239, 8287, 12288, 65279];
      const wide = Array.from({ length: 11 }, (_, i) => 8192 + i);
      return `trim(${x}, '${String.fromCodePoint(...white, ...wide)}')`;
    }
    case "slice": {
      const place = (at: number): string =>
        at < 0 ? `greatest(length(${x}) + ${at}, 0)` : String(at);
      const [start, end] = params as [number, number | null];
      const until = end === null ? `length(${x})` : place(end);
      return `substring(${x}, ${place(start)} + 1, greatest(${until} - ${place(start)}, 0))`;
    }
    case "replace": {
      const before = `substring(${x}, 1, strpos(${x}, ${text(0)}) - 1)`;
      const after = `substring(${x}, strpos(${x}, ${text(0)}) + length(${text(0)}))`;
      const replaced = `${before} || ${text(2)} || ${after}`;
      return `CASE WHEN contains(${x}, ${text(0)}) THEN ${replaced} ELSE ${x} END`;
    }
    case "replaceAll":
      return `replace(${x}, ${text(0)}, ${text(2)})`;
    case "year":
    case "month":
    case "day":
    case "hour":
    case "minute":
    case "second":
      return `CAST(${fn}(${x}) AS INTEGER)`;
    case "weekday":
      return `CAST(isodow(${x}) AS INTEGER)`;
    case "truncate":
      return `CAST(date_trunc(${text(0)}, ${x}) AS ${sqlType(dtype)})`;
    default:
      return calculation(node, args);
  }
}

function calculation({ fn, params, dtype }: CallNode, args: readonly string[]): string {
  const symbol = symbols[fn];
  if (symbol !== undefined) return `(${args.join(` ${symbol} `)})`;
  if (fn === "neg") return `(-${args[0]})`;
  if (fn === "round" && isFloat(dtype)) {
    // Without this a large number loses its last digits to the multiplication.
    const isLarge = `abs(${args[0]}) * ${10 ** Number(params[0])} > ${2 ** 52}`;
    return `CASE WHEN ${isLarge} THEN ${args[0]} ELSE round(${args[0]}, ${params[0]}) END`;
  }
  return `${fn}(${[...args, ...params.map(String)].join(", ")})`;
}

/** Whole numbers and decimals with room, so that only the last cast can overflow. */
function exactCalculation(node: CallNode, args: readonly string[]): string {
  const wide = node.args.map(({ dtype }, i) => {
    const type = dtype.kind === "decimal" ? `DECIMAL(38, ${dtype.scale})` : "HUGEINT";
    return `CAST(${args[i]} AS ${type})`;
  });
  const isDecimal = node.dtype.kind === "decimal";
  const isRounding = node.fn === "floor" || node.fn === "ceil" || node.fn === "round";
  if (isRounding && !isDecimal) return args[0] ?? "";
  return `CAST(${calculation(node, wide)} AS ${sqlType(node.dtype)})`;
}

/** An aggregate over rows in the order of a column `row`. */
export function aggregateSql(aggregate: Aggregate, column: (name: string) => string): string {
  const { fn, arg, params, dtype } = aggregate;
  if (arg === undefined) return "count(*)";
  const x = sqlOf(arg, column);
  const double = `CAST(${x} AS DOUBLE)`;
  switch (fn) {
    case "rows":
      return "count(*)";
    case "count":
    case "min":
    case "max":
      return `${fn}(${x})`;
    case "sum":
      return `CAST(sum(${isFloat(arg.dtype) ? double : x}) AS ${sqlType(dtype)})`;
    case "mean":
      return `avg(${double})`;
    case "nUnique":
    case "approxNUnique":
      return `count(DISTINCT ${x})`;
    case "first":
    case "last": {
      const order = fn === "first" ? "ASC" : "DESC";
      return `first(${x} ORDER BY row ${order}) FILTER ((${x}) IS NOT NULL)`;
    }
    case "any":
      return `bool_or(${x})`;
    case "all":
      return `bool_and(${x})`;
    case "std":
      return `stddev_samp(${double})`;
    case "var":
      return `var_samp(${double})`;
    case "median":
      return `quantile_cont(${double}, 0.5)`;
    case "quantile":
    case "approxQuantile":
      return `quantile_cont(${double}, ${params[0]})`;
  }
}
