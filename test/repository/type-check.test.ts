import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { expect, it } from "vitest";

import { root } from "../lib/workspace.ts";

const tsc = join(root, "node_modules/typescript/bin/tsc");

it.each(["test", "bench", "examples"])("the code under %s/ passes the type checker", (folder) => {
  expect(typeErrors(folder)).toBe("");
});

function typeErrors(folder: string): string {
  try {
    execFileSync(process.execPath, [tsc, "--pretty", "false", "-p", folder], { cwd: root });
    return "";
  } catch (error) {
    const { stdout } = error as { stdout?: Buffer };
    if (stdout === undefined) throw error;
    return stdout.toString();
  }
}
