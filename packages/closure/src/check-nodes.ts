import type { Content, Hint, WireNode } from "./nodes.ts";
import { corrupt, type Packed } from "./wire.ts";

/** A packed function, as far as its shape has been checked. */
export type Checked = {
  readonly nodes: Content["nodes"];
  readonly hints: ReadonlyMap<number, Hint>;
};

/**
 * Check what is read before anything is imported: forged bytes may hold any structure. What is
 * wrong further inside shows while the values are made.
 */
export function checkNodes(content: Packed, hints: Packed): Checked {
  if (!isRecord(content) || !Array.isArray(content["nodes"])) throw corrupt("it has no nodes");
  const nodes = content["nodes"] as Packed[];
  for (const [id, node] of nodes.entries()) {
    if (!isNode(node)) throw corrupt(`node ${id} is malformed`);
  }
  if (!Array.isArray(hints) || !(hints as Packed[]).every(isHint)) {
    throw corrupt("its hints are malformed");
  }
  const entries = hints as unknown as readonly (readonly [number, Hint])[];
  return { nodes: nodes as unknown as WireNode[], hints: new Map(entries) };
}

function isNode(node: Packed): boolean {
  if (!isRecord(node)) return false;
  const areStrings = (...keys: string[]): boolean =>
    keys.every((key) => typeof node[key] === "string");
  switch (node["kind"]) {
    case "package":
      return areStrings("name", "version", "via") && isPath(node["path"]);
    case "builtin":
      return areStrings("module") && isPath(node["path"]);
    case "module":
      return areStrings("url", "name");
    case "codec":
      return areStrings("name") && ["string", "undefined"].includes(typeof node["module"]);
    default:
      return areStrings("kind");
  }
}

function isPath(path: Packed): boolean {
  return Array.isArray(path) && path.every((segment) => typeof segment === "string");
}

function isHint(entry: Packed): boolean {
  if (!Array.isArray(entry) || typeof entry[0] !== "number") return false;
  const hint = entry[1] as Packed;
  if (!isRecord(hint)) return false;
  const strings = ["url", "from", "stack"].every((key) => isOptional(hint[key], "string"));
  return strings && ["line", "column"].every((key) => isOptional(hint[key], "number"));
}

function isOptional(value: Packed, type: "string" | "number"): boolean {
  return value === undefined || typeof value === type;
}

function isRecord(value: Packed): value is { readonly [key: string]: Packed } {
  // What the reader makes for an object; arrays, bytes and a Ref have prototypes.
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
}
