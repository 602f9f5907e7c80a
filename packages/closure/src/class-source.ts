import { types } from "node:util";
import type { AnyNode, MethodDefinition, PropertyDefinition } from "acorn";
import type { Facts } from "./facts.ts";
import type { ClassNode } from "./scopes.ts";

/** A stretch of a text to be replaced. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string };

/** Replace stretches that do not overlap; every line stays on its line. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    const lost = text.slice(edit.start, edit.end).replace(/[^\n\r\u2028\u2029]/g, "");
    const kept = edit.text.replace(/[^\n\r\u2028\u2029]/g, "");
    result += text.slice(at, edit.start) + edit.text + lost.slice(kept.length);
    at = edit.end;
  }
  return result + text.slice(at);
}

/** A generated name that means nothing else yet. */
export function unusedName(wanted: string, isUsed: (name: string) => boolean): string {
  let name = wanted;
  while (isUsed(name)) name += "$";
  return name;
}

/** Why a class cannot be made again from its source. */
export class ClassRefusal extends Error {
  readonly code: "closure/private-state" | "closure/computed-key";
  readonly reason: string;
  constructor(code: ClassRefusal["code"], reason: string) {
    super(reason);
    this.code = code;
    this.reason = reason;
  }
}

/** A class text that can be evaluated elsewhere without running the program's code. */
export type ClassSource = {
  readonly text: string;
  readonly early: string[];
  readonly earlyValues: unknown[];
  /** The base class is the first of the early values. */
  readonly hasBase: boolean;
  /** Texts of methods and accessors that evaluating the class makes, by key. */
  readonly statics: NaturalMembers;
  readonly members: NaturalMembers;
};

/** What each own key of a class or prototype is made from. */
export type NaturalMembers = Map<string | symbol, { value?: string; get?: string; set?: string }>;

/** The name that stands for the base class in a rewritten text. */
const baseName = "__mr_base__";

/**
 * Rewrite a class so that evaluating it repeats nothing: the base class and computed keys become
 * names that are given, and static fields and static blocks are blanked, since their outcome is
 * the present value of the class's properties, which travels by itself.
 */
export function classSource(
  cls: object,
  facts: Facts,
  evaluate: (node: AnyNode) => unknown,
): ClassSource {
  const node = facts.node as ClassNode;
  const edits: Edit[] = [];
  const early: string[] = [];
  const free = (wanted: string): string =>
    unusedName(wanted, (each) => mentions(node, facts.text, each));
  const earlyValues: unknown[] = [];
  const name = (text: string, value: unknown): string => {
    early.push(text);
    earlyValues.push(value);
    return text;
  };
  if (node.superClass && !isNullLiteral(node.superClass)) {
    const { start, end } = node.superClass;
    edits.push({ start, end, text: name(free(baseName), baseOf(cls)) });
  }
  const statics: NaturalMembers = new Map();
  const members: NaturalMembers = new Map();
  for (const member of node.body.body) {
    if (member.type === "StaticBlock" || isPublicStaticField(member)) {
      edits.push({ start: member.start, end: member.end, text: ";" });
      continue;
    }
    if (isStaticField(member)) checkPrivateStatic(facts, member);
    const key = member.computed
      ? computedKey(cls, member, facts.text, evaluate)
      : literalKey(member.key);
    if (member.computed) {
      const { start, end } = member.key;
      edits.push({ start, end, text: name(free(`__mr_key${early.length}__`), key) });
    }
    if (member.type !== "MethodDefinition" || member.kind === "constructor") continue;
    if (key !== undefined) note(member.static ? statics : members, key, member, facts.text);
  }
  const text = applyEdits(facts.text, edits);
  const hasBase = edits.some(({ start }) => start === node.superClass?.start);
  return { text, early, earlyValues, hasBase, statics, members };
}

/** Whether instances of a class hold state that only the class itself can reach. */
export function hasPrivateMembers(node: ClassNode): boolean {
  return node.body.body.some(
    (member) =>
      member.type !== "StaticBlock" && !member.static && member.key.type === "PrivateIdentifier",
  );
}

function baseOf(cls: object): unknown {
  const base: unknown = Object.getPrototypeOf(cls);
  const prototype = (cls as { prototype: object }).prototype;
  return base === Function.prototype && Object.getPrototypeOf(prototype) === null ? null : base;
}

/** Whether a name stands anywhere but where a generated one will replace it. */
function mentions(node: ClassNode, text: string, name: string): boolean {
  const replaced = node.body.body.flatMap((member) =>
    member.type !== "StaticBlock" && member.computed ? [member.key] : [],
  );
  const cuts = [...(node.superClass ? [node.superClass] : []), ...replaced];
  const rest = applyEdits(
    text,
    cuts.map(({ start, end }) => ({ start, end, text: "" })),
  );
  return rest.includes(name);
}

function isNullLiteral(node: AnyNode): boolean {
  return node.type === "Literal" && node.raw === "null";
}

type Member = ClassNode["body"]["body"][number];

function isStaticField(member: Member): member is PropertyDefinition {
  return member.type === "PropertyDefinition" && member.static;
}

function isPublicStaticField(member: Member): boolean {
  return isStaticField(member) && member.key.type !== "PrivateIdentifier";
}

/** A private static field may stay when it is a constant: a literal that nothing assigns. */
function checkPrivateStatic(facts: Facts, member: PropertyDefinition): void {
  const name = member.key.type === "PrivateIdentifier" ? member.key.name : "";
  const constant = !member.value || member.value.type === "Literal";
  if (constant && !facts.assignedPrivateNames.has(name)) return;
  throw new ClassRefusal(
    "closure/private-state",
    `its static field #${name} can change, and only the class itself can read it; ` +
      "make it a static without #",
  );
}

/**
 * The key that an expression gave when the class was defined. A method is found by its text; a
 * field leaves no trace on the class, so there the expression must be constant.
 */
function computedKey(
  cls: object,
  member: Member & { computed: boolean; key: AnyNode },
  text: string,
  evaluate: (node: AnyNode) => unknown,
): string | symbol {
  const key = evaluate(member.key) ?? keyOfMethod(cls, member, text);
  if (typeof key === "symbol" || typeof key === "string") return key;
  if (typeof key === "number") return String(key);
  throw new ClassRefusal(
    "closure/computed-key",
    "one of its computed keys is more than a constant, so it would have to be computed again; " +
      "write a literal, or a const that is declared with one",
  );
}

function keyOfMethod(cls: object, member: Member, text: string): string | symbol | undefined {
  if (member.type !== "MethodDefinition") return undefined;
  const holder = member.static ? cls : (cls as { prototype: object }).prototype;
  const source = text.slice(member.start, member.end);
  const matching = Reflect.ownKeys(holder).filter((key) => {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    const part: unknown = property?.[member.kind === "method" ? "value" : (member.kind as "get")];
    return typeof part === "function" && sameSource(source, part);
  });
  return matching.length === 1 ? matching[0] : undefined;
}

/** Whether a function is the one that a member's source makes. */
export function sameSource(source: string, fn: object): boolean {
  if (types.isProxy(fn)) return false;
  const text = Function.prototype.toString.call(fn);
  // The source of a static member begins with that word, the text of its function does not.
  return source === text || (source.startsWith("static") && source.endsWith(text));
}

function literalKey(node: AnyNode): string | undefined {
  if (node.type === "Identifier") return node.name;
  return node.type === "Literal" ? String(node.value) : undefined;
}

function note(
  members: NaturalMembers,
  key: string | symbol,
  member: MethodDefinition,
  text: string,
): void {
  const source = text.slice(member.start, member.end);
  const before = members.get(key);
  if (member.kind === "get") members.set(key, { ...accessorPart(before), get: source });
  else if (member.kind === "set") members.set(key, { ...accessorPart(before), set: source });
  else members.set(key, { value: source });
}

function accessorPart(before: { get?: string; set?: string } | undefined): {
  get?: string;
  set?: string;
} {
  return {
    ...(before?.get === undefined ? {} : { get: before.get }),
    ...(before?.set === undefined ? {} : { set: before.set }),
  };
}
