import type { Rule } from "./rule.ts";

/** See `why`. */
export const dropIdleProjections: Rule = {
  name: "drop-idle-projections",
  why: "A projection of all columns as they are does nothing.",
  scope: "node",
  apply(node) {
    if (node.kind !== "project") return undefined;
    const { input, outputs } = node;
    if (outputs.length !== input.fields.length) return undefined;
    const isIdle = outputs.every(({ name, value }, i) => {
      return value.kind === "column" && value.name === name && input.fields[i]?.name === name;
    });
    return isIdle ? input : undefined;
  },
};
