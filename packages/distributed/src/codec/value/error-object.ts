import { types } from "node:util";
import { writeAdorned, writeProperties, readProperties } from "./adorned.ts";
import { corrupt } from "./corrupt.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { Tag } from "./format.ts";
import { writeText } from "./text.ts";

/** Some take a message first, some take errors: an empty list is both. */
type ErrorConstructor = new (first: readonly never[]) => Error;

/** By code: the order never changes, new ones are added at the end. */
const errorNames = [
  "Error",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
  "AggregateError",
  // Newer than Node 20.
  "SuppressedError",
];

const errorClasses = errorNames.map(
  (name) => (globalThis as unknown as Record<string, ErrorConstructor | undefined>)[name],
);

/** What is said of the stack of an error. */
const Stack = { absent: 0, present: 1 } as const;

/** Since Node 21 every error has this accessor; before, the stack is a plain property. */
const engineStack = Object.getOwnPropertyDescriptor(new Error(), "stack");

/** An error of a class of the language: its class, its stack, and all it has of its own. */
export function writeError(encoder: Encoder, error: Error, prototype: object): boolean {
  const code = errorClasses.findIndex((known) => known?.prototype === prototype);
  if (code < 0) return false;
  const extras = extraKeysOf(error);
  writeAdorned(encoder, error, [], () => {
    encoder.out.byte(Tag.error);
    encoder.out.byte(code);
    writeStack(encoder, error);
    writeProperties(encoder, error, extras);
  });
  return true;
}

/** Reads what follows {@link Tag.error}. */
export function readError(decoder: Decoder): Error {
  const Class = errorClasses[decoder.input.byte()];
  if (Class === undefined) throw corrupt("this version of Node has no such error");
  const error = decoder.open(makeBare(Class));
  readStack(decoder, error);
  readProperties(decoder, error);
  return error;
}

/** A DOMException; its name and message are not properties, but part of it. */
export function writeDomException(encoder: Encoder, value: object): boolean {
  const parts = partsOfDomException(value);
  if (parts === undefined) return false;
  const extras = extraKeysOf(value);
  writeAdorned(encoder, value, [], () => {
    encoder.out.byte(Tag.domException);
    writeText(encoder, parts.message);
    writeText(encoder, parts.name);
    writeStack(encoder, value);
    writeProperties(encoder, value, extras);
  });
  return true;
}

/** Reads what follows {@link Tag.domException}. */
export function readDomException(decoder: Decoder): DOMException {
  const message = decoder.value();
  const name = decoder.value();
  if (typeof message !== "string" || typeof name !== "string") throw corrupt("a name is no text");
  const exception = decoder.open(withoutStack(() => new DOMException(message, name)));
  readStack(decoder, exception);
  readProperties(decoder, exception);
  return exception;
}

/** The name of the nearest class of the language that an error is of, or DOMException. */
export function errorClassOf(error: object): string {
  for (let at: unknown = error; typeof at === "object" && at !== null;) {
    if (types.isProxy(at)) break;
    const maker: unknown = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    // By name: the errors of another realm, as those of a vm context, have classes of their own.
    const name: unknown =
      typeof maker === "function" && !types.isProxy(maker)
        ? Object.getOwnPropertyDescriptor(maker, "name")?.value
        : undefined;
    if (name === "DOMException" && partsOfDomException(error) !== undefined) return name;
    if (typeof name === "string" && errorNames.includes(name)) return name;
    at = Object.getPrototypeOf(at);
  }
  return "Error";
}

/** An error of a class of the language, without a stack; undefined where there is no such class. */
export function makeError(className: string, name: string, message: string): Error | undefined {
  if (className === "DOMException") return withoutStack(() => new DOMException(message, name));
  const Class = errorClasses[errorNames.indexOf(className)];
  if (Class === undefined) return undefined;
  const error = makeBare(Class);
  Object.defineProperty(error, "message", { value: message, writable: true, configurable: true });
  return error;
}

function makeBare(Class: ErrorConstructor): Error {
  const error = withoutStack(() => new Class([]));
  for (const key of Reflect.ownKeys(error)) {
    if (key !== "stack") Reflect.deleteProperty(error, key);
  }
  return error;
}

/** Replaces the stack of an error, as the engine would show it. */
export function setStack(error: Error, stack: unknown): void {
  // An assignment keeps the accessor where there is one; without a stack it would show.
  if (Object.hasOwn(error, "stack")) error.stack = stack as string;
  else {
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  }
}

/** Undefined for an object that only inherits from DOMException. */
export function partsOfDomException(value: object): { message: string; name: string } | undefined {
  const { message, name } = Object.getOwnPropertyDescriptors(DOMException.prototype);
  try {
    return { message: String(message.get?.call(value)), name: String(name.get?.call(value)) };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** All own keys but a stack as the engine made it. */
function extraKeysOf(error: object): PropertyKey[] {
  return Reflect.ownKeys(error).filter((key) => key !== "stack" || !hasUsualStack(error));
}

function hasUsualStack(error: object): boolean {
  const stack = Object.getOwnPropertyDescriptor(error, "stack");
  if (stack === undefined || stack.enumerable === true) return false;
  if (stack.get !== undefined || stack.set !== undefined) return stack.get === engineStack?.get;
  return (stack.writable === true && stack.configurable === true) || Object.isFrozen(error);
}

function writeStack(encoder: Encoder, error: object): void {
  const isUsual = hasUsualStack(error);
  encoder.out.byte(isUsual ? Stack.present : Stack.absent);
  if (isUsual) encoder.value((error as Error).stack);
}

function readStack(decoder: Decoder, error: Error): void {
  const has = decoder.input.byte();
  if (has === Stack.absent) {
    Reflect.deleteProperty(error, "stack");
    return;
  }
  setStack(error, decoder.value());
}

/** Makes an error without the cost of a stack of here, which the one that is read replaces. */
function withoutStack<T>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return make();
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
}
