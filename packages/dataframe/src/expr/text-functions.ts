import type { DType, PlainType } from "../dtype.ts";
import { invalidArgument } from "../errors.ts";
import type { Ast } from "./ast.ts";
import type { Expr } from "./expr.ts";
import { checkPattern, checkWholePattern } from "./pattern.ts";
import type { BoolType, SplitType, TextType } from "./result-type.ts";
import type { FunctionName, Scalar } from "./typed.ts";

/**
 * Functions of texts, as `.str` of an expression; null stays null. Characters are code points. A
 * pattern is a text, searched as it is, or a RegExp without lookbehind, whose flags `g` and `y`
 * do not count.
 *
 * @example
 * ```ts
 * import { col } from "@millrace/dataframe";
 *
 * String(col("name").str.trim().str.contains(/^a/i)); // => "contains(trim(name), /^a/i)"
 * ```
 */
export class TextFunctions<D extends DType> {
  /** The dtype, for the type checker alone. */
  declare readonly "~dtype": D | undefined;
  readonly #input: Ast;
  readonly #make: <T extends DType>(ast: Ast) => Expr<T>;

  /** Of an expression; users write `.str`. */
  constructor(input: Ast, make: <T extends DType>(ast: Ast) => Expr<T>) {
    this.#input = input;
    this.#make = make;
  }

  /** Whether the pattern occurs. */
  contains(this: TextFunctions<TextType>, pattern: string | RegExp): Expr<BoolType> {
    return this.#call("contains", checkPattern("contains", pattern));
  }

  /** Whether the pattern matches the whole text; a string is the source of a pattern. */
  matches(this: TextFunctions<TextType>, pattern: string | RegExp): Expr<BoolType> {
    return this.#call("matches", checkWholePattern("matches", pattern));
  }

  /** Whether the text begins with another one. */
  startsWith(this: TextFunctions<TextType>, text: string): Expr<BoolType> {
    return this.#call("startsWith", [checkText("startsWith", text)]);
  }

  /** Whether the text ends with another one. */
  endsWith(this: TextFunctions<TextType>, text: string): Expr<BoolType> {
    return this.#call("endsWith", [checkText("endsWith", text)]);
  }

  /** How many characters there are. */
  length(this: TextFunctions<TextType>): Expr<PlainType<"int32">> {
    return this.#call("length", []);
  }

  /** The text in small letters, as `toLowerCase` of JavaScript. */
  lower(this: TextFunctions<TextType>): Expr<PlainType<"utf8">> {
    return this.#call("lower", []);
  }

  /** The text in capitals, as `toUpperCase` of JavaScript. */
  upper(this: TextFunctions<TextType>): Expr<PlainType<"utf8">> {
    return this.#call("upper", []);
  }

  /** The text without white space around it. */
  trim(this: TextFunctions<TextType>): Expr<PlainType<"utf8">> {
    return this.#call("trim", []);
  }

  /** Characters from `start` up to, without, `end`; a negative place counts from the end. */
  slice(this: TextFunctions<TextType>, start: number, end?: number): Expr<PlainType<"utf8">> {
    const last = end === undefined ? null : checkPlace(end);
    return this.#call("slice", [checkPlace(start), last]);
  }

  /** The text with the first match replaced; for a RegExp `$1`, `$<name>` and `$&` work. */
  replace(
    this: TextFunctions<TextType>,
    pattern: string | RegExp,
    replacement: string,
  ): Expr<PlainType<"utf8">> {
    const text = checkText("replace", replacement);
    return this.#call("replace", [...checkPattern("replace", pattern), text]);
  }

  /** The text with all matches replaced; for a RegExp `$1`, `$<name>` and `$&` work. */
  replaceAll(
    this: TextFunctions<TextType>,
    pattern: string | RegExp,
    replacement: string,
  ): Expr<PlainType<"utf8">> {
    const text = checkText("replaceAll", replacement);
    if (pattern === "") throw invalidArgument("replaceAll", "empty pattern", "", "some text");
    return this.#call("replaceAll", [...checkPattern("replaceAll", pattern), text]);
  }

  /** The pieces between matches; an empty text cuts between all characters. */
  split(this: TextFunctions<TextType>, separator: string | RegExp): Expr<SplitType> {
    return this.#call("split", checkPattern("split", separator));
  }

  #call<T extends DType>(fn: FunctionName, params: readonly Scalar[]): Expr<T> {
    return this.#make({ kind: "call", fn, args: [this.#input], params });
  }
}

function checkText(api: string, text: unknown): string {
  if (typeof text === "string") return text;
  throw invalidArgument(api, "no text", text, "a string");
}

function checkPlace(place: unknown): number {
  if (Number.isSafeInteger(place)) return Number(place);
  throw invalidArgument("slice", "bad place", place, "a whole number");
}
