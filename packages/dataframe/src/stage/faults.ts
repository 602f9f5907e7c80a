import { quoteValue } from "@millrace/graph/tasks";
import { dtypeText, isWide } from "../dtype-traits.ts";
import { dataFault } from "../errors.ts";
import { exprText, scalarText } from "../expr/text.ts";
import type { CallNode, CastNode, Scalar } from "../expr/typed.ts";

/** A result that its dtype cannot hold. */
export function overflow(node: CallNode, operands: readonly (number | bigint)[]): never {
  const values = operands
    .map((value, i) => scalarText(value, (node.args[i] ?? node).dtype))
    .join(" and ");
  throw dataFault(
    "dataframe/overflow",
    `${exprText(node)}: the result is no ${dtypeText(node.dtype)}, got ${values}. ` +
      `Cast to ${isWide(node.dtype) ? "float64" : "a wider dtype"} first.`,
  );
}

/** A time that no calendar shows. */
export function outOfCalendar(node: CallNode, value: number | bigint): never {
  throw dataFault(
    "dataframe/overflow",
    `${exprText(node)}: out of the range of dates, got ${value}, ` +
      "wanted a time within 100,000,000 days of 1970. Filter such rows out first.",
  );
}

/** A value that cannot be of another dtype. */
export function badCast(node: CastNode, value: number | bigint | string): never {
  const { input, dtype } = node;
  const shown: Scalar =
    typeof value === "string" ? quoteValue(value) : scalarText(value, input.dtype);
  throw dataFault(
    "dataframe/bad-cast",
    `cast: ${exprText(input)} cannot be ${dtypeText(dtype)}, got ${shown}. ` +
      `Use cast(…, { strict: false }) for null instead.`,
  );
}
