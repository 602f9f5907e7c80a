import { quoteValue } from "@millrace/graph/tasks";
import { dataFault } from "../../errors.ts";
import type { CsvHead, CsvSettings } from "./csv-settings.ts";

/**
 * The columns of a file in its order, as numbers of the settings. Every file has the columns of
 * the first one; their order is its own.
 */
export function fileOrder(url: string, head: CsvHead, { fields }: CsvSettings): readonly number[] {
  const all = fields.map((_, i) => i);
  const { names } = head;
  // A file of no bytes has no header and no rows.
  if (names === undefined || names.length === 0) return all;
  const numbers = new Map(fields.map(({ name }, i) => [name, i]));
  const order = names.map((name) => numbers.get(name) ?? -1);
  if (names.length === fields.length && new Set(order).size === names.length) {
    if (!order.includes(-1)) return order;
  }
  const message =
    `readCsv: the header of ${url} is another one, got ${quoteValue(names.join(", "))}, ` +
    `wanted ${fields.map(({ name }) => name).join(", ")}. ` +
    "Read files of other columns apart, and concat what they have in common.";
  throw dataFault("dataframe/schema-mismatch", message);
}
