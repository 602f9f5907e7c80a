import { dtypeText, sameDType } from "../dtype-traits.ts";
import { fault, invalidArgument } from "../errors.ts";
import type { Scalar } from "../expr/typed.ts";
import { checkCount, checkNames, checkPartitionCount, checkOrderable, fieldOf } from "./check.ts";
import { checkDivisions, compareBounds } from "./divisions.ts";
import { intern } from "./intern.ts";
import { indexKey, isSortedBy, layoutOf, rowCount } from "./layout.ts";
import type {
  ConcatNode,
  Layout,
  PlanNode,
  RepartitionNode,
  RepartitionTarget,
  ShuffleNode,
} from "./node.ts";
import { recutLayout } from "./recut-layout.ts";

/** Rows of several frames of the same columns, partitions one after the other. */
export function concat(inputs: readonly PlanNode[], api = "concat"): ConcatNode {
  const [first] = inputs;
  if (first === undefined) throw invalidArgument(api, "no frames", inputs, "one or more");
  for (const input of inputs) checkSameFields(api, first, input);
  const tokens = inputs.map((input) => input.token);
  return intern(["concat", tokens], (token) => {
    return { kind: "concat", inputs, fields: first.fields, layout: concatLayout(inputs), token };
  });
}

function checkSameFields(api: string, first: PlanNode, input: PlanNode): void {
  const { fields } = first;
  const same =
    fields.length === input.fields.length &&
    fields.every(({ name, dtype }, i) => {
      const other = input.fields[i];
      return name === other?.name && sameDType(dtype, other.dtype);
    });
  if (same) return;
  const text = (node: PlanNode): string =>
    node.fields.map(({ name, dtype }) => `${name}: ${dtypeText(dtype)}`).join(", ");
  const what = "frames of different columns";
  throw fault("dataframe/schema-mismatch", api, what, text(input), text(first));
}

function concatLayout(inputs: readonly PlanNode[]): Layout {
  const layouts = inputs.map(({ layout }) => layout);
  const [only] = layouts;
  if (layouts.length === 1 && only !== undefined) return only;
  const npartitions = layouts.reduce((sum, layout) => sum + layout.npartitions, 0);
  const rows = layouts.map((layout) => layout.rows);
  return layoutOf(npartitions, rows.every((one) => one !== undefined) ? rows.flat() : undefined);
}

/** The same rows in the same order, cut into other partitions. */
export function repartition(
  input: PlanNode,
  target: RepartitionTarget,
  api = "repartition",
): RepartitionNode {
  checkTarget(api, input, target);
  const { fields } = input;
  return intern(["repartition", input.token, target], (token) => {
    const layout = recutLayout(input.layout, target);
    return { kind: "repartition", input, target, fields, layout, token };
  });
}

function checkTarget(api: string, input: PlanNode, target: RepartitionTarget): void {
  switch (target.by) {
    case "npartitions":
      return checkPartitionCount(api, "npartitions", target.npartitions);
    case "divisions":
      return checkBounds(api, input, target.divisions, target.force);
    case "rows": {
      for (const rows of target.rows) checkCount(api, "rows of a partition", rows, 0);
      checkCount(api, "number of partitions", target.rows.length, 1);
      const sum = target.rows.reduce((rows, more) => rows + more, 0);
      const known = rowCount(input.layout);
      if (sum === known) return;
      const wanted = known === undefined ? "rows that are known beforehand" : `${known} in all`;
      throw invalidArgument(api, "rows that do not add up", target.rows.join(", "), wanted);
    }
    case "pieces":
      checkCount(api, "number of partitions", target.pieces.length, 1);
  }
}

/** Bounds cut rows only where these stand in the order of the index, between known bounds. */
function checkBounds(
  api: string,
  input: PlanNode,
  divisions: readonly Scalar[],
  force: boolean,
): void {
  checkDivisions(api, divisions);
  const { index, divisions: known } = input.layout;
  if (index === undefined || known === undefined || !isSortedBy(input.layout, [indexKey(index)])) {
    const remedy = "Give the frame an order with setIndex first.";
    throw invalidArgument(api, "no known divisions to cut anew", index, "an index", remedy);
  }
  const [first, last] = [divisions[0] as Scalar, divisions.at(-1) as Scalar];
  const start = compareBounds(first, known[0] as Scalar);
  const end = compareBounds(last, known.at(-1) as Scalar);
  const got = divisions.map(String).join(", ");
  const wanted = `from ${String(known[0])} to ${String(known.at(-1))}`;
  if (start > 0 || end < 0) {
    throw invalidArgument(api, "divisions that leave rows out", got, wanted);
  }
  if (force || (start === 0 && end === 0)) return;
  const remedy = "Say force: true for bounds that lie further out.";
  throw invalidArgument(api, "other outer divisions", got, wanted, remedy);
}

/** Rows dealt out anew: by the hash of columns, or by where a column falls between bounds. */
export function shuffle(input: PlanNode, by: ShuffleNode["by"], api = "shuffle"): ShuffleNode {
  const { fields } = input;
  switch (by.kind) {
    case "hash":
      for (const field of checkNames(api, fields, by.on)) checkOrderable(api, field);
      checkCount(api, "number of columns", by.on.length, 1);
      checkPartitionCount(api, "npartitions", by.npartitions);
      break;
    case "range":
      checkOrderable(api, fieldOf(api, fields, by.column));
      checkDivisions(api, by.divisions);
  }
  return intern(["shuffle", input.token, by], (token) => {
    return { kind: "shuffle", input, by, fields, layout: dealtLayout(by), token };
  });
}

function dealtLayout(by: ShuffleNode["by"]): Layout {
  switch (by.kind) {
    case "hash":
      return { ...layoutOf(by.npartitions), togetherBy: by.on };
    case "range": {
      const { column, divisions } = by;
      const layout = layoutOf(divisions.length - 1);
      return { ...layout, index: column, divisions, togetherBy: [column] };
    }
  }
}
