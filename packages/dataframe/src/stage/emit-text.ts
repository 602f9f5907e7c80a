import type { CallNode, Scalar, Typed } from "../expr/typed.ts";
import { encodeText } from "../kernels/text/bytes.ts";
import { ListBuilder } from "../kernels/text/list-builder.ts";
import { searchPattern, wholePattern } from "../kernels/text/pattern.ts";
import { emitBytes, emptyOf } from "./emit-column.ts";
import type { Emitter } from "./emitter.ts";
import { allOk, makeValue } from "./value.ts";
import type { Value } from "./value.ts";

/** Functions of texts. */
export type TextFunction =
  | "contains"
  | "startsWith"
  | "endsWith"
  | "matches"
  | "length"
  | "lower"
  | "upper"
  | "trim"
  | "slice"
  | "replace"
  | "replaceAll"
  | "split";

/** A function of a text. */
export function emitText(e: Emitter, node: CallNode, fn: TextFunction): Value {
  const text = emitBytes(e, e.value(node.args[0] as Typed));
  const operands = text.parts.join(", ");
  switch (fn) {
    case "length":
      return number(e, fn, `${e.kernel("countPoints")}(${operands})`, text.ok);
    case "startsWith":
    case "endsWith": {
      const part = partOf(e, node);
      const call = `${e.kernel(`${fn}Bytes`)}(${operands}, ${part.parts.join(", ")})`;
      return number(e, fn, `(${call} | 0)`, allOk([text.ok, part.ok]));
    }
    case "contains":
      return number(e, fn, `(${containsText(e, node, operands)} | 0)`, text.ok);
    case "matches": {
      const pattern = e.constant(wholePattern(node.params), "pattern");
      const string = `${e.kernel("decodeText")}(${operands})`;
      return number(e, fn, `(${pattern}.test(${string}) | 0)`, text.ok);
    }
    case "lower":
    case "upper":
    case "trim":
      return spanOf(e, `${e.kernel(`${fn}Text`)}(${e.kernel("span")}, ${operands})`, text.ok);
    case "slice": {
      const [from, to] = [node.params[0] ?? 0, node.params[1] ?? Number.MAX_SAFE_INTEGER];
      const all = `${e.kernel("span")}, ${operands}, ${Number(from)}, ${Number(to)}`;
      return spanOf(e, `${e.kernel("sliceText")}(${all})`, text.ok);
    }
    case "replace":
    case "replaceAll":
      return spanOf(e, replaceText(e, node, operands, fn === "replaceAll"), text.ok);
    case "split":
      return emitSplit(e, node, operands, text.ok);
  }
}

function number(e: Emitter, fn: string, text: string, ok: string | undefined): Value {
  return makeValue("number", [e.declare(fn, text)], e.declareOk(ok));
}

/** What a text begins or ends with: an argument, or a constant of the function. */
function partOf(e: Emitter, node: CallNode): Value {
  const [, part] = node.args;
  if (part !== undefined) return emitBytes(e, e.value(part));
  const bytes = encodeText(String(node.params[0]));
  const name = e.constant(bytes, String(node.params[0]));
  return makeValue("bytes", [name, "0", String(bytes.length)], undefined);
}

/** Whether parameters that begin with a pattern and its flags mean a plain text. */
function isPlain(params: readonly Scalar[]): boolean {
  return params[1] === null || params[1] === undefined;
}

function containsText(e: Emitter, { params }: CallNode, operands: string): string {
  if (isPlain(params)) {
    const part = e.constant(encodeText(String(params[0])), String(params[0]));
    return `${e.kernel("containsBytes")}(${operands}, ${part})`;
  }
  const pattern = e.constant(searchPattern(params, false), "pattern");
  return `${pattern}.test(${e.kernel("decodeText")}(${operands}))`;
}

function replaceText(e: Emitter, { params }: CallNode, operands: string, all: boolean): string {
  const span = e.kernel("span");
  const by = String(params[2]);
  if (isPlain(params)) {
    const [from, to] = [encodeText(String(params[0])), encodeText(by)];
    const constants = [e.constant(from, "part"), e.constant(to, "replacement")].join(", ");
    return `${e.kernel("replacePlain")}(${span}, ${operands}, ${constants}, ${all})`;
  }
  const constants = [
    e.constant(searchPattern(params, all), "pattern"),
    e.constant(by, "replacement"),
  ];
  return `${e.kernel("replacePattern")}(${span}, ${operands}, ${constants.join(", ")})`;
}

/** The text that a call leaves in the span; nothing is called for a row that is null. */
export function spanOf(e: Emitter, call: string, ok: string | undefined): Value {
  e.scratch = true;
  const span = e.kernel("span");
  const isThere = e.declareOk(ok);
  if (isThere === undefined) e.line(`${call};`);
  else e.line(`if (${isThere}) ${call}; else ${span}.set(${emptyOf(e, "bytes").join(", ")});`);
  const parts = ["data", "start", "end"].map((part) => e.declare(part, `${span}.${part}`));
  return makeValue("bytes", parts, isThere);
}

/** Parts of a text, as a row of lists that grow. */
function emitSplit(e: Emitter, node: CallNode, operands: string, ok: string | undefined): Value {
  const { params, token } = node;
  const lists = e.slot(`lists ${token}`, "lists", () => new ListBuilder());
  const call = `${lists}.${splitText(e, params, operands)}`;
  const isThere = e.declareOk(ok);
  const row = e.declare("row", isThere === undefined ? call : `${isThere} ? ${call} : -1`);
  return makeValue("row", [String(e.program.slots.indexOf(lists)), row], isThere);
}

function splitText(e: Emitter, params: readonly Scalar[], operands: string): string {
  if (isPlain(params) && params[0] !== "") {
    const separator = e.constant(encodeText(String(params[0])), "separator");
    return `split(${operands}, ${separator})`;
  }
  const text = `${e.kernel("decodeText")}(${operands})`;
  // The empty text splits between characters, not within their pairs.
  if (isPlain(params)) return `add([...${text}])`;
  return `add(${text}.split(${e.constant(searchPattern(params, false), "pattern")}))`;
}
