import { dtypeText } from "../dtype-traits.ts";
import type { ColumnLayout } from "./column-layout.ts";
import type { ProgramParts } from "./emitter.ts";
import { kernels } from "./kernels.ts";
import { unrolledLoops } from "./unrolled-loops.ts";

/** All functions of a program, and what stands before them. */
export function sourceText(parts: ProgramParts): string {
  const { slots, kernels: used, functions, layouts } = parts;
  const constants = slots.constantHeads();
  return [
    // Functions of one text share what the engine learns of them, so dtypes belong to the text.
    ...[...layouts].map(([name, layout]) => `// ${plainText(name)}: ${layoutText(layout)}`),
    ...(used.size === 0 ? [] : [`const { ${[...used].sort().join(", ")} } = x;`]),
    ...constants.map((head) => `const ${head};`),
    ...functions,
  ].join("\n");
}

function layoutText({ dtype, nullable, texts }: ColumnLayout): string {
  const form = texts === undefined ? "" : ` (${texts})`;
  return `${plainText(dtypeText(dtype))}${form}${nullable ? " or null" : ""}`;
}

/** Nothing that could end a comment. */
function plainText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 60);
}

/** The functions of a program, by name. */
export function buildFunctions(
  source: string,
  parts: ProgramParts,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const body = `"use strict";\n${unrolledLoops(source)}\nreturn { ${names.join(", ")} };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- text of our own, names are letters
  const make = new Function("k", "x", body) as (
    constants: readonly unknown[],
    library: typeof kernels,
  ) => Readonly<Record<string, unknown>>;
  return make(parts.slots.constants, kernels);
}
