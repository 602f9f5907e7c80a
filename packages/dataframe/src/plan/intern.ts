import { tokenizeLoosely } from "@millrace/graph/tokens";
import type { PlanNode } from "./node.ts";

const interned = new Map<string, WeakRef<PlanNode>>();
let sweepAt = 1_024;

/**
 * The one node of a content, which begins with the kind of the node; nodes that nobody has are
 * forgotten when the table has doubled. A function that cannot travel counts by identity.
 */
export function intern<N extends PlanNode>(
  content: readonly [N["kind"], ...unknown[]],
  make: (token: string) => N,
): N {
  const token = tokenizeLoosely(content);
  const known = interned.get(token)?.deref();
  if (known !== undefined) return known as N;
  if (interned.size >= sweepAt) {
    for (const [name, ref] of interned) if (ref.deref() === undefined) interned.delete(name);
    sweepAt = 2 * interned.size + 1_024;
  }
  const node = make(token);
  interned.set(token, new WeakRef(node));
  return node;
}
