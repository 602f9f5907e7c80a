import type { Field } from "../../../packages/dataframe/dist/dtype.js";
import * as d from "../../../packages/dataframe/dist/dtype.js";
import type { FunctionName, Scalar, Typed } from "../../../packages/dataframe/dist/expr/typed.js";
import {
  callNode,
  caseNode,
  castNode,
  columnNode,
  literalNode,
} from "../../../packages/dataframe/dist/expr/typed.js";

/** A list of choices, which shrinks well: where none is left, the plainest is taken. */
export class Choices {
  readonly #choices: readonly number[];
  #at = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  isDone(): boolean {
    return this.#at >= this.#choices.length;
  }

  below(count: number): number {
    return (this.#choices[this.#at++] ?? 0) % count;
  }

  oneOf<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }

  /** Some of a list, one at least, in another order at times. */
  subset<T>(all: readonly T[]): readonly T[] {
    const bits = this.below(2 ** all.length);
    const some = all.filter((_, i) => ((bits >> i) & 1) === 0);
    const kept = some.length === 0 ? all.slice(0, 1) : some;
    return this.below(4) === 0 ? kept.toReversed() : kept;
  }
}

/** A truth about a row. */
export function drawPredicate(choices: Choices, fields: readonly Field[], depth = 2): Typed {
  const kind = depth === 0 ? choices.below(6) : choices.below(14);
  const again = (): Typed => drawPredicate(choices, fields, depth - 1);
  switch (kind) {
    case 6:
    case 7:
      return truth("and", again(), again());
    case 8:
      return truth("or", again(), again());
    case 9: {
      const shared = again();
      return truth("or", truth("and", shared, again()), truth("and", again(), shared));
    }
    case 10:
      return truth("not", again());
    case 11:
      return literalNode(choices.oneOf([true, false, null]), d.bool);
    default:
      return drawTest(choices, fields);
  }
}

function drawTest(choices: Choices, fields: readonly Field[]): Typed {
  const { name, dtype } = choices.oneOf(fields);
  const column = columnNode(name, dtype);
  const literal = (...values: readonly Scalar[]): Typed =>
    literalNode(choices.oneOf(values), dtype);
  if (choices.below(6) === 0) return truth(choices.oneOf(["isNull", "isNotNull"]), column);
  const compare = choices.oneOf(["gt", "eq", "lte", "neq"] as const);
  switch (dtype.kind) {
    case "bool":
      return choices.oneOf([column, truth("eq", column, literal(true, false))]);
    case "int32":
      return choices.oneOf([
        truth(compare, column, literal(0, 1, 2)),
        callNode("isIn", [column], d.bool, choices.oneOf([[1], [0, 2, 3]])),
        truth(compare, callNode("add", [column, literal(1, 2 ** 31 - 1)], dtype), literal(2)),
        truth(compare, column, callNode("add", [literal(1, 2), literal(0, 2 ** 31 - 1)], dtype)),
      ]);
    case "int64":
      return truth(compare, column, literal(0n, 1n, 2n));
    case "float64": {
      const inverse = callNode("div", [literal(1), column], dtype);
      return choices.oneOf([
        truth(compare, column, literal(0, 0.5, Number.NaN)),
        truth("gt", inverse, literal(0)),
      ]);
    }
    case "utf8":
      return choices.oneOf([
        truth(compare, column, literal("a", "b")),
        callNode("contains", [column], d.bool, ["a", null]),
        truth(compare, castNode(column, d.int32, choices.below(2) === 0), literalNode(1, d.int32)),
      ]);
    default:
      return truth("isNotNull", column);
  }
}

/** A value of some dtype. */
export function drawValue(choices: Choices, fields: readonly Field[]): Typed {
  const { name, dtype } = choices.oneOf(fields);
  const column = columnNode(name, dtype);
  const kind = choices.below(6);
  if (kind === 0 || dtype.kind === "list") return column;
  if (kind === 1) return drawPredicate(choices, fields, 1);
  if (kind === 2) {
    return caseNode([[drawPredicate(choices, fields, 1), column]], literalNode(null, dtype));
  }
  const literal = (...values: readonly Scalar[]): Typed =>
    literalNode(choices.oneOf(values), dtype);
  switch (dtype.kind) {
    case "int32":
      return choices.oneOf([
        callNode("add", [column, literal(0, 1, null)], dtype),
        callNode("coalesce", [literal(null), column, literal(3)], dtype),
        castNode(castNode(column, d.int64), d.float64),
      ]);
    case "float64":
      return choices.oneOf([
        callNode("mul", [column, literal(1, 2)], dtype),
        callNode("sub", [column, literal(0, 1)], dtype),
        callNode("neg", [column], dtype),
      ]);
    case "utf8":
      return choices.oneOf([callNode("lower", [column], d.utf8), castNode(column, d.int32, false)]);
    default:
      return truth("isNull", column);
  }
}

function truth(fn: FunctionName, ...args: readonly Typed[]): Typed {
  return callNode(fn, args, d.bool);
}
