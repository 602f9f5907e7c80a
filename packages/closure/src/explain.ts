import { take } from "./capture.ts";
import type { AnyFunction } from "./inspector.ts";
import type { WireNode } from "./nodes.ts";
import type { Walk } from "./walk.ts";

/** Names that look like credentials; a hint for a reader, not a filter. */
const secret = /passw|secret|token|api_?key|credential|private_?key/i;

const linesMax = 200;

/**
 * What would travel with a function, as text for people: one line for each value with the way to
 * it, its size in bytes, and whether it goes by value or by reference; nothing is sent or kept.
 *
 * Takes a fresh look, so it may differ from a snapshot that `capture` took before. Names that look
 * like secrets are marked. At most 200 lines.
 *
 * @throws CaptureError as `capture` does, when the function cannot travel
 * @example
 * ```ts
 * import { explain } from "@millrace/closure";
 *
 * const options = { limit: 3, unused: "x".repeat(1000) };
 * const text = explain((list: number[]) => list.slice(0, options.limit));
 * text.includes("unused"); // => false
 * ```
 */
export function explain(fn: AnyFunction): string {
  const { captured, walk } = take(fn, "auto");
  const sizes = walk.sizes();
  const rows = walk.queue.map((found, id) => {
    const path = walk.trail(found).join(" -> ");
    const suspects = [path, ...namesIn(walk.nodes[id]!)].filter((name) => secret.test(name));
    const mark = suspects.length > 0 ? `  (looks like a secret: ${suspects.join(", ")})` : "";
    return `  ${String(sizes[id]).padStart(8)}  ${path}: ${describe(walk, id)}${mark}`;
  });
  const shown = rows.slice(0, linesMax);
  if (rows.length > linesMax) shown.push(`  ... and ${rows.length - linesMax} more values`);
  const name = fn.name || "(anonymous)";
  const { bytes, hash } = captured;
  const head = `${name} travels as ${bytes.byteLength} bytes, hash ${hash.slice(0, 16)}`;
  return [head, "     bytes  value", ...shown].join("\n");
}

/** Names that a value carries itself: variables of a function, properties of an object. */
function namesIn(node: WireNode): string[] {
  if (node.kind === "function") return [...node.names];
  if (!("props" in node) || node.props === undefined) return [];
  return node.props.filter((key, i) => i % 2 === 0 && typeof key === "string") as string[];
}

function describe(walk: Walk, id: number): string {
  const node = walk.nodes[id]!;
  switch (node.kind) {
    case "global":
      return `standard global ${node.path.join(".")}, by reference`;
    case "builtin":
      return `${["node:" + node.module, ...node.path].join(".")}, by reference`;
    case "package": {
      const place = [node.specifier ?? `${node.name}/${node.file}`, ...node.path].join(".");
      return `${place} of ${node.name}@${node.version}, by reference`;
    }
    case "module":
      return `export ${node.name} of ${node.url}, by reference`;
    case "function":
      return node.text.startsWith("class") ? "class, by value" : functionLine(walk, id);
    case "codec":
      return `value of codec ${node.name}, by value`;
    case "object":
    case "namespace":
      return `${node.kind}${pruned(walk, id, node)}, by value`;
    default:
      return `${node.kind}, by value`;
  }
}

function functionLine(walk: Walk, id: number): string {
  const hint = walk.hints.get(id);
  const place = hint?.url ? ` from ${hint.url}:${(hint.line ?? 0) + 1}` : "";
  return `function${place}, by value`;
}

function pruned(walk: Walk, id: number, node: WireNode): string {
  const { value } = walk.queue[id]!;
  if (typeof value !== "object" || value === null) return "";
  const need = walk.needOf(value);
  if (need === "all") return "";
  const count = Object.keys(value).length;
  return need.size < count
    ? ` (${need.size} of ${count} ${node.kind === "namespace" ? "exports" : "properties"})`
    : "";
}
