import type { AnyNode } from "acorn";
import { isPropertyAssigned, isReassigned } from "./assignments.ts";
import { readVariable } from "./captures.ts";
import { isStandardGlobal } from "./intrinsics.ts";
import { resolve } from "./scopes.ts";
import type { Examined } from "./walk.ts";

/**
 * The value of a constant expression, undefined for any other: literals, variables and property
 * paths that no code of the script assigns, Symbol.for.
 */
export function constantValue(node: AnyNode, examined: Examined): unknown {
  switch (node.type) {
    case "Literal":
      return node.value;
    case "TemplateLiteral":
      return node.expressions.length === 0 ? node.quasis[0]?.value.cooked : undefined;
    case "Identifier": {
      const variable = readVariable(examined, node.name);
      if (variable.state === "found") {
        return mayHaveChanged(examined, node.name) ? undefined : variable.value;
      }
      const constant = constantInit(examined, node.name);
      if (constant !== undefined) return constantValue(constant, examined);
      return isStandardGlobal(node.name) ? (globalThis as never)[node.name] : undefined;
    }
    case "MemberExpression": {
      const object = constantValue(node.object, examined);
      const key = node.computed
        ? constantValue(node.property, examined)
        : node.property.type === "Identifier" && node.property.name;
      if (typeof key !== "string" && typeof key !== "symbol") return undefined;
      const { script } = examined;
      if (script !== undefined && isPropertyAssigned(script, String(key))) return undefined;
      return object == null ? undefined : (object as Record<string | symbol, unknown>)[key];
    }
    case "CallExpression": {
      const [argument] = node.arguments;
      if (constantValue(node.callee, examined) !== Symbol.for || argument === undefined)
        return undefined;
      const key = constantValue(argument, examined);
      return typeof key === "string" ? Symbol.for(key) : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether a variable may hold something else now than when the class was defined. */
function mayHaveChanged({ placed, script }: Examined, name: string): boolean {
  const binding = placed && resolve(placed.scope, name);
  return script === undefined || binding === undefined || isReassigned(script, binding);
}

/** What a const is declared with: V8 keeps no variable that only the class definition reads. */
function constantInit({ placed }: Examined, name: string): AnyNode | undefined {
  const binding = placed && resolve(placed.scope, name);
  if (binding?.kind !== "const" || binding.node.type !== "VariableDeclarator") return undefined;
  const { id, init } = binding.node;
  return id.type === "Identifier" && init?.type === "Literal" ? init : undefined;
}
