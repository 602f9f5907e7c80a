import type { AnyNode } from "acorn";
import { resolve, walkScopes, type Binding, type Scope } from "./scopes.ts";
import type { Script } from "./script.ts";
import { isWritten } from "./usage.ts";

/** What some code of a script assigns: variables by their declaration, properties by name. */
type Assignments = {
  readonly variables: ReadonlyMap<AnyNode, ReadonlySet<string>>;
  readonly properties: ReadonlySet<string>;
};

const known = new WeakMap<Script, Assignments>();

/** Whether anything in the script gives a variable another value than its declaration does. */
export function isReassigned(script: Script, { node, name, kind }: Binding): boolean {
  if (kind === "import" || kind === "const") return false;
  return assignmentsIn(script).variables.get(node)?.has(name) === true;
}

/** Whether anything in the script writes to a property of this name, of whatever object. */
export function isPropertyAssigned(script: Script, name: string): boolean {
  return assignmentsIn(script).properties.has(name);
}

function assignmentsIn(script: Script): Assignments {
  let found = known.get(script);
  if (found === undefined) {
    found = collect(script);
    known.set(script, found);
  }
  return found;
}

function collect({ program, isModule }: Script): Assignments {
  const variables = new Map<AnyNode, Set<string>>();
  const properties = new Set<string>();
  const pending: { name: string; scope: Scope; declarator: AnyNode | undefined }[] = [];
  if (program === undefined) return { variables, properties };
  const enter = (node: AnyNode, scope: Scope, ancestors: readonly AnyNode[]): void => {
    if (node.type === "VariableDeclaration" && node.kind === "var") {
      // A second `var x = ...` of the same variable is an assignment.
      for (const declarator of node.declarations) {
        if (declarator.init && declarator.id.type === "Identifier") {
          pending.push({ name: declarator.id.name, scope, declarator });
        }
      }
    } else if (node.type === "MemberExpression" && isWritten(node, ancestors)) {
      const { property, computed } = node;
      if (property.type === "Identifier" && !computed) properties.add(property.name);
      else if (property.type === "Literal") properties.add(String(property.value));
    }
  };
  walkScopes(
    program,
    {
      enter,
      reference: (node, scope, ancestors) => {
        if (isWritten(node, ancestors)) {
          pending.push({ name: node.name, scope, declarator: undefined });
        }
      },
    },
    { sloppy: !isModule },
  );
  for (const { name, scope, declarator } of pending) {
    const node = resolve(scope, name)?.node;
    if (node === undefined || node === declarator) continue;
    const names = variables.get(node) ?? new Set();
    variables.set(node, names.add(name));
  }
  return { variables, properties };
}
