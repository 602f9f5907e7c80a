import { createHash } from "node:crypto";
import { capture } from "@millrace/closure";
import { tokenizeLoosely } from "@millrace/graph";
import { isSnapshot, mutablesOf } from "./layer-name.ts";
import type { StageOp } from "./stage/ops.ts";

/** More kinds of operations than one part of a program builds again and again. */
const knownMax = 256;
const known = new Map<string, WeakRef<readonly StageOp[]>>();

/**
 * A stage of one operation: that of an equal one before, if it is still there, so that a bag that
 * is built anew finds its loop compiled and warm. Equal are operations that will always do the
 * same, with functions from the same place in the source.
 */
export function stageOf(op: StageOp): readonly StageOp[] {
  const key = keyOf(op);
  if (key === undefined) return [op];
  const stage = known.get(key)?.deref() ?? [op];
  // The last one used stands last.
  known.delete(key);
  known.set(key, new WeakRef(stage));
  for (const oldest of known.keys()) {
    if (known.size <= knownMax) break;
    known.delete(oldest);
  }
  return stage;
}

/** Undefined for an operation that may come to do something else. */
function keyOf(op: StageOp): string | undefined {
  const fields: unknown[] = [];
  for (const [name, value] of Object.entries(op)) {
    if (typeof value === "function") {
      const content = lastingContent(value as () => unknown);
      if (content === undefined) return undefined;
      fields.push([name, content]);
    } else if (typeof value === "object" && value !== null && !isSnapshot(value)) return undefined;
    else fields.push([name, value]);
  }
  return tokenizeLoosely(fields);
}

/** What a function does and where it stands, unless it captured something that may change. */
function lastingContent(fn: () => unknown): string | undefined {
  if (mutablesOf(fn)?.length !== 0) return undefined;
  return createHash("sha256").update(capture(fn).bytes).digest("hex");
}
