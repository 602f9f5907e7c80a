import type { DType } from "../../../packages/dataframe/dist/dtype.js";
import { isFloat, isWide } from "../../../packages/dataframe/dist/dtype-traits.js";
import { DataFrameError } from "../../../packages/dataframe/dist/errors.js";
import type { CallNode, Scalar, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import { castValue } from "./interpret-cast.ts";
import { textFunction } from "./interpret-text.ts";
import { timeFunction } from "./interpret-time.ts";
import type { Value } from "./interpret-values.ts";
import { compareValues, divideRounding, fits, floorDivide } from "./interpret-values.ts";

/** Values of a row by column; a Map, since a column may be called `__proto__`. */
export type Row = ReadonlyMap<string, Value>;

/** What an expression gives for one row, in the plainest way: the oracle of all tests. */
export function interpret(node: Typed, value: (column: string) => Value): Value {
  switch (node.kind) {
    case "column":
      return value(node.name);
    case "literal":
      return node.value;
    case "cast": {
      const input = interpret(node.input, value);
      if (input === null) return null;
      const given = input as Exclude<Scalar, null>;
      const result = castValue(given, node.input.dtype, node.dtype);
      if (result !== undefined) return result;
      if (!node.strict) return null;
      throw new DataFrameError("dataframe/bad-cast", `${String(given)} as ${node.dtype.kind}`);
    }
    case "case": {
      for (const [condition, then] of node.branches) {
        if (interpret(condition, value) === true) return interpret(then, value);
      }
      return interpret(node.otherwise, value);
    }
    case "call": {
      if (node.fn === "coalesce") {
        for (const arg of node.args) {
          const found = interpret(arg, value);
          if (found !== null) return found;
        }
        return null;
      }
      return call(
        node,
        node.args.map((arg) => interpret(arg, value)),
      );
    }
  }
}

/** A function of values; all but case and coalesce look at all their arguments. */
function call(node: CallNode, args: readonly Value[]): Value {
  const [a = null, b = null] = args;
  switch (node.fn) {
    case "isNull":
      return a === null;
    case "isNotNull":
      return a !== null;
    case "and":
      if (a === false || b === false) return false;
      return a === null || b === null ? null : true;
    case "or":
      if (a === true || b === true) return true;
      return a === null || b === null ? null : false;
    default:
      if (args.includes(null)) return null;
      return present(node, args as readonly Exclude<Scalar, null>[]);
  }
}

function present(node: CallNode, args: readonly Exclude<Scalar, null>[]): Value {
  const [a = 0, b = 0] = args;
  const first = node.args[0]?.dtype as DType;
  switch (node.fn) {
    case "not":
      return !(a as boolean);
    case "eq":
      return compareValues(first, a, b) === 0;
    case "neq":
      return compareValues(first, a, b) !== 0;
    case "lt":
      return compareValues(first, a, b) < 0;
    case "lte":
      return compareValues(first, a, b) <= 0;
    case "gt":
      return compareValues(first, a, b) > 0;
    case "gte":
      return compareValues(first, a, b) >= 0;
    case "isIn":
      return node.params.some((param) => compareValues(first, a, param as never) === 0);
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "mod":
    case "neg":
    case "abs":
    case "floor":
    case "ceil":
    case "round":
    case "pow":
    case "sqrt":
    case "exp":
    case "log":
      if (isFloat(node.dtype)) {
        const result = floatFunction(node, a as number, b as number);
        return node.dtype.kind === "float32" ? Math.fround(result) : result;
      }
      return exactFunction(node, BigInt(a), BigInt(b));
    case "year":
    case "month":
    case "day":
    case "hour":
    case "minute":
    case "second":
    case "weekday":
    case "truncate":
      return timeFunction(node, first, a as number | bigint);
    default:
      return textFunction(node, a as string);
  }
}

function floatFunction(node: CallNode, a: number, b: number): number {
  switch (node.fn) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "div":
      return a / b;
    case "mod":
      return a % b;
    case "neg":
      return -a;
    case "abs":
      return Math.abs(a);
    case "floor":
      return Math.floor(a);
    case "ceil":
      return Math.ceil(a);
    case "round":
      return roundFloat(a, Number(node.params[0]));
    case "pow":
      return a ** b;
    case "sqrt":
      return Math.sqrt(a);
    case "exp":
      return Math.exp(a);
    case "log":
      return Math.log(a);
    default:
      throw new Error(`${node.fn} is no function of floats`);
  }
}

/** Half away from zero; what is too large to have such digits stays. */
function roundFloat(x: number, digits: number): number {
  const power = 10 ** digits;
  const scaled = Math.abs(x) * power;
  if (!Number.isFinite(scaled) || scaled > 2 ** 52) return x;
  const rounded = Math.round(scaled) / power;
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}

/** Integers, and decimals as they are stored. */
function exactFunction(node: CallNode, a: bigint, b: bigint): Value {
  const { dtype } = node;
  const scale = dtype.kind === "decimal" ? dtype.scale : 0;
  switch (node.fn) {
    case "add":
      return exact(node, a + b);
    case "sub":
      return exact(node, a - b);
    case "mul":
      return exact(node, a * b);
    case "mod":
      return b === 0n ? null : exact(node, a % b);
    case "neg":
      return exact(node, -a);
    case "abs":
      return exact(node, a < 0n ? -a : a);
    case "floor": {
      const power = 10n ** BigInt(scale);
      return exact(node, floorDivide(a, power) * power);
    }
    case "ceil": {
      const power = 10n ** BigInt(scale);
      return exact(node, -floorDivide(-a, power) * power);
    }
    case "round": {
      const power = 10n ** BigInt(Math.max(0, scale - Number(node.params[0])));
      return exact(node, divideRounding(a, power) * power);
    }
    default:
      throw new Error(`${node.fn} is no function of integers and decimals`);
  }
}

function exact(node: CallNode, value: bigint): Value {
  if (fits(value, node.dtype)) return isWide(node.dtype) ? value : Number(value);
  throw new DataFrameError("dataframe/overflow", `${node.fn}: ${value} is no ${node.dtype.kind}`);
}
