import { isReassigned } from "./assignments.ts";
import type { CaptureErrorCode } from "./errors.ts";
import type { Facts, FreeName } from "./facts.ts";
import { provenInitialised } from "./initialised.ts";
import { uninitialisedThrows } from "./inspector.ts";
import { isProgramExport, isStandardGlobal } from "./intrinsics.ts";
import type { Slot, WireNode } from "./nodes.ts";
import { originOf } from "./origin.ts";
import { isThatModule, referenceOf } from "./references.ts";
import { resolve, type Binding } from "./scopes.ts";
import { fileOf } from "./script.ts";
import type { Usage } from "./usage.ts";
import type { Edge, Examined, Found, Walk } from "./walk.ts";

/** The captured names of a function in a fixed order, and a slot for each. */
export type Captures = {
  readonly names: string[];
  readonly values: Slot[];
  /** The function's own name now means something else in the scope that declares it. */
  readonly rebound: boolean;
};

/** A variable as V8 holds it now. */
type Variable =
  | { readonly state: "found"; readonly value: unknown; readonly scope: object }
  | { readonly state: "uninitialised" }
  | { readonly state: "missing" };

/** Read every name that a function takes from outside; `early` names are given otherwise. */
export function captureNames(
  walk: Walk,
  found: Found,
  examined: Examined,
  facts: Facts,
  early: readonly string[],
): Captures {
  const names: string[] = [];
  const values: Slot[] = [];
  let rebound = false;
  // Sorted, so that the bytes do not depend on which name is met first.
  for (const name of [...facts.free.keys()].sort()) {
    if (early.includes(name)) continue;
    const free = facts.free.get(name)!;
    if ("id" in facts.node && facts.node.id?.name === name && !free.assigned) {
      const own = readVariable(examined, name);
      if (own.state !== "found" || own.value === found.value) continue;
      rebound = true;
    }
    const slot = captureName(walk, found, examined, name, free);
    if (slot === leaveFree) continue;
    names.push(name);
    values.push(slot);
  }
  return { names, values, rebound };
}

const leaveFree = Symbol("left to the globals of the other process");

/** The value of a variable in the scopes of a function. */
export function readVariable(examined: Examined, name: string): Variable {
  for (const { description, object } of examined.inspected?.scopes ?? []) {
    if (description === "Global" || !Object.hasOwn(object, name)) continue;
    try {
      return { state: "found", value: (object as Record<string, unknown>)[name], scope: object };
    } catch {
      return { state: "uninitialised" };
    }
  }
  return { state: "missing" };
}

function captureName(
  walk: Walk,
  found: Found,
  examined: Examined,
  name: string,
  free: FreeName,
): Slot | typeof leaveFree {
  const own = found.edge.name;
  if (free.assigned) {
    walk.fail(
      "closure/assigned-capture",
      found,
      `${own} assigns it, and another process would change a copy of its own; ` +
        "return the new value, or declare the variable inside the function",
      name,
    );
  }
  if (examined.inspected === undefined) return withoutInspector(walk, found, name, free);
  const variable = readVariable(examined, name);
  if (variable.state === "missing") return missing(walk, found, examined, name, free);
  const binding = examined.placed && resolve(examined.placed.scope, name);
  const edge: Edge = {
    kind: /^__vi(te_ssr)?_import_\d+__$/.test(name) ? "hidden" : "capture",
    name,
  };
  const value = variable.state === "found" ? variable.value : undefined;
  const special = moduleVariable(walk, found, examined, name, binding, value, edge, free.usage);
  if (special !== undefined) return special;
  checkInitialised(walk, found, examined, name, binding, variable);
  const { script } = examined;
  if (binding !== undefined && script !== undefined && isReassigned(script, binding)) {
    walk.rereading.add(found.value as object);
  }
  return walk.slot(value, found, edge, free.usage);
}

/** Imports of packages, and what module systems put into scope. */
function moduleVariable(
  walk: Walk,
  found: Found,
  { script }: Examined,
  name: string,
  binding: Binding | undefined,
  value: unknown,
  edge: Edge,
  usage: Usage,
): Slot | undefined {
  if (script === undefined) return undefined;
  const origin = binding && originOf(binding);
  const genuine =
    origin !== undefined && !isReassigned(script, binding!) && isThatModule(origin, value, script);
  const reference = genuine ? referenceOf(origin, script) : undefined;
  if (reference !== undefined) {
    refuseOwnState(walk, found, name, reference.node, usage);
    const hint = reference.from === undefined ? undefined : { from: reference.from };
    return walk.referenceSlot(reference.node, value, found, edge, hint);
  }
  if (binding !== undefined && !isWrapperParameter(binding)) return undefined;
  if (name === "module" || name === "exports" || name === "__vite_ssr_exports__") {
    walk.fail(
      "closure/module-scope",
      found,
      "it belongs to the CommonJS module around the function; use the exported variable itself",
      name,
    );
  }
  if (name === "__vite_ssr_dynamic_import__") {
    const base = fileOf(script) ?? process.cwd();
    return walk.referenceSlot({ kind: "dynamic-import", base }, undefined, found, edge);
  }
  return undefined;
}

/** Refuse an import such as workerData: a reference would find that of another thread. */
function refuseOwnState(
  walk: Walk,
  found: Found,
  name: string,
  node: WireNode,
  usage: Usage,
): void {
  if (node.kind !== "builtin") return;
  const inner = usage === "all" ? undefined : usage.get("default")?.usage;
  const keys = [usage, inner].flatMap((part) =>
    part === undefined || part === "all" ? [] : [...part.keys()],
  );
  const state = [
    ...node.path,
    ...(node.path[0] === "default" || node.path.length === 0 ? keys : []),
  ];
  const own = state.find((key) => isProgramExport(node.module, key));
  if (own === undefined) return;
  walk.fail(
    "closure/global",
    found,
    `'${own}' of node:${node.module} belongs to this process or thread; keep it in a const and use that`,
    name.startsWith("__vi") || name === own ? own : `${name}.${own}`,
  );
}

function isWrapperParameter({ kind, scope }: Binding): boolean {
  const { node, owner } = scope;
  if (kind !== "parameter" || node !== owner || node.type !== "ArrowFunctionExpression")
    return false;
  const [first] = node.params;
  return first?.type === "Identifier" && first.name === "__vite_ssr_exports__";
}

function checkInitialised(
  walk: Walk,
  found: Found,
  { placed, script }: Examined,
  name: string,
  binding: Binding | undefined,
  variable: Variable,
): void {
  let doubt = "";
  if (variable.state === "found") {
    if (variable.value !== undefined) return;
    if (walk.inspector === undefined || uninitialisedThrows(walk.inspector)) return;
    // This V8 shows an uninitialised variable as undefined, so the source has to tell them apart.
    if (binding !== undefined && placed !== undefined && script !== undefined) {
      const all = walk.witnesses(found, script);
      const single = binding.scope.owner === undefined || isWrapperScope(binding);
      const later = (other: string): boolean =>
        (variable.scope as Record<string, unknown>)[other] !== undefined;
      if (provenInitialised(binding, single ? all : [placed], later)) return;
    }
    doubt =
      " (or it is undefined, which this version of Node does not tell apart here: then give it null, " +
      "or declare it before the function)";
  }
  walk.fail(
    "closure/uninitialised",
    found,
    `its declaration has not run yet${doubt}; capture the function after it`,
    name,
  );
}

function isWrapperScope({ scope }: Binding): boolean {
  const { owner } = scope;
  if (owner?.type !== "ArrowFunctionExpression") return false;
  const [first] = owner.params;
  return first?.type === "Identifier" && first.name === "__vite_ssr_exports__";
}

function missing(
  walk: Walk,
  found: Found,
  examined: Examined,
  name: string,
  free: FreeName,
): typeof leaveFree {
  if (isStandardGlobal(name)) return leaveFree;
  const scopes = examined.inspected?.scopes ?? [];
  const global = scopes.findLast(({ description }) => description === "Global")?.object;
  if (global !== undefined && name in global) {
    walk.fail(
      "closure/global",
      found,
      "it is a property of globalThis that only this process has; keep it in a const and use that",
      name,
    );
  }
  if (free.guarded) return leaveFree;
  walk.fail(
    "closure/undeclared",
    found,
    `${found.edge.name} reads it, and no such variable can be seen from there; declare it, or pass it as an argument`,
    name,
  );
}

function withoutInspector(
  walk: Walk,
  found: Found,
  name: string,
  free: FreeName,
): typeof leaveFree {
  if (isStandardGlobal(name) || free.guarded) return leaveFree;
  const code: CaptureErrorCode =
    walk.mode === "explicit" ? "closure/free-variable" : "closure/no-inspector";
  const reason =
    walk.mode === "explicit"
      ? 'and mode "explicit" captures none'
      : "and automatic capture is unavailable here (Bun, Deno or Node's permission model)";
  walk.fail(
    code,
    found,
    `'${name}' is a free variable of ${found.edge.name}, ${reason}; ` +
      `use withEnv({ ${name} }, ({ ${name} }, ...args) => ...) or moduleFunction(url, name)`,
    name,
  );
}
