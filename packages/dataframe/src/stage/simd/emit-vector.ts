import type { DType } from "../../dtype.ts";
import { isFloat, isInteger } from "../../dtype-traits.ts";
import { holdsAll } from "../../expr/may-fail.ts";
import type {
  CallNode,
  CaseNode,
  CastNode,
  FunctionName,
  LiteralNode,
  Typed,
} from "../../expr/typed.ts";
import { nodesOf } from "../../expr/typed.ts";
import type { ColumnLayout } from "../column-layout.ts";
import { compareLanes } from "./compare-lanes.ts";
import type { Side } from "./compare-lanes.ts";
import { asFloats, asMask, asNumbers, masksFor } from "./convert-lanes.ts";
import type { FloatLanes } from "./convert-lanes.ts";
import { laneFormat } from "./lanes.ts";
import type { LaneFormat, Lanes, Vector } from "./lanes.ts";
import type { VectorCode } from "./vector-code.ts";
import { outside, splat, wholeLanes } from "./whole-lanes.ts";
import type { WholeFunction } from "./whole-lanes.ts";

/** Nodes of a vector loop: larger modules take long to make. */
const NODES_MAX = 120;

/**
 * Whether nodes can be worked out in lanes with the same results: none of their parts is null for
 * a row, or is anything but floats, int32 and smaller whole numbers, dates and truth.
 */
export function canVectorize(
  roots: readonly Typed[],
  layouts: ReadonlyMap<string, ColumnLayout>,
): boolean {
  const nodes = [...nodesOf(roots)];
  return nodes.length <= NODES_MAX && nodes.every((node) => isKnown(node, layouts));
}

function isKnown(node: Typed, layouts: ReadonlyMap<string, ColumnLayout>): boolean {
  if (laneFormat(node.dtype) === undefined) return false;
  switch (node.kind) {
    case "column":
      return layouts.get(node.name)?.nullable === false;
    case "literal":
      return isKnownLiteral(node);
    case "case":
      return true;
    case "cast":
      return isKnownCast(node);
    case "call":
      return isKnownCall(node);
  }
}

/** Lanes of single precision hold no other numbers, which a loop of doubles does. */
function isKnownLiteral({ value, dtype }: LiteralNode): boolean {
  return (
    value !== null && (dtype.kind !== "float32" || Object.is(Math.fround(value as number), value))
  );
}

function isNumber({ kind }: DType): boolean {
  return kind !== "date";
}

/** Casts that give no null, and of floats to whole numbers none. */
function isKnownCast({ input: { dtype: from }, dtype: to, strict }: CastNode): boolean {
  if (!isNumber(from) || !isNumber(to)) return false;
  if (!isInteger(to) || from.kind === "bool") return true;
  return isInteger(from) && (strict || holdsAll(to, from));
}

/** Functions that lanes have: for all dtypes that have lanes, floats alone, or equal lanes. */
const functions = {
  add: "all",
  sub: "all",
  mul: "all",
  neg: "all",
  abs: "all",
  and: "all",
  or: "all",
  not: "all",
  div: "floats",
  floor: "floats",
  ceil: "floats",
  sqrt: "floats",
  eq: "alike",
  neq: "alike",
  lt: "alike",
  lte: "alike",
  gt: "alike",
  gte: "alike",
} as const satisfies Partial<Record<FunctionName, string>>;

type LaneFunction = keyof typeof functions;

function isKnownCall({ fn, dtype, args }: CallNode): boolean {
  if (!(fn in functions)) return false;
  switch (functions[fn as LaneFunction]) {
    case "all":
      return true;
    case "floats":
      return isFloat(dtype);
    case "alike":
      return new Set(args.map((arg) => laneFormat(arg.dtype)?.lanes)).size === 1;
  }
}

/**
 * Writes what works a node out for four rows. What fails in one of the rows `among`, or in any
 * where that is undefined, is noted.
 */
export function emitVector(code: VectorCode, node: Typed, among: string | undefined): Vector {
  let vector = code.values.get(node);
  if (vector === undefined) {
    vector = emitNode(code, node, among);
    code.values.set(node, vector);
  }
  return vector;
}

function emitNode(code: VectorCode, node: Typed, among: string | undefined): Vector {
  switch (node.kind) {
    case "column":
      return emitColumn(code, node.name, node.dtype);
    case "literal":
      return emitLiteral(code, node);
    case "cast":
      return emitCast(code, node, among);
    case "case":
      return emitCase(code, node, among);
    case "call":
      return emitCall(code, node, among);
  }
}

function emitColumn(code: VectorCode, name: string, dtype: DType): Vector {
  const { lanes, width, load, widen } = laneFormat(dtype) as LaneFormat;
  const first = widen.reduce((part, op) => code.op(op, [part]), code.load(load, name, width));
  if (lanes === "f64x2") return { lanes, parts: [first, code.load(load, name, width, 2)] };
  const isTruth = lanes === "mask";
  return { lanes, parts: [isTruth ? code.op("i32x4.ne", [first, splat(code, 0)]) : first] };
}

function emitLiteral(code: VectorCode, { value, dtype }: LiteralNode): Vector {
  return constantLanes(code, Number(value), (laneFormat(dtype) as LaneFormat).lanes);
}

function constantLanes(code: VectorCode, number: number, lanes: Lanes): Vector {
  switch (lanes) {
    case "f64x2": {
      const part = code.constant(new Float64Array(2).fill(number), "number");
      return { lanes, parts: [part, part] };
    }
    case "f32x4":
      return { lanes, parts: [code.constant(new Float32Array(4).fill(number), "number")] };
    case "mask":
      return { lanes, parts: [splat(code, -number)] };
    case "i32x4":
      return { lanes, parts: [splat(code, number)] };
  }
}

function emitCast(code: VectorCode, node: CastNode, among: string | undefined): Vector {
  const { input, dtype: to } = node;
  const vector = emitVector(code, input, among);
  if (isFloat(to)) return asFloats(code, vector, to.kind === "float64" ? "f64x2" : "f32x4");
  if (to.kind === "bool") {
    const zero = { vector: constantLanes(code, 0, vector.lanes), isNumber: true };
    return compareLanes(code, "neq", { vector, isNumber: false }, zero);
  }
  const numbers = asNumbers(code, vector);
  const { dtype: from } = input;
  if (isInteger(from) && isInteger(to) && !holdsAll(to, from)) {
    code.fail(outside(code, numbers.parts[0] as string, to), among);
  }
  return numbers;
}

/** All branches are worked out; the last one that is put over the others is the first. */
function emitCase(code: VectorCode, node: CaseNode, among: string | undefined): Vector {
  let chosen = emitVector(code, node.otherwise, among);
  for (const [condition, value] of node.branches.toReversed()) {
    const [mask] = emitVector(code, condition, among).parts as [string];
    const masks = masksFor(code, mask, chosen.lanes);
    const { lanes, parts } = emitVector(code, value, among);
    const others = chosen.parts;
    chosen = {
      lanes,
      parts: parts.map((part, half) =>
        code.op("v128.bitselect", [part, others[half] as string, masks[half] as string]),
      ),
    };
  }
  return chosen;
}

function emitCall(code: VectorCode, node: CallNode, among: string | undefined): Vector {
  const fn = node.fn as LaneFunction;
  const args = node.args.map((arg) => emitVector(code, arg, among));
  switch (fn) {
    case "and":
    case "or": {
      const masks = args.map(({ parts }) => parts[0] as string);
      return asMask(code, [masks.reduce((a, b) => code.op(`v128.${fn}`, [a, b]))]);
    }
    case "not":
      return asMask(code, [code.op("v128.not", (args[0] as Vector).parts)]);
    case "eq":
    case "neq":
    case "lt":
    case "lte":
    case "gt":
    case "gte": {
      const sides = node.args.map((arg, i) => ({
        vector: args[i] as Vector,
        isNumber: arg.kind === "literal" && !Number.isNaN(arg.value),
      }));
      return compareLanes(code, fn, ...(sides as [Side, Side]));
    }
    case "add":
    case "sub":
    case "mul":
    case "neg":
    case "abs":
      return isFloat(node.dtype)
        ? floatLanes(code, fn, args)
        : emitWhole(code, fn, node.dtype, args, among);
    case "div":
    case "floor":
    case "ceil":
    case "sqrt":
      return floatLanes(code, fn, args);
  }
}

type FloatFunction = WholeFunction | "div" | "floor" | "ceil" | "sqrt";

function floatLanes(code: VectorCode, fn: FloatFunction, args: readonly Vector[]): Vector {
  const { lanes, parts } = args[0] as Vector;
  const op = `${lanes as FloatLanes}.${fn}` as const;
  const operands = (half: number): string[] => args.map((arg) => arg.parts[half] as string);
  return { lanes, parts: parts.map((_, half) => code.op(op, operands(half))) };
}

function emitWhole(
  code: VectorCode,
  fn: WholeFunction,
  dtype: DType,
  args: readonly Vector[],
  among: string | undefined,
): Vector {
  const operands = args.map(({ parts }) => parts[0] as string);
  const [result, wrong] = wholeLanes(code, fn, dtype, operands);
  code.fail(wrong, among);
  return { lanes: "i32x4", parts: [result] };
}
