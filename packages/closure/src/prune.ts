import { types } from "node:util";
import { factsOf } from "./facts.ts";
import { codecFor } from "./codecs.ts";
import type { Usage } from "./usage.ts";

/** The protocol by which an instance says how to make it again: `[rebuild, args]`. */
export const reduceKey: unique symbol = Symbol.for("millrace.reduce");

/** Whether parts of an object may be left behind: only of plain objects and of modules. */
export function isPrunable(value: object): boolean {
  if (typeof value === "function" || types.isProxy(value)) return false;
  if (isModuleLike(value)) return true;
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null) return false;
  return !Array.isArray(value) && !(reduceKey in value) && codecFor(value) === undefined;
}

/** A namespace, or what a bundler or a test runner uses for one: its getters have no effects. */
export function isModuleLike(value: object): boolean {
  if (types.isModuleNamespaceObject(value)) return true;
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto !== null && proto !== Object.prototype) return false;
  const tag = Object.getOwnPropertyDescriptor(value, Symbol.toStringTag);
  if (tag?.value === "Module") return true;
  return Object.getOwnPropertyDescriptor(value, "__esModule")?.value === true;
}

/** What is needed of a prunable object for a usage; everything where a part could be missed. */
export function needed(value: object, usage: Exclude<Usage, "all">): Usage {
  for (const [key, { called }] of usage) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined) {
      if (called || key in value) return "all";
    } else if (!("value" in property) && !isModuleLike(value)) return "all";
    else if (called && seesThis(readOwn(value, key))) return "all";
  }
  return usage;
}

/** An own property, through the getter where it is a module's; undefined while uninitialised. */
function readOwn(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** Whether a function that is called as a method could look at the object it is called on. */
function seesThis(value: unknown): boolean {
  if (typeof value !== "function" || types.isProxy(value)) return true;
  try {
    const text = Function.prototype.toString.call(value);
    const facts = factsOf(text, { sloppy: false, freeName: false });
    return facts.usesOwnThis || facts.directEval || facts.lexical.has("super");
  } catch {
    // Native code, or syntax that cannot be read.
    return true;
  }
}
