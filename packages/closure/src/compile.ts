import { Script } from "node:vm";
import { unusedName } from "./class-source.ts";
import { CaptureError } from "./errors.ts";
import type { FunctionWire, Hint } from "./nodes.ts";

/** A function made from its text: `set` gives the captured variables their values. */
export type Compiled = {
  readonly fn: object;
  readonly set: (values: readonly unknown[]) => void;
};

// Padding that keeps columns right; beyond this (minified code) the memory is not worth it.
const columnMax = 1_000;

/**
 * Make a function from its text, under the name, line and column that it had. Captured variables
 * are bound afterwards, so that functions may refer to each other in cycles.
 */
export function compile(
  node: FunctionWire,
  hint: Hint | undefined,
  early: readonly unknown[],
): Compiled {
  const line = hint?.line ?? 0;
  const column = hint?.column ?? 0;
  const padding = column <= columnMax ? " ".repeat(column) : "";
  const { before, after } = wrapping(node);
  let made: unknown[];
  try {
    const script = new Script(`${before}\n${padding}${node.text}\n${after}`, {
      filename: hint?.url || "millrace-closure",
      lineOffset: line - 1,
    });
    made = (script.runInThisContext() as (...early: unknown[]) => unknown[])(...early);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new CaptureError(
      "closure/syntax",
      `revive: this process cannot read the source of ${node.name ?? "a function"} (${cause.message}). ` +
        `It runs Node ${process.versions.node}: use the version that captured the function, or older syntax.`,
      [],
      { cause },
    );
  }
  const [set, result] = made as [Compiled["set"], object];
  return { fn: node.form === "method" ? methodIn(result) : result, set };
}

function wrapping(node: FunctionWire): { before: string; after: string } {
  const strict = node.strict ? '"use strict";' : "";
  const name = node.form === "declaration" ? declaredName(node.text) : undefined;
  const variables = node.names.filter((each) => each !== name);
  const declare = variables.length === 0 ? "" : `var ${variables.join(", ")};`;
  const list = unusedName("__mr_values__", (each) => node.names.includes(each));
  const assign = node.names.map((each, i) => `${each} = ${list}[${i}];`).join(" ");
  const set = `(${list}) => { ${assign} }`;
  const head = `(function (${node.early.join(", ")}) { ${strict} ${declare}`;
  switch (node.form) {
    case "expression":
      return { before: `${head} return [${set}, (`, after: ")]; })" };
    case "method":
      return { before: `${head} return [${set}, {`, after: "}]; })" };
    case "declaration":
      return { before: head, after: `; return [${set}, ${name}]; })` };
  }
}

function declaredName(text: string): string {
  return /^(?:async\s+)?function\s*\*?\s*([^\s(]+)/.exec(text)?.[1] ?? "";
}

function methodIn(object: object): object {
  const [property] = Reflect.ownKeys(object).map((key) =>
    Object.getOwnPropertyDescriptor(object, key)!,
  );
  return (property?.get ?? property?.set ?? property?.value) as object;
}
