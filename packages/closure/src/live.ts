import type { WireNode } from "./nodes.ts";

// What is referenced from this process is at hand in it, so reviving here gives the very value.
// That matters where a loader keeps its own instances of modules (vitest), and costs one entry
// for each export that was ever captured.
const live = new Map<string, WeakRef<object>>();

/** Remember the value that a reference was made from. */
export function remember<N extends WireNode>(node: N, value: unknown): N {
  const composite = (typeof value === "object" && value !== null) || typeof value === "function";
  if (composite) live.set(JSON.stringify(node), new WeakRef(value));
  return node;
}

/** The value that a reference was made from, if that happened in this thread. */
export function recall(node: WireNode): object | undefined {
  const reference = node.kind === "package" || node.kind === "builtin";
  return reference ? live.get(JSON.stringify(node))?.deref() : undefined;
}
