import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect } from "vitest";
import { run } from "./run-main.ts";

type Refusal = (
  argv: readonly string[],
  variables?: Readonly<Record<string, string>>,
) => Promise<string>;

/**
 * For the tests of one file: runs commands that are refused, and gives the one line that tells what
 * is wrong. What is set outside is not seen, and `folder` is called `…`.
 */
export function refusalIn(folder: string): Refusal {
  const before = { ...process.env };
  beforeEach(() => {
    // What is set outside must not be seen, and nothing be left there.
    process.env["XDG_RUNTIME_DIR"] = join(folder, "runtime");
    process.env["XDG_CONFIG_HOME"] = join(folder, "config");
    for (const name of Object.keys(process.env)) {
      if (name.startsWith("MILLRACE_")) delete process.env[name];
    }
    mkdirSync(join(folder, "runtime"), { recursive: true });
  });
  afterAll(() => {
    process.env = before;
  });
  return async (argv, variables = {}) => {
    Object.assign(process.env, variables);
    const { code, out, err } = await run(argv).ended;
    for (const name of Object.keys(variables)) delete process.env[name];
    expect({ argv, code, out, lines: err.trimEnd().split("\n").length }).toEqual({
      argv,
      code: 2,
      out: "",
      lines: 1,
    });
    expect(err).not.toMatch(/\n\s+at /);
    return err.trimEnd().replaceAll(folder, "…");
  };
}
