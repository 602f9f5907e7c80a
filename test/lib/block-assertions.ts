import { SyntaxKind, type Node, type SourceFile } from "typescript/unstable/ast";

import { walk } from "./public-surface.ts";

/** A comment that promises something about the statement before it. */
type Promised = {
  readonly kind: "value" | "error";
  /** The text after the arrow, or the error code. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

type Edit = { readonly at: number; readonly until: number; readonly text: string };

/**
 * The code of a block with every `// => value` and `// throws code` turned into an assertion; the
 * lines stay where they are, so that a message can name the line of the page.
 */
export function withAssertions(file: SourceFile): string {
  const statements: Node[] = [];
  walk(file, (node) => {
    if (
      node.kind === SyntaxKind.ExpressionStatement ||
      node.kind === SyntaxKind.VariableStatement
    ) {
      statements.push(node);
    }
  });
  const edits = promisesOf(file).flatMap((promised) => {
    const statement = statements
      .filter((node) => node.end <= promised.start && between(file, node.end, promised.start))
      .toSorted((a, b) => a.pos - b.pos)
      .at(0);
    if (statement === undefined) {
      const line = file.text.slice(0, promised.start).split("\n").length;
      throw new Error(`line ${line}: no statement stands before // => ${promised.text}`);
    }
    return assertion(file, statement, promised);
  });
  return apply(file.text, edits);
}

/** Only white space, `;` and other promises may stand between a statement and what is promised. */
function between(file: SourceFile, from: number, to: number): boolean {
  return file.text.slice(from, to).trim() === "";
}

function assertion(file: SourceFile, statement: Node, promised: Promised): Edit[] {
  const start = statement.getStart();
  const source = file.text.slice(start, statement.end);
  const line = file.text.slice(0, promised.start).split("\n").length;
  if (promised.kind === "error") {
    return [
      { at: start, until: start, text: "await $throws(async () => { " },
      { at: statement.end, until: promised.end, text: ` }, ${promised.text}, ${line});` },
    ];
  }
  if (statement.kind === SyntaxKind.VariableStatement) {
    const name = /^(?:const|let)\s+([\w$]+)\s*[:=]/.exec(source)?.[1];
    if (name === undefined) throw new Error(`line ${line}: promise a value of one plain variable`);
    const text = ` $equal(${name}, ${promised.text}, ${line});`;
    return [{ at: statement.end, until: promised.end, text }];
  }
  const { expression } = statement as Node & { expression: Node };
  const shown = printed(expression) ?? expression;
  return [
    { at: shown.getStart(), until: shown.getStart(), text: "$equal(" },
    { at: shown.end, until: shown.end, text: `, ${promised.text}, ${line})` },
    { at: statement.end, until: promised.end, text: "" },
  ];
}

/** `console.log(x); // => value` promises the value of `x`. */
function printed(expression: Node): Node | undefined {
  if (expression.kind !== SyntaxKind.CallExpression) return undefined;
  const call = expression as Node & { expression: Node; arguments: readonly Node[] };
  if (call.expression.getText() !== "console.log" || call.arguments.length !== 1) return undefined;
  return call.arguments[0];
}

const PROMISED_ERROR = /\/\/ => throws "([^"\n]+)"[^\n]*/;
const PROMISED_CODE = /\/\/ throws ([a-z]+\/[a-z0-9-]+|[A-Z]\w*)[^\n]*/;
// A value may go on over comment lines that begin with two spaces or a closing bracket.
const PROMISED_VALUE = /\/\/ => ([^\n]+(?:\n[ \t]*\/\/ (?: [^\n]+|[\]})][^\n]*))*)/;

function promisesOf(file: SourceFile): Promised[] {
  const found: Promised[] = [];
  const parts = [PROMISED_ERROR, PROMISED_CODE, PROMISED_VALUE].map((part) => part.source);
  const pattern = new RegExp(parts.join("|"), "g");
  for (const match of file.text.matchAll(pattern)) {
    const [all, quoted, plain, value] = match;
    const code = quoted ?? plain;
    const kind = code === undefined ? "value" : "error";
    const text =
      code === undefined ? (value ?? "").replace(/\n[ \t]*\/\//g, " ") : JSON.stringify(code);
    found.push({ kind, text: text.trim(), start: match.index, end: match.index + all.length });
  }
  return found;
}

function apply(text: string, edits: readonly Edit[]): string {
  let result = "";
  let position = 0;
  for (const edit of edits) {
    const replaced = text.slice(edit.at, edit.until);
    // A removed comment keeps its line ends, so that later lines keep their numbers.
    const lineEnds = "\n".repeat(replaced.split("\n").length - edit.text.split("\n").length);
    result += text.slice(position, edit.at) + edit.text + lineEnds;
    position = edit.until;
  }
  return result + text.slice(position);
}
