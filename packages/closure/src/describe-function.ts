import { captureNames } from "./captures.ts";
import { applyEdits, classSource, ClassRefusal, type ClassSource } from "./class-source.ts";
import { constantValue } from "./constant.ts";
import { declaredReference } from "./declared-exports.ts";
import { environmentOf } from "./env.ts";
import { factsOf, type Facts, type Reading } from "./facts.ts";
import type { AnyFunction } from "./inspector.ts";
import { isNativeText, landmarkOf } from "./intrinsics.ts";
import { importNames, importSlots, rewriteImports } from "./import-rewrite.ts";
import { moduleReferenceOf } from "./module-function.ts";
import type { FunctionWire, Ordinary, WireNode } from "./nodes.ts";
import { remember } from "./live.ts";
import { isForeignIntrinsic } from "./object-chain.ts";
import { integrityOf, ownProperties } from "./properties.ts";
import { constructorOf, describePrototype, missingKeys, skipNatural } from "./prototype.ts";
import type { Reference } from "./packages.ts";
import { exportReference } from "./references.ts";
import { isClass, isFunction, type FunctionNode } from "./scopes.ts";
import { positionOf } from "./script.ts";
import { isStrict } from "./strictness.ts";
import type { Examined, Found, Walk } from "./walk.ts";

/** The wire form of a function or class that is no standard one. */
export function describeFunction(walk: Walk, found: Found, fn: AnyFunction): WireNode {
  const declared = declaredReference(fn);
  if (declared !== undefined) return takeReference(walk, found, fn, declared);
  const environment = environmentOf(fn);
  if (environment !== undefined) {
    const hidden = { kind: "hidden", name: "" } as const;
    const inner = walk.slot(environment.fn, found, { kind: "hidden", name: found.edge.name });
    return { kind: "env", fn: inner, env: walk.slot(environment.env, found, hidden) };
  }
  const module = moduleReferenceOf(fn);
  if (module !== undefined) return { kind: "module", ...module };
  const examined = walk.examine(fn);
  const special = describeSpecial(walk, found, fn, examined);
  if (special !== undefined) return special;
  const reference = exportReference(fn, examined);
  if (reference !== undefined) return takeReference(walk, found, fn, reference);
  return describeSource(walk, found, fn, examined);
}

function takeReference(
  walk: Walk,
  found: Found,
  fn: AnyFunction,
  { node, from }: Reference,
): WireNode {
  if (from !== undefined) walk.hints.set(found.id, { from });
  return remember(node, fn);
}

/** Functions that are no source of the program's: native ones, Node's own, coverage counters. */
function describeSpecial(
  walk: Walk,
  found: Found,
  fn: AnyFunction,
  { text, inspected, script }: Examined,
): WireNode | undefined {
  if (isForeignIntrinsic(fn)) return { kind: "global", path: [fn.name] };
  if (isNativeText(text)) {
    if (inspected === undefined ? fn.name.startsWith("bound ") : inspected.bound) {
      walk.fail(
        "closure/bound-function",
        found,
        "it is a bound function, whose target and arguments are hidden; write (...args) => target.method(...args)",
      );
    }
    walk.fail(
      "closure/native-function",
      found,
      "it is a native function that no module exports; call it inside a function of your own, in this process",
    );
  }
  if (isRequire(fn)) return { kind: "require", base: baseOfRequire(fn) };
  if (text.startsWith("#")) {
    walk.fail(
      "closure/private-name",
      found,
      "it is a private method of a class, which only the class can name; ship the class instead",
    );
  }
  if (script?.url.startsWith("node:") === true) {
    walk.fail(
      "closure/native-function",
      found,
      `it is an internal function of Node (${script.url}); use what a node: module exports`,
    );
  }
  // Istanbul's counters belong to this process's report: the copy counts into nothing.
  const counter =
    /^cov_\w+$/.test(fn.name) && /__coverage__|coverageData|actualCoverage/.test(text);
  return counter ? { kind: "coverage" } : undefined;
}

function isRequire(fn: AnyFunction): fn is NodeJS.Require {
  return fn.name === "require" && Object.hasOwn(fn, "resolve") && Object.hasOwn(fn, "cache");
}

/** The folder that a `require` looks from: the parent of the first place it tries. */
function baseOfRequire(fn: NodeJS.Require): string {
  const [first] = fn.resolve.paths("x") ?? [];
  return first === undefined ? process.cwd() : first.replace(/[\\/]node_modules$/, "");
}

function describeSource(walk: Walk, found: Found, fn: AnyFunction, examined: Examined): WireNode {
  const { placed, script } = examined;
  if (insideWith(examined)) refuseWith(walk, found);
  const strict = isStrict(walk, found, fn, examined);
  const freeName = placed?.node.type === "FunctionDeclaration";
  const facts = readFacts(walk, found, examined.text, { sloppy: !strict, freeName });
  refuseLexical(walk, found, facts);
  const cls = isClass(facts.node) ? describeClass(walk, found, fn, examined, facts) : undefined;
  const rewritten = cls?.source.text ?? methodText(facts);
  const plain = readFacts(walk, found, rewritten, { sloppy: !strict, freeName });
  const generated = importNames(rewritten);
  const text = rewriteImports(rewritten, plain, generated);
  const finalFacts = readFacts(walk, found, text, { sloppy: !strict, freeName });
  const imports = importSlots(walk, found, examined, plain, generated);
  const given = [...(cls?.source.early ?? []), ...imports.names];
  const captures = captureNames(walk, found, examined, finalFacts, given);
  if (script !== undefined && placed !== undefined) {
    const { line, column } = positionOf(script, placed.start);
    walk.hints.set(found.id, { url: script.url, line, column });
  }
  const node: FunctionWire = {
    kind: "function",
    text,
    form: facts.shape === "method" ? "method" : captures.rebound ? "declaration" : "expression",
    strict,
    name: ownName(fn),
    length: ownLength(fn, facts),
    names: [...captures.names, ...imports.names],
    values: [...captures.values, ...imports.values],
    early: cls?.source.early ?? [],
    earlyValues: cls?.earlySlots ?? [],
    prototype: describePrototype(walk, found, fn, cls?.source.members),
    ...functionProperties(walk, found, fn, facts, cls?.source),
  };
  return node;
}

function readFacts(walk: Walk, found: Found, text: string, reading: Reading): Facts {
  try {
    return factsOf(text, reading);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return walk.fail(
      "closure/unreadable-source",
      found,
      `its source cannot be read (${reason}); use moduleFunction(url, name)`,
    );
  }
}

function refuseLexical(walk: Walk, found: Found, facts: Facts): void {
  const { lexical } = facts;
  if (facts.hasWith) refuseWith(walk, found);
  if (facts.directEval) {
    const remedy = "use new Function, or (0, eval)(text)";
    walk.fail("closure/eval", found, `it calls eval, which can read any variable; ${remedy}`);
  }
  const arrow =
    facts.node.type === "ArrowFunctionExpression" ? "an arrow function that uses" : "it uses";
  if (lexical.has("this")) {
    walk.fail(
      "closure/lexical-this",
      found,
      `it is ${arrow} the 'this' around it, which cannot be read; put what it needs into a const`,
    );
  }
  if (lexical.has("arguments")) {
    walk.fail(
      "closure/lexical-arguments",
      found,
      `it is ${arrow} the 'arguments' around it, which cannot be read; use (...args) => ...`,
    );
  }
  if (lexical.has("super")) {
    walk.fail(
      "closure/super",
      found,
      "it is a method that uses 'super' and is taken from its class or object; ship the class instead",
    );
  }
  if (lexical.has("new.target")) {
    walk.fail(
      "closure/new-target",
      found,
      `it is ${arrow} the 'new.target' around it, which cannot be read; put it into a const`,
    );
  }
  if (facts.privateNames.length > 0) {
    walk.fail(
      "closure/private-name",
      found,
      `it uses #${facts.privateNames[0]} of the class around it; ship the class instead`,
    );
  }
}

function insideWith({ inspected }: Examined): boolean {
  return inspected?.scopes.some(({ description }) => description.startsWith("With")) === true;
}

function refuseWith(walk: Walk, found: Found): never {
  const what = "it uses 'with', so its variables cannot be known; name the object";
  return walk.fail("closure/with", found, what);
}

/** A method that stands alone keeps its own name; a computed one is renamed after it is made. */
function methodText(facts: Facts): string {
  const { methodKey: key, text } = facts;
  if (key?.computed !== true) return text;
  return applyEdits(text, [{ start: key.start, end: key.end, text: "0" }]);
}

type DescribedClass = { readonly source: ClassSource; readonly earlySlots: FunctionWire["values"] };

function describeClass(
  walk: Walk,
  found: Found,
  cls: AnyFunction,
  examined: Examined,
  facts: Facts,
): DescribedClass {
  if (constructorOf((cls as { prototype: object }).prototype) !== cls) {
    walk.fail(
      "closure/unreadable-source",
      found,
      "its prototype no longer names it as the constructor, so its instances cannot be told; " +
        "leave prototype.constructor alone",
    );
  }
  try {
    const source = classSource(cls, facts, (node) => constantValue(node, examined));
    const earlySlots = source.earlyValues.map((value) => {
      const name = typeof value === "function" ? value.name || "(base class)" : "(computed key)";
      return walk.slot(value, found, { kind: "capture", name });
    });
    return { source, earlySlots };
  } catch (error) {
    if (error instanceof ClassRefusal) walk.fail(error.code, found, error.reason);
    throw error;
  }
}

function ownName(fn: AnyFunction): string | undefined {
  const name: unknown = Object.getOwnPropertyDescriptor(fn, "name")?.value;
  return typeof name === "string" ? name : undefined;
}

/** The length, where it is not the one that the parameters give. */
function ownLength(fn: AnyFunction, { node }: Facts): number | undefined {
  const length: unknown = Object.getOwnPropertyDescriptor(fn, "length")?.value;
  const params = isFunction(node) ? node.params : (constructorNode(node)?.params ?? []);
  const optional = params.findIndex(
    ({ type }) => type === "AssignmentPattern" || type === "RestElement",
  );
  const natural = optional === -1 ? params.length : optional;
  return typeof length === "number" && length !== natural ? length : undefined;
}

function constructorNode(node: Facts["node"]): FunctionNode | undefined {
  if (!isClass(node)) return undefined;
  for (const member of node.body.body) {
    if (member.type === "MethodDefinition" && member.kind === "constructor") return member.value;
  }
  return undefined;
}

function functionProperties(
  walk: Walk,
  found: Found,
  fn: AnyFunction,
  { node }: Facts,
  source: ClassSource | undefined,
): Ordinary {
  const natural = skipNatural(source?.statics);
  const props = ownProperties(walk, found, fn, (key, property) => {
    if (key === "length" || key === "arguments" || key === "caller")
      return !isClass(node) || key === "length";
    if (key === "name") return natural(key, property) || typeof property.value === "string";
    if (key === "prototype") return !isReplacedPrototype(fn, property.value, node);
    return natural(key, property);
  });
  const proto: unknown = Object.getPrototypeOf(fn);
  const usual =
    source !== undefined ? source.hasBase || proto === Function.prototype : isUsualProto(proto);
  return {
    ...(usual ? {} : { proto: walk.slot(proto, found, { kind: "hidden", name: "prototype" }) }),
    props,
    removed: missingKeys(walk, found, fn, source?.statics),
    integrity: integrityOf(fn),
  };
}

function isUsualProto(proto: unknown): boolean {
  if (landmarkOf(proto) !== undefined) return true;
  // Another realm's own: native, and revived as this realm's.
  return (
    typeof proto === "function" && /\[native code\]/.test(Function.prototype.toString.call(proto))
  );
}

/** `F.prototype = {...}`: then the object is an ordinary value and travels as a property. */
function isReplacedPrototype(fn: AnyFunction, prototype: unknown, node: Facts["node"]): boolean {
  if (isClass(node)) return false;
  if (typeof prototype !== "object" || prototype === null) return true;
  if (!node.generator) return constructorOf(prototype) !== fn;
  return Reflect.ownKeys(prototype).length > 0 || !isUsualProto(Object.getPrototypeOf(prototype));
}
