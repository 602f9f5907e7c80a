import { createRequire } from "node:module";
import type * as Acorn from "acorn";
import type { Options, Program } from "acorn";

const loadModule = createRequire(import.meta.url);
let acorn: typeof Acorn | undefined;

/**
 * The syntax tree of a source. The parser is loaded when it is first called: who only revives
 * functions does without.
 *
 * @throws SyntaxError where acorn cannot read the source
 */
export function parse(source: string, options: Options): Program {
  acorn ??= loadModule("acorn") as typeof Acorn;
  return acorn.parse(source, options);
}
