import type { Column } from "../column.ts";
import type { DType } from "../dtype.ts";
import { isText, isWide } from "../dtype-traits.ts";
import type { CallNode, CaseNode, LiteralNode, Typed } from "../expr/typed.ts";
import { dictionaryOf, emitBytes, emptyOf } from "./emit-column.ts";
import { truthOf } from "./emit-truth.ts";
import type { Emitter } from "./emitter.ts";
import { formOf, makeValue } from "./value.ts";
import type { Value } from "./value.ts";

/** A value, or a test (after the lines that work it out) that chooses between two choices. */
type Choice =
  | { readonly kind: "leaf"; readonly lines: readonly string[]; readonly value: Value }
  | {
      readonly kind: "test";
      readonly lines: readonly string[];
      readonly test: string;
      readonly chosen: Choice;
      readonly otherwise: Choice;
    };

/** The value of the first branch whose condition is true; others are not worked out. */
export function emitCase(e: Emitter, node: CaseNode): Value {
  const texts = constantTexts([...node.branches.map(([, value]) => value), node.otherwise]);
  const dictionary = texts === undefined ? undefined : constantDictionary(e, texts);
  const leafOf = (value: Typed): Choice => ({
    kind: "leaf",
    ...e.branch(() => leafValue(e, value, texts, dictionary)),
  });
  const from = (index: number): Choice => {
    const pair = node.branches[index];
    if (pair === undefined) return leafOf(node.otherwise);
    const [condition, value] = pair;
    let choice: Choice | undefined;
    const { lines } = e.branch(() => {
      const test = truthOf(e.value(condition));
      choice = { kind: "test", lines: [], test, chosen: leafOf(value), otherwise: from(index + 1) };
      return unused;
    });
    return { ...(choice as Choice), lines };
  };
  // What is needed first anyway is known to what follows as well.
  const [first] = node.branches;
  if (first !== undefined) e.value(first[0]);
  return emitChoice(e, node.dtype, from(0), dictionary);
}

/** The first of the arguments that is not null; those after it are not worked out. */
export function emitCoalesce(e: Emitter, node: CallNode): Value {
  const from = (index: number): Choice => {
    const arg = node.args[index] as Typed;
    let choice: Choice | undefined;
    const { lines } = e.branch(() => {
      const value = convert(e, e.value(arg));
      const chosen: Choice = { kind: "leaf", lines: [], value };
      choice =
        value.ok === undefined || index === node.args.length - 1
          ? chosen
          : {
              kind: "test",
              lines: [],
              test: value.ok,
              chosen: { ...chosen, value: { ...value, ok: undefined } },
              otherwise: from(index + 1),
            };
      return unused;
    });
    return { ...(choice as Choice), lines };
  };
  e.value(node.args[0] as Typed);
  return emitChoice(e, node.dtype, from(0), undefined);
}

const unused: Value = makeValue("number", ["0"], undefined);

/** Different texts of constants, if all of some nodes are constants. */
function constantTexts(nodes: readonly Typed[]): readonly string[] | undefined {
  if (!nodes.every((node) => node.kind === "literal" && isText(node.dtype))) return undefined;
  const values = nodes.map((node) => (node as LiteralNode).value).filter((v) => v !== null);
  return [...new Set(values as string[])];
}

function constantDictionary(e: Emitter, texts: readonly string[]): string {
  const dictionary: Column = dictionaryOf(texts);
  return e.slot(`texts ${JSON.stringify(texts)}`, "texts", () => dictionary);
}

function leafValue(
  e: Emitter,
  node: Typed,
  texts: readonly string[] | undefined,
  dictionary: string | undefined,
): Value {
  if (texts === undefined || node.kind !== "literal") return convert(e, e.value(node));
  if (node.value === null) return makeValue("code", ["0"], "0", dictionary);
  return makeValue("code", [String(texts.indexOf(String(node.value)))], undefined, dictionary);
}

/** Texts of different columns come together as bytes. */
function convert(e: Emitter, value: Value): Value {
  return value.form === "code" ? emitBytes(e, value) : value;
}

function leavesOf(choice: Choice): readonly Value[] {
  if (choice.kind === "leaf") return [choice.value];
  return [...leavesOf(choice.chosen), ...leavesOf(choice.otherwise)];
}

function emitChoice(
  e: Emitter,
  dtype: DType,
  choice: Choice,
  dictionary: string | undefined,
): Value {
  const form = dictionary === undefined ? formOf(dtype, e.exact) : "code";
  if (isWide(dtype)) e.wide = true;
  const empty = emptyOf(e, form);
  const parts = empty.map(() => e.program.slots.name("chosen"));
  const isNullable = leavesOf(choice).some((value) => value.ok !== undefined);
  const ok = isNullable ? e.program.slots.name("ok") : undefined;
  const starts = parts.map((part, i) => `${part} = ${empty[i]}`);
  e.line(`let ${[...starts, ...(ok === undefined ? [] : [`${ok} = 0`])].join(", ")};`);
  for (const line of choiceLines(choice, parts, ok)) e.line(line);
  return makeValue(form, parts, ok, dictionary);
}

function choiceLines(
  choice: Choice,
  parts: readonly string[],
  ok: string | undefined,
): readonly string[] {
  const { lines } = choice;
  if (choice.kind === "leaf") {
    const { value } = choice;
    const sets = parts.map((part, i) => `${part} = ${value.parts[i]};`);
    if (ok !== undefined) sets.push(`${ok} = ${value.ok ?? "1"};`);
    return [...lines, sets.join(" ")];
  }
  const indent = (branch: Choice): string[] =>
    choiceLines(branch, parts, ok).map((line) => `  ${line}`);
  const { test, chosen, otherwise } = choice;
  return [...lines, `if (${test}) {`, ...indent(chosen), "} else {", ...indent(otherwise), "}"];
}
