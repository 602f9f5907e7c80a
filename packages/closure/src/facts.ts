import { parse, type AnyNode, type Identifier } from "acorn";
import {
  isClass,
  isFunction,
  resolve,
  walkScopes,
  type ClassNode,
  type FunctionNode,
  type Scope,
} from "./scopes.ts";
import { isPrivateTarget, occurrenceOf, union, usageAround, type Usage } from "./usage.ts";

/** How a function text must stand in a program to mean what it meant. */
export type Shape = "expression" | "method";

/** A name that a function reads from outside itself. */
export type FreeName = {
  readonly usage: Usage;
  readonly assigned: boolean;
  /** Some occurrence is `typeof name`: the code is ready for a name that does not exist. */
  readonly guarded: boolean;
};

/** A range of the text, `start` included, `end` not. */
export type Range = { readonly start: number; readonly end: number };

/** What only the syntax of a function can say. */
export type Facts = {
  readonly text: string;
  readonly shape: Shape;
  /** The function or class; its positions count from the start of the text. */
  readonly node: FunctionNode | ClassNode;
  /** For a method: its key, with the brackets when it is computed. */
  readonly methodKey: (Range & { readonly computed: boolean }) | undefined;
  readonly free: ReadonlyMap<string, FreeName>;
  /** Constructs that reach something around the function which cannot be captured. */
  readonly lexical: ReadonlySet<"this" | "arguments" | "super" | "new.target">;
  readonly usesOwnThis: boolean;
  readonly directEval: boolean;
  readonly hasWith: boolean;
  readonly importMeta: { readonly ranges: readonly Range[]; readonly usage: Usage | undefined };
  /** Each `import` keyword of an import(); `relative`: it depends on where the function is. */
  readonly dynamicImports: readonly (Range & { readonly relative: boolean })[];
  /** Private names that are used here and declared around the function. */
  readonly privateNames: readonly string[];
  /** Private names that some code in here assigns to. */
  readonly assignedPrivateNames: ReadonlySet<string>;
};

/** What may change the meaning of the same text: strictness, and who owns the name. */
export type Reading = { readonly sloppy: boolean; readonly freeName: boolean };

// Texts repeat (the same lambda created again and again), so facts are kept by text; the bound
// stops a program that makes new sources for ever.
const cache = new Map<string, Facts>();
const cacheEntriesMax = 2_000;

/** Read a function's text; throws acorn's SyntaxError when it is not a function's text. */
export function factsOf(text: string, reading: Reading): Facts {
  const key = `${reading.sloppy ? "s" : "m"}${reading.freeName ? "d" : "e"}${text}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const facts = readFacts(text, reading);
  if (cache.size >= cacheEntriesMax) cache.clear();
  cache.set(key, facts);
  return facts;
}

const parsings: readonly { shape: Shape; before: string; after: string }[] = [
  // Inside a function `new.target`, `this` and `arguments` are legal whatever the text is.
  { shape: "expression", before: "(function(){return (", after: "\n)})" },
  { shape: "method", before: "({", after: "\n})" },
];

function readFacts(text: string, reading: Reading): Facts {
  let failure: Error | undefined;
  for (const { shape, before, after } of parsings) {
    // Only modules may say import.meta, and they are always strict.
    for (const sourceType of ["script", "module"] as const) {
      let root: AnyNode;
      try {
        root = parse(before + text + after, {
          ecmaVersion: "latest",
          sourceType,
          allowSuperOutsideMethod: true,
          checkPrivateFields: false,
        });
      } catch (error) {
        failure ??= error as SyntaxError;
        continue;
      }
      const found = rootFunction(root, shape, before.length);
      if (found) return collect(text, shape, found, reading);
    }
  }
  throw failure ?? new SyntaxError("not the text of one function");
}

type Root = {
  readonly node: FunctionNode | ClassNode;
  readonly methodKey: Facts["methodKey"];
};

function rootFunction(program: AnyNode, shape: Shape, offset: number): Root | undefined {
  if (program.type !== "Program") return undefined;
  const statement = program.body[0];
  if (program.body.length !== 1 || statement?.type !== "ExpressionStatement") return undefined;
  const outer = statement.expression;
  if (shape === "expression") {
    if (outer.type !== "FunctionExpression") return undefined;
    const inner = outer.body.body[0];
    const node = inner?.type === "ReturnStatement" ? inner.argument : undefined;
    if (outer.body.body.length !== 1 || !node) return undefined;
    if (!isFunction(node) && !isClass(node)) return undefined;
    return { node: shifted(node, offset), methodKey: undefined };
  }
  const property = outer.type === "ObjectExpression" ? outer.properties[0] : undefined;
  if (outer.type !== "ObjectExpression" || outer.properties.length !== 1) return undefined;
  if (property?.type !== "Property" || property.value.type !== "FunctionExpression")
    return undefined;
  if (!property.method && property.kind === "init") return undefined;
  const node = shifted(property.value, offset);
  shift(property.key, offset);
  return { node, methodKey: { ...keyRange(property), computed: property.computed } };
}

function keyRange(property: { computed: boolean; key: { start: number; end: number } }): Range {
  return { start: property.key.start, end: property.key.end };
}

function shifted<T extends AnyNode>(node: T, offset: number): T {
  shift(node, offset);
  return node;
}

/** Make positions count from the start of the function text. */
function shift(node: AnyNode, offset: number, seen: Set<object> = new Set()): void {
  if (seen.has(node)) return;
  seen.add(node);
  node.start -= offset;
  node.end -= offset;
  for (const value of Object.values(node) as unknown[]) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof item === "object" && item !== null && "start" in item && "type" in item) {
        shift(item as AnyNode, offset, seen);
      }
    }
  }
}

type Pending = { node: Identifier; scope: Scope; ancestors: readonly AnyNode[] };

function collect(text: string, shape: Shape, root: Root, reading: Reading): Facts {
  const pending: Pending[] = [];
  const lexical = new Set<"this" | "arguments" | "super" | "new.target">();
  const declaredPrivate = new Set<string>();
  const usedPrivate = new Set<string>();
  const assignedPrivate = new Set<string>();
  const ranges: Range[] = [];
  let metaUsage: Usage | undefined;
  const flags = { usesOwnThis: false, directEval: false, hasWith: false };
  const dynamicImports: (Range & { relative: boolean })[] = [];

  const enter = (node: AnyNode, _scope: Scope, ancestors: readonly AnyNode[]): void => {
    if (node.type === "ThisExpression" || node.type === "Super") {
      const home = node.type === "Super" ? homeOf(ancestors) : thisOwner(ancestors);
      if (home === undefined) lexical.add(node.type === "Super" ? "super" : "this");
      if (home === root.node) flags.usesOwnThis = true;
    } else if (node.type === "MetaProperty") {
      if (node.meta.name === "import") {
        ranges.push({ start: node.start, end: node.end });
        const usage = usageAround(node, ancestors);
        metaUsage = metaUsage === undefined ? usage : union(metaUsage, usage);
      } else if (thisOwner(ancestors) === undefined) lexical.add("new.target");
    } else if (node.type === "CallExpression") {
      const { callee, optional } = node;
      if (callee.type === "Identifier" && callee.name === "eval" && !optional) {
        flags.directEval = true;
      }
    } else if (node.type === "WithStatement") flags.hasWith = true;
    else if (node.type === "ImportExpression") {
      const relative = !isBare(node.source);
      dynamicImports.push({ start: node.start, end: node.start + "import".length, relative });
    } else if (node.type === "PrivateIdentifier") {
      const parent = ancestors.at(-1);
      const declares = parent?.type === "MethodDefinition" || parent?.type === "PropertyDefinition";
      (declares ? declaredPrivate : usedPrivate).add(node.name);
      if (isPrivateTarget(ancestors)) assignedPrivate.add(node.name);
    }
  };
  const reference = (node: Identifier, scope: Scope, ancestors: readonly AnyNode[]): void => {
    if (node.name === "arguments" && !inOrdinaryFunction(ancestors)) lexical.add("arguments");
    else pending.push({ node, scope, ancestors: [...ancestors] });
  };
  const freeName = reading.freeName && root.node.type === "FunctionExpression";
  walkScopes(root.node, { enter, reference }, { sloppy: reading.sloppy, freeName });
  return {
    text,
    shape,
    node: root.node,
    methodKey: root.methodKey,
    free: freeNames(pending),
    lexical,
    ...flags,
    dynamicImports,
    importMeta: { ranges, usage: metaUsage },
    privateNames: [...usedPrivate].filter((name) => !declaredPrivate.has(name)),
    assignedPrivateNames: assignedPrivate,
  };
}

function isBare(source: AnyNode): boolean {
  return source.type === "Literal" && /^[^./]/.test(String(source.value));
}

function freeNames(pending: readonly Pending[]): Map<string, FreeName> {
  const free = new Map<string, FreeName>();
  for (const { node, scope, ancestors } of pending) {
    if (resolve(scope, node.name) || ownArguments(node, ancestors)) continue;
    const { usage, assigned, guard } = occurrenceOf(node, ancestors);
    const before = free.get(node.name);
    free.set(node.name, {
      // `typeof x` alone still needs the value when there is one.
      usage: before === undefined ? usage : union(before.usage, usage),
      assigned: assigned || before?.assigned === true,
      guarded: guard || before?.guarded === true,
    });
  }
  return free;
}

function ownArguments(node: Identifier, ancestors: readonly AnyNode[]): boolean {
  return node.name === "arguments" && inOrdinaryFunction(ancestors);
}

function inOrdinaryFunction(ancestors: readonly AnyNode[]): boolean {
  return ancestors.some((node) => isFunction(node) && node.type !== "ArrowFunctionExpression");
}

/** The function, field or static block that gives `this` its meaning; undefined: outside. */
function thisOwner(ancestors: readonly AnyNode[]): AnyNode | undefined {
  for (let i = ancestors.length - 1; i >= 0; i--) {
    const node = ancestors[i]!;
    if (isFunction(node) && node.type !== "ArrowFunctionExpression") return node;
    if (node.type === "StaticBlock") return node;
    // A field's value sees the instance, its computed key sees what is around the class.
    if (node.type === "PropertyDefinition" && !inKey(node, ancestors[i + 1])) return node;
  }
  return undefined;
}

function inKey(node: { key: AnyNode }, child: AnyNode | undefined): boolean {
  return node.key === child;
}

/** The method or field whose home object `super` means; undefined: around the function. */
function homeOf(ancestors: readonly AnyNode[]): AnyNode | undefined {
  const member = ancestors.findLast(
    (node) =>
      node.type === "MethodDefinition" ||
      node.type === "PropertyDefinition" ||
      node.type === "StaticBlock" ||
      (node.type === "Property" && (node.method || node.kind !== "init")),
  );
  return member;
}
