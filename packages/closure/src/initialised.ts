import type { AnyNode, Pattern } from "acorn";
import type { Placed } from "./script.ts";
import { isFunction, type Binding } from "./scopes.ts";

/**
 * Whether a binding that reads as undefined has been initialised, as far as the order of the
 * source proves it. Needed on V8s that report an uninitialised binding as undefined.
 *
 * `witnesses` are functions that exist now and were made in the same scope: one that stands after
 * a declaration could only be made once the declaration had run. `later` tells whether another
 * name of the scope has a value already.
 */
export function provenInitialised(
  binding: Binding,
  witnesses: readonly Placed[],
  later: (name: string) => boolean,
): boolean {
  if (binding.kind === "parameter") return !witnesses.some((at) => looksAhead(at, binding));
  if (!["const", "let", "class", "import"].includes(binding.kind)) return true;
  if (binding.kind === "import") return false;
  // A case may be jumped over, so order proves nothing in a switch.
  if (binding.scope.node.type === "SwitchStatement") return false;
  if (binding.kind === "const" && onlyUndefined(binding.node)) return true;
  if (witnesses.some((witness) => standsAfter(witness, binding))) return true;
  for (const other of binding.scope.bindings.values()) {
    const lexical = other.kind === "const" || other.kind === "let" || other.kind === "class";
    if (lexical && other.node.start >= binding.node.end && later(other.name)) return true;
  }
  return false;
}

/** A const that can hold nothing but undefined is the same before and after. */
function onlyUndefined(declarator: AnyNode): boolean {
  if (declarator.type !== "VariableDeclarator" || !declarator.init) return false;
  const { init, id } = declarator;
  if (id.type !== "Identifier") return false;
  if (init.type === "Identifier") return init.name === "undefined";
  return init.type === "UnaryExpression" && init.operator === "void";
}

/** A function in the default value of a parameter, which runs before the later ones have values. */
function looksAhead(witness: Placed, { node, name }: Binding): boolean {
  if (!isFunction(node)) return false;
  const own = node.params.findIndex(
    ({ start, end }) => start <= witness.start && witness.start < end,
  );
  const declaring = node.params.findIndex((parameter) => declares(parameter, name));
  return own !== -1 && declaring >= own;
}

function declares(pattern: Pattern, name: string): boolean {
  switch (pattern.type) {
    case "Identifier":
      return pattern.name === name;
    case "ObjectPattern":
      return pattern.properties.some((property) =>
        declares(property.type === "RestElement" ? property.argument : property.value, name),
      );
    case "ArrayPattern":
      return pattern.elements.some((element) => element !== null && declares(element, name));
    case "RestElement":
      return declares(pattern.argument, name);
    case "AssignmentPattern":
      return declares(pattern.left, name);
    case "MemberExpression":
      return false;
  }
}

function standsAfter(witness: Placed, binding: Binding): boolean {
  const owner = binding.scope.owner;
  const chain: readonly AnyNode[] = [witness.node, ...witness.owners];
  const within = owner === undefined ? chain.length : chain.indexOf(owner);
  const outermost = chain[within - 1];
  if (outermost === undefined) return false;
  // A function declaration exists from the start of its block, wherever it stands.
  if (outermost.type === "FunctionDeclaration") return false;
  if (!inScope(witness, binding)) return false;
  return outermost.start >= binding.node.end;
}

function inScope(witness: Placed, binding: Binding): boolean {
  for (let at: Placed["scope"] | undefined = witness.scope; at !== undefined; at = at.parent) {
    if (at === binding.scope) return true;
  }
  return false;
}
