import type { AnyNode, Identifier, Pattern } from "acorn";

/** How a name came into being. */
export type BindingKind =
  "import" | "const" | "let" | "class" | "var" | "function" | "parameter" | "catch" | "name";

/** One declared name: `node` is the declarator, import specifier, function, class or pattern. */
export type Binding = {
  readonly name: string;
  readonly kind: BindingKind;
  readonly node: AnyNode;
  readonly scope: Scope;
};

/** One lexical scope of a source text. */
export type Scope = {
  readonly node: AnyNode;
  readonly parent: Scope | undefined;
  /** Function whose body this scope is in; undefined at the top of the text. */
  readonly owner: AnyNode | undefined;
  /** `var` and sloppy block functions climb to the nearest such scope. */
  readonly holdsVars: boolean;
  readonly bindings: Map<string, Binding>;
};

/** What the walk tells its user; ancestors are live: read them at once, keep copies only. */
export type ScopeEvents = {
  readonly reference?: (node: Identifier, scope: Scope, ancestors: readonly AnyNode[]) => void;
  readonly enter?: (node: AnyNode, scope: Scope, ancestors: readonly AnyNode[]) => void;
};

type Walk = {
  readonly events: ScopeEvents;
  readonly sloppy: boolean;
  readonly ancestors: AnyNode[];
};

/**
 * Walk a tree and build its scopes; returns the outermost one. References are told as they are
 * met, so resolve them after the walk: a later declaration may still be hoisted above them.
 * `freeName` is a declared function whose name belongs to the scope around it.
 */
export function walkScopes(
  root: AnyNode,
  events: ScopeEvents,
  options: { readonly sloppy: boolean; readonly freeName?: boolean },
): Scope {
  const outer = scopeOf(root, undefined, undefined, true);
  const walk: Walk = { events, sloppy: options.sloppy, ancestors: [] };
  if (options.freeName === true && isFunction(root)) {
    events.enter?.(root, outer, []);
    walk.ancestors.push(root);
    visitFunctionParts(walk, root, outer);
  } else {
    visit(walk, root, outer);
  }
  return outer;
}

/** The binding that a name means in a scope, or undefined when it is free there. */
export function resolve(scope: Scope | undefined, name: string): Binding | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    const binding = at.bindings.get(name);
    if (binding !== undefined) return binding;
  }
  return undefined;
}

/** A function of any form but a class. */
export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

/** A class of either form. */
export function isClass(node: AnyNode): node is ClassNode {
  return node.type === "ClassDeclaration" || node.type === "ClassExpression";
}

type NodeOf<T extends AnyNode["type"]> = Extract<AnyNode, { type: T }>;

/** Function declarations and expressions and arrows. */
export type FunctionNode = NodeOf<
  "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression"
>;

/** Class declarations and expressions. */
export type ClassNode = NodeOf<"ClassDeclaration" | "ClassExpression">;

function scopeOf(
  node: AnyNode,
  parent: Scope | undefined,
  owner: AnyNode | undefined,
  holdsVars = false,
): Scope {
  return { node, parent, owner, holdsVars, bindings: new Map() };
}

function declare(scope: Scope, name: string, kind: BindingKind, node: AnyNode): void {
  const known = scope.bindings.get(name);
  // A `var` or a function may repeat a parameter or a var; the first one to be lexical stays.
  if (known !== undefined && kind === "var") return;
  scope.bindings.set(name, { name, kind, node, scope });
}

function declarePattern(scope: Scope, target: Pattern, kind: BindingKind, node: AnyNode): void {
  switch (target.type) {
    case "Identifier":
      return declare(scope, target.name, kind, node);
    case "ObjectPattern":
      for (const property of target.properties) {
        const value = property.type === "RestElement" ? property.argument : property.value;
        declarePattern(scope, value, kind, node);
      }
      return;
    case "ArrayPattern":
      for (const element of target.elements) {
        if (element !== null) declarePattern(scope, element, kind, node);
      }
      return;
    case "RestElement":
      return declarePattern(scope, target.argument, kind, node);
    case "AssignmentPattern":
      return declarePattern(scope, target.left, kind, node);
    case "MemberExpression":
      return;
  }
}

/** Visit what is evaluated in a declaring pattern: default values and computed keys. */
function visitPattern(walk: Walk, target: Pattern, scope: Scope): void {
  switch (target.type) {
    case "Identifier":
      return;
    case "ObjectPattern":
      for (const property of target.properties) {
        if (property.type === "RestElement") continue;
        if (property.computed) visit(walk, property.key, scope);
        visitPattern(walk, property.value, scope);
      }
      return;
    case "ArrayPattern":
      for (const element of target.elements) {
        if (element !== null) visitPattern(walk, element, scope);
      }
      return;
    case "RestElement":
      return visitPattern(walk, target.argument, scope);
    case "AssignmentPattern":
      visitPattern(walk, target.left, scope);
      return visit(walk, target.right, scope);
    case "MemberExpression":
      return visit(walk, target, scope);
  }
}

function visit(walk: Walk, node: AnyNode, scope: Scope): void {
  walk.events.enter?.(node, scope, walk.ancestors);
  if (node.type === "Identifier") {
    walk.events.reference?.(node, scope, walk.ancestors);
    return;
  }
  walk.ancestors.push(node);
  visitInside(walk, node, scope);
  walk.ancestors.pop();
}

function visitInside(walk: Walk, node: AnyNode, scope: Scope): void {
  switch (node.type) {
    case "FunctionDeclaration":
      declareFunction(walk, node, scope);
      return visitFunctionParts(walk, node, scope);
    case "FunctionExpression":
      return visitFunctionParts(walk, node, nameScope(node, scope));
    case "ArrowFunctionExpression":
      return visitFunctionParts(walk, node, scope);
    case "ClassDeclaration":
    case "ClassExpression":
      return visitClass(walk, node, scope);
    case "StaticBlock": {
      const inner = scopeOf(node, scope, scope.owner, true);
      return visitAll(walk, node.body, inner);
    }
    case "BlockStatement":
      return visitAll(walk, node.body, scopeOf(node, scope, scope.owner));
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
      return visitChildren(walk, node, scopeOf(node, scope, scope.owner));
    case "SwitchStatement":
      visit(walk, node.discriminant, scope);
      return visitAll(walk, node.cases, scopeOf(node, scope, scope.owner));
    case "CatchClause": {
      const inner = scopeOf(node, scope, scope.owner);
      if (node.param) {
        declarePattern(inner, node.param, "catch", node);
        visitPattern(walk, node.param, inner);
      }
      return visit(walk, node.body, inner);
    }
    case "VariableDeclaration":
      return visitDeclaration(walk, node, scope);
    case "ImportDeclaration":
      for (const specifier of node.specifiers) {
        declare(scope, specifier.local.name, "import", specifier);
      }
      return;
    case "ExportNamedDeclaration":
      if (node.declaration) visit(walk, node.declaration, scope);
      return;
    case "ExportAllDeclaration":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
      return;
    case "LabeledStatement":
      return visit(walk, node.body, scope);
    case "MemberExpression":
      visit(walk, node.object, scope);
      return visitKey(walk, node.property, node.computed, scope);
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      visitKey(walk, node.key, node.computed, scope);
      if (node.value) visit(walk, node.value, scope);
      return;
    default:
      return visitChildren(walk, node, scope);
  }
}

function visitKey(walk: Walk, key: AnyNode, computed: boolean, scope: Scope): void {
  if (computed || key.type === "PrivateIdentifier") visit(walk, key, scope);
}

function visitDeclaration(walk: Walk, node: NodeOf<"VariableDeclaration">, scope: Scope): void {
  const target = node.kind === "var" ? varScope(scope) : scope;
  const kind = node.kind === "var" || node.kind === "let" ? node.kind : "const";
  for (const declarator of node.declarations) {
    declarePattern(target, declarator.id, kind, declarator);
    visitPattern(walk, declarator.id, scope);
    if (!declarator.init) continue;
    walk.ancestors.push(declarator);
    visit(walk, declarator.init, scope);
    walk.ancestors.pop();
  }
}

function declareFunction(walk: Walk, node: NodeOf<"FunctionDeclaration">, scope: Scope): void {
  if (!node.id) return;
  declare(scope, node.id.name, "function", node);
  // Annex B: in sloppy code a function in a block is a var of the function around it as well.
  if (walk.sloppy && !scope.holdsVars && !resolve(scope.parent, node.id.name)) {
    declare(varScope(scope), node.id.name, "var", node);
  }
}

function nameScope(node: NodeOf<"FunctionExpression">, scope: Scope): Scope {
  if (!node.id) return scope;
  const inner = scopeOf(node, scope, scope.owner);
  declare(inner, node.id.name, "name", node);
  return inner;
}

function visitFunctionParts(walk: Walk, node: FunctionNode, scope: Scope): void {
  // Parameters have a scope of their own: a closure in a default value cannot see the body.
  const parameters = scopeOf(node, scope, node, true);
  for (const parameter of node.params) declarePattern(parameters, parameter, "parameter", node);
  for (const parameter of node.params) visitPattern(walk, parameter, parameters);
  if (node.body.type !== "BlockStatement") return visit(walk, node.body, parameters);
  visitAll(walk, node.body.body, scopeOf(node.body, parameters, node, true));
}

function visitClass(walk: Walk, node: ClassNode, scope: Scope): void {
  if (node.type === "ClassDeclaration" && node.id) declare(scope, node.id.name, "class", node);
  const inner = scopeOf(node, scope, scope.owner);
  if (node.id) declare(inner, node.id.name, "name", node);
  if (node.superClass) visit(walk, node.superClass, inner);
  visitAll(walk, node.body.body, inner);
}

function varScope(scope: Scope): Scope {
  let at = scope;
  while (!at.holdsVars && at.parent) at = at.parent;
  return at;
}

function visitAll(walk: Walk, nodes: readonly AnyNode[], scope: Scope): void {
  for (const node of nodes) visit(walk, node, scope);
}

function visitChildren(walk: Walk, node: AnyNode, scope: Scope): void {
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) if (isNode(item)) visit(walk, item, scope);
    } else if (isNode(value)) {
      visit(walk, value, scope);
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
