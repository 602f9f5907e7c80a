import type { Column } from "../column.ts";
import { makeBlock } from "../column.ts";
import { isText } from "../dtype-traits.ts";
import { DataFrameError } from "../errors.ts";
import { remembered } from "../expr/remembered.ts";
import type { Scalar, Typed } from "../expr/typed.ts";
import { columnsOf, literalNode, partsOf, withParts } from "../expr/typed.ts";
import { withExpressions } from "../plan/expressions.ts";
import { runStage } from "../stage/run-stage.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const foldConstants: Rule = {
  name: "fold-constants",
  why:
    "What reads no column is worked out once, by the code that would work it out for each row. What " +
    "is an error stays as it is: without rows it is none.",
  scope: "node",
  apply(node) {
    return withExpressions(node, folded);
  },
};

/** An expression of which the largest parts without columns are constants. */
const folded: (node: Typed) => Typed = remembered((node) =>
  columns(node).size === 0 ? workedOut(node) : withParts(node, partsOf(node).map(folded)),
);

const columns = remembered((node) => columnsOf([node]));

function workedOut(node: Typed): Typed {
  if (node.kind === "literal" || node.dtype.kind === "list" || node.dtype.kind === "struct") {
    return node;
  }
  const outputs = [{ name: "value", value: node }];
  try {
    const { columns } = runStage(makeBlock(1, [], []), { filter: undefined, outputs });
    return literalNode(scalarOf(columns[0] as Column), node.dtype);
  } catch (error) {
    if (error instanceof DataFrameError) return node;
    throw error;
  }
}

/** The value of the one row of a column. */
function scalarOf(column: Column): Scalar {
  const { dtype, values, valid, dictionary } = column;
  if (valid?.[0] === 0) return null;
  if (!isText(dtype)) {
    const value = values?.[0] as number | bigint;
    return dtype.kind === "bool" ? value === 1 : value;
  }
  const texts = dictionary ?? column;
  const row = dictionary === undefined ? 0 : Number(values?.[0]);
  const [start, end] = [texts.offsets?.[row], texts.offsets?.[row + 1]];
  return decoder.decode((texts.values as Uint8Array).slice(start, end));
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
