import { rowCount } from "../plan/layout.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const dropNeedlessLimits: Rule = {
  name: "drop-needless-limits",
  why: "One partition that is known to have no more rows than a limit stays as it is.",
  scope: "node",
  apply(node) {
    if (node.kind !== "limit" || node.input.layout.npartitions > 1) return undefined;
    const rows = rowCount(node.input.layout);
    return rows !== undefined && rows <= node.count ? node.input : undefined;
  },
};
