import { allOf, conjunctsOf } from "../expr/conjuncts.ts";
import { mayFail } from "../expr/may-fail.ts";
import { scan } from "../plan/sources.ts";
import { pushFilter } from "./push-filter.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const pushFilterIntoScan: Rule = {
  name: "push-filter-into-scan",
  why:
    "A reader skips what statistics rule out and makes no columns of rows that are taken out. Not " +
    "behind a limit, which counts rows before the filter, and nothing that can fail behind a " +
    "predicate that the reader has already.",
  scope: "node",
  apply(node, { isShared }) {
    if (node.kind !== "filter" || node.input.kind !== "scan") return undefined;
    const { input } = node;
    if (isShared(input) || input.limit !== undefined) return undefined;
    const before = input.predicate === undefined ? [] : conjunctsOf(input.predicate);
    return pushFilter(
      node,
      (conjunct) => before.length === 0 || !mayFail(conjunct),
      (predicate) => {
        const all = new Set([...before, ...conjunctsOf(predicate)]);
        return scan(input.source, { ...input, predicate: allOf([...all]) });
      },
    );
  },
};
