import { Integrity, type WireNode } from "./nodes.ts";
import type { Walk } from "./walk.ts";

/** The values of a walk that another look could find changed, each once. */
export function mutableValues(walk: Walk): readonly object[] {
  const mutable = new Set<object>(walk.rereading);
  /** What a codec made for the occasion is no value of the program. */
  const made = new Set<number>();
  for (const { id, from, value } of walk.queue) {
    if (from !== undefined && (made.has(from.id) || isMaker(walk.nodes[from.id]))) made.add(id);
    else if (mayChange(walk.nodes[id]!)) mutable.add(value as object);
  }
  return [...mutable];
}

function isMaker(node: WireNode | undefined): boolean {
  return node?.kind === "codec" || node?.kind === "reduce";
}

function mayChange(node: WireNode): boolean {
  switch (node.kind) {
    case "global":
    case "builtin":
    case "package":
    case "module":
    case "env":
    case "require":
    case "dynamic-import":
    case "coverage":
    case "symbol":
    case "registered-symbol":
    case "prototype":
    case "boxed":
      return false;
    case "function":
      return node.props !== undefined && node.props.length > 0;
    case "object":
    case "array":
      return node.integrity !== Integrity.frozen;
    case "map":
    case "set":
    case "date":
    case "regexp":
    case "error":
    case "buffer":
    case "view":
    case "namespace":
    case "codec":
    case "reduce":
      return true;
  }
}
