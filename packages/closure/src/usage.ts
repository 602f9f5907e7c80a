import type { AnyNode, Identifier } from "acorn";

/**
 * Which part of a value a function reads: everything, or only these properties. `called` marks a
 * property that is called as a method, so that the object itself may be seen through `this`.
 */
export type Usage =
  "all" | ReadonlyMap<string, { readonly usage: Usage; readonly called: boolean }>;

/** One occurrence of a free name. */
export type Occurrence = {
  readonly usage: Usage;
  readonly assigned: boolean;
  /** The operand of a bare `typeof`, which is legal for a name that does not exist. */
  readonly guard: boolean;
};

/** Everything either usage needs. */
export function union(a: Usage, b: Usage): Usage {
  if (a === "all" || b === "all") return "all";
  const merged = new Map(a);
  for (const [key, right] of b) {
    const left = merged.get(key);
    if (left === undefined) merged.set(key, right);
    else {
      const usage = union(left.usage, right.usage);
      merged.set(key, { usage, called: left.called || right.called });
    }
  }
  return merged;
}

/** Whether `a` already holds everything that `b` needs. */
export function covers(a: Usage, b: Usage): boolean {
  if (a === "all") return true;
  if (b === "all") return false;
  return [...b].every(([key, right]) => {
    const left = a.get(key);
    return left !== undefined && (left.called || !right.called) && covers(left.usage, right.usage);
  });
}

/** How one occurrence of a name uses it: read the longest fixed property path around it. */
export function occurrenceOf(node: Identifier, ancestors: readonly AnyNode[]): Occurrence {
  return climb(node, ancestors);
}

/** The same for any expression that stands for a value, such as `import.meta`. */
export function usageAround(node: AnyNode, ancestors: readonly AnyNode[]): Usage {
  return climb(node, ancestors).usage;
}

function climb(start: AnyNode, ancestors: readonly AnyNode[]): Occurrence {
  const path: string[] = [];
  let node = start;
  let at = ancestors.length - 1;
  for (; at >= 0; at--) {
    const parent = ancestors[at]!;
    if (parent.type === "ChainExpression") {
      node = parent;
      continue;
    }
    const key = parent.type === "MemberExpression" ? memberKey(parent, node) : undefined;
    if (key === undefined) break;
    path.push(key);
    node = parent;
  }
  const parent = ancestors[at];
  if (isTarget(node, parent, ancestors.slice(0, Math.max(at, 0)))) {
    if (path.length === 0) return { usage: "all", assigned: true, guard: false };
    return { usage: pathUsage(path.slice(0, -1), "all", false), assigned: false, guard: false };
  }
  const guard = path.length === 0 && parent?.type === "UnaryExpression" && isTypeof(parent);
  const called =
    (parent?.type === "CallExpression" && parent.callee === node) ||
    (parent?.type === "TaggedTemplateExpression" && parent.tag === node);
  const leaf = called ? "all" : destructured(node, parent);
  return { usage: pathUsage(path, leaf, called), assigned: false, guard };
}

function isTypeof(node: Extract<AnyNode, { type: "UnaryExpression" }>): boolean {
  return node.operator === "typeof";
}

function memberKey(
  parent: Extract<AnyNode, { type: "MemberExpression" }>,
  object: AnyNode,
): string | undefined {
  if (parent.object !== object) return undefined;
  let key: string | undefined;
  if (!parent.computed && parent.property.type === "Identifier") key = parent.property.name;
  if (parent.computed && parent.property.type === "Literal")
    key = literalKey(parent.property.value);
  return key === "__proto__" ? undefined : key;
}

function literalKey(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function pathUsage(path: readonly string[], leaf: Usage, called: boolean): Usage {
  let usage = leaf;
  for (let i = path.length - 1; i >= 0; i--) {
    usage = new Map([[path[i]!, { usage, called: called && i === path.length - 1 }]]);
  }
  return usage;
}

/** `const { a, b } = value` reads only a and b. */
function destructured(node: AnyNode, parent: AnyNode | undefined): Usage {
  if (parent?.type !== "VariableDeclarator" || parent.init !== node) return "all";
  return patternUsage(parent.id);
}

function patternUsage(pattern: AnyNode): Usage {
  if (pattern.type === "AssignmentPattern") return patternUsage(pattern.left);
  if (pattern.type !== "ObjectPattern" || pattern.properties.length === 0) return "all";
  const usage = new Map<string, { usage: Usage; called: boolean }>();
  for (const property of pattern.properties) {
    if (property.type === "RestElement" || property.computed) return "all";
    const { key } = property;
    const name =
      key.type === "Identifier" ? key.name : literalKey((key as { value?: unknown }).value);
    if (name === undefined || name === "__proto__") return "all";
    const inner = patternUsage(property.value);
    const before = usage.get(name);
    usage.set(name, { usage: before ? union(before.usage, inner) : inner, called: false });
  }
  return usage;
}

/** Whether a private member is written to, given what is around its name. */
export function isPrivateTarget(ancestors: readonly AnyNode[]): boolean {
  const member = ancestors.at(-1);
  return member?.type === "MemberExpression" && isWritten(member, ancestors.slice(0, -1));
}

/** Whether a name or member expression is written to, given what is around it. */
export function isWritten(node: AnyNode, ancestors: readonly AnyNode[]): boolean {
  return isTarget(node, ancestors.at(-1), ancestors.slice(0, -1));
}

/** Whether a node is written to, directly or as part of an assignment pattern. */
function isTarget(node: AnyNode, parent: AnyNode | undefined, above: readonly AnyNode[]): boolean {
  if (parent === undefined) return false;
  const up = (): boolean => isTarget(parent, above.at(-1), above.slice(0, -1));
  switch (parent.type) {
    case "AssignmentExpression":
      return parent.left === node;
    case "UpdateExpression":
      return true;
    case "UnaryExpression":
      return parent.operator === "delete";
    case "ForInStatement":
    case "ForOfStatement":
      return parent.left === node;
    case "AssignmentPattern":
      return parent.left === node && up();
    case "Property":
      return parent.value === node && above.at(-1)?.type === "ObjectPattern" && up();
    case "RestElement":
    case "ObjectPattern":
    case "ArrayPattern":
      return up();
    default:
      return false;
  }
}
