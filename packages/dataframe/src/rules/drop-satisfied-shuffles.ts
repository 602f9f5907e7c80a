import { sameDivisions } from "../plan/divisions.ts";
import { isTogetherBy } from "../plan/layout.ts";
import type { ShuffleNode } from "../plan/node.ts";
import type { Rule } from "./rule.ts";

/** See `why`. */
export const dropSatisfiedShuffles: Rule = {
  name: "drop-satisfied-shuffles",
  why:
    "Rows that are together already, in as many partitions, need not be dealt out anew: a shuffle " +
    "by hash promises no more. One by range is satisfied by the same bounds of the same column.",
  scope: "node",
  apply(node) {
    if (node.kind !== "shuffle") return undefined;
    return isSatisfied(node) ? node.input : undefined;
  },
};

function isSatisfied({ input: { layout }, by }: ShuffleNode): boolean {
  switch (by.kind) {
    case "hash":
      return layout.npartitions === by.npartitions && isTogetherBy(layout, by.on);
    case "range":
      return (
        layout.index === by.column &&
        sameDivisions(layout.divisions, by.divisions) &&
        isTogetherBy(layout, [by.column])
      );
  }
}
