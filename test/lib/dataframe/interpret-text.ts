import type { CallNode } from "../../../packages/dataframe/dist/expr/typed.js";
import type { Value } from "./interpret-values.ts";

/** Functions of texts, by the methods of JavaScript's strings. */
export function textFunction(node: CallNode, text: string): Value {
  const [source, flags, replacement] = node.params as [string, string | null, string];
  const { params } = node;
  switch (node.fn) {
    case "contains":
      return flags === null ? text.includes(source) : new RegExp(source, flags).test(text);
    case "matches":
      return new RegExp(`(?<![^])(?:${source})(?![^])`, flags ?? "").test(text);
    case "startsWith":
      return text.startsWith(source);
    case "endsWith":
      return text.endsWith(source);
    case "length":
      return Array.from(text).length;
    case "lower":
      return text.toLowerCase();
    case "upper":
      return text.toUpperCase();
    case "trim":
      return text.trim();
    case "slice": {
      const [start, end] = params as [number, number | null];
      return Array.from(text)
        .slice(start, end ?? undefined)
        .join("");
    }
    case "replace":
      return flags === null
        ? wellFormed(text.replace(source, () => replacement))
        : wellFormed(text.replace(new RegExp(source, flags), replacement));
    case "replaceAll":
      return flags === null
        ? wellFormed(text.replaceAll(source, () => replacement))
        : wellFormed(text.replaceAll(new RegExp(source, `${flags}g`), replacement));
    case "split": {
      if (flags === null && source === "") return Array.from(text);
      const pieces = text.split(flags === null ? source : new RegExp(source, flags));
      return pieces.map((piece: string | undefined) =>
        piece === undefined ? null : wellFormed(piece),
      );
    }
    default:
      throw new Error(`${node.fn} is no function of texts`);
  }
}

/** A pattern without the flag `u` can cut a pair in two; UTF-8 has no halves. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
