import { it } from "vitest";

/**
 * `it` when the condition holds; otherwise a skipped test that carries the reason in its name and
 * prints it. The only way a test of this repository may be skipped.
 */
export function itWhen(condition: boolean, reasonToSkip: string): typeof it | typeof it.skip {
  if (condition) return it;
  process.stderr.write(`skipped: ${reasonToSkip}\n`);
  return ((name: string, ...rest: []) =>
    it.skip(`${name} [skipped: ${reasonToSkip}]`, ...rest)) as typeof it.skip;
}
