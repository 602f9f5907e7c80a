import type { AnyNode } from "acorn";
import { resolve, type Binding } from "./scopes.ts";

/**
 * Where a name of a script comes from, read from the statement that declares it.
 * `imported` is the name of an export, or "*" for the whole module. `via` says how the module
 * was asked for, since that decides what the whole module looks like:
 * - `import`: an ES namespace
 * - `require`: what CommonJS exports
 * - `interop`: what esbuild's and Babel's helpers make of `require` (default and names)
 * - `vite`: the object that Vite's module runner (vitest) hands out
 */
export type Origin = {
  readonly specifier: string;
  readonly imported: string;
  readonly via: "import" | "require" | "interop" | "vite";
};

/** The import behind a binding; undefined when it is not one. */
export function originOf(binding: Binding): Origin | undefined {
  if (binding.kind === "import") return importOrigin(binding);
  const declarator = binding.node;
  if (declarator.type !== "VariableDeclarator" || !declarator.init) return undefined;
  if (binding.kind !== "const" && binding.kind !== "var" && binding.kind !== "let")
    return undefined;
  const source = moduleExpression(declarator.init, binding);
  if (source === undefined) return undefined;
  if (declarator.id.type === "Identifier") return source;
  if (source.imported !== "*" || declarator.id.type !== "ObjectPattern") return undefined;
  for (const property of declarator.id.properties) {
    if (property.type !== "Property" || property.computed) continue;
    const { key, value } = property;
    if (value.type === "Identifier" && value.name === binding.name && key.type === "Identifier") {
      return { ...source, imported: key.name };
    }
  }
  return undefined;
}

/** Names under which the module around a script exports its top-level names. */
export function exportedNames(program: AnyNode | undefined): Map<string, string> {
  const names = new Map<string, string>();
  if (program?.type !== "Program") return names;
  for (const statement of program.body) {
    if (statement.type === "ExportDefaultDeclaration") {
      const { declaration } = statement;
      const local = "id" in declaration && declaration.id ? declaration.id.name : undefined;
      if (local !== undefined && declaration.type !== "FunctionExpression") {
        names.set("default", local);
      }
    } else if (statement.type === "ExportNamedDeclaration" && !statement.source) {
      for (const { exported, local } of statement.specifiers) {
        names.set(moduleName(exported), moduleName(local));
      }
      for (const name of declaredNames(statement.declaration ?? undefined)) names.set(name, name);
    }
  }
  return names;
}

/** The same for a module that Vite has rewritten into a function. */
export function viteExportedNames(program: AnyNode | undefined): Map<string, string> {
  const names = new Map<string, string>();
  if (program?.type !== "Program") return names;
  const wrapper = program.body.at(-1);
  const fn = wrapper?.type === "ExpressionStatement" ? wrapper.expression : undefined;
  if (fn?.type !== "ArrowFunctionExpression" || fn.body.type !== "BlockStatement") return names;
  const inner = fn.body.body[0];
  const statements = inner?.type === "BlockStatement" ? inner.body : fn.body.body;
  for (const statement of statements) {
    const call = statement.type === "ExpressionStatement" ? statement.expression : undefined;
    if (call?.type !== "CallExpression" || call.callee.type !== "Identifier") continue;
    if (call.callee.name !== "__vite_ssr_exportName__") continue;
    const [name, getter] = call.arguments;
    if (name?.type !== "Literal" || getter?.type !== "ArrowFunctionExpression") continue;
    const local = returnedName(getter.body);
    if (local !== undefined) names.set(String(name.value), local);
  }
  return names;
}

function returnedName(node: AnyNode): string | undefined {
  if (node.type === "Identifier") return node.name;
  if (node.type === "ReturnStatement")
    return node.argument ? returnedName(node.argument) : undefined;
  if (node.type === "TryStatement") return returnedName(node.block);
  if (node.type === "BlockStatement") {
    return node.body.map(returnedName).find((name) => name !== undefined);
  }
  return undefined;
}

function importOrigin({ node, scope }: Binding): Origin | undefined {
  const program = scope.node;
  if (program.type !== "Program") return undefined;
  const declaration = program.body.find(
    (statement) =>
      statement.type === "ImportDeclaration" &&
      (statement.specifiers as readonly AnyNode[]).includes(node),
  );
  if (declaration?.type !== "ImportDeclaration") return undefined;
  const specifier = String(declaration.source.value);
  switch (node.type) {
    case "ImportDefaultSpecifier":
      return { specifier, imported: "default", via: "import" };
    case "ImportNamespaceSpecifier":
      return { specifier, imported: "*", via: "import" };
    case "ImportSpecifier":
      return { specifier, imported: moduleName(node.imported), via: "import" };
    default:
      return undefined;
  }
}

/** `require("x")`, `require("x").name`, `__toESM(require("x"))`, `await import("x")` and Vite's. */
function moduleExpression(init: AnyNode, binding: Binding): Origin | undefined {
  if (init.type === "AwaitExpression") {
    const { argument } = init;
    if (argument.type === "ImportExpression") {
      return literal(argument.source, { imported: "*", via: "import" });
    }
    if (argument.type !== "CallExpression" || argument.callee.type !== "Identifier") {
      return undefined;
    }
    const vite = /^__vite_ssr_(dynamic_)?import__$/.test(argument.callee.name);
    return vite ? literal(argument.arguments[0], { imported: "*", via: "vite" }) : undefined;
  }
  if (init.type === "MemberExpression" && !init.computed && init.property.type === "Identifier") {
    const source = moduleExpression(init.object, binding);
    if (source?.imported !== "*" || source.via !== "require") return undefined;
    return { ...source, imported: init.property.name };
  }
  if (init.type !== "CallExpression" || init.callee.type !== "Identifier") return undefined;
  const [argument] = init.arguments;
  if (init.callee.name === "require") {
    const own = resolve(binding.scope, "require");
    if (own !== undefined && !isCreateRequire(own)) return undefined;
    return literal(argument, { imported: "*", via: "require" });
  }
  if (/^_*(toESM|interopRequireWildcard|importStar)$/.test(init.callee.name) && argument) {
    const source = moduleExpression(argument, binding);
    return source?.via === "require" ? { ...source, via: "interop" } : undefined;
  }
  return undefined;
}

/** `const require = createRequire(...)`; any other `require` of the program's own is no loader. */
function isCreateRequire({ kind, node }: Binding): boolean {
  if (kind !== "const" || node.type !== "VariableDeclarator") return false;
  const call = node.init;
  if (call?.type !== "CallExpression") return false;
  let { callee }: { callee: AnyNode } = call;
  // Vite and esbuild call imported functions as (0, module.name)(...).
  if (callee.type === "ParenthesizedExpression") callee = callee.expression;
  if (callee.type === "SequenceExpression") callee = callee.expressions.at(-1)!;
  const name = callee.type === "MemberExpression" ? callee.property : callee;
  return name.type === "Identifier" && name.name === "createRequire";
}

function literal(
  node: AnyNode | undefined,
  rest: { imported: string; via: Origin["via"] },
): Origin | undefined {
  if (node?.type !== "Literal" || typeof node.value !== "string") return undefined;
  return { specifier: node.value, ...rest };
}

function moduleName(node: AnyNode): string {
  return node.type === "Identifier" ? node.name : String((node as { value?: unknown }).value);
}

function declaredNames(declaration: AnyNode | undefined): string[] {
  if (declaration === undefined) return [];
  if (declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration") {
    return declaration.id ? [declaration.id.name] : [];
  }
  if (declaration.type !== "VariableDeclaration") return [];
  return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
}
