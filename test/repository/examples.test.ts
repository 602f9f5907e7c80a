import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import { filesUnder, root } from "../lib/workspace.ts";

const examples = filesUnder("examples", [".ts"]).map((path) => basename(path, ".ts"));
const tsx = import.meta.resolve("tsx");

it("there is an example", () => {
  expect(examples).toContain("quickstart");
});

// After a change that is meant: `npx vitest run test/repository/examples -u`, and read the diff.
it.each(examples)("examples/%s.ts prints what its expected file holds", async (name) => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", tsx, join("examples", `${name}.ts`)],
    { cwd: root, env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined }, timeout: 60_000 },
  );
  const expected = join(root, "examples", `${name}.expected.txt`);
  await expect(masked(stdout)).toMatchFileSnapshot(expected);
});

/** Times differ from run to run, and of a line that redraws itself the last state stays. */
function masked(output: string): string {
  return output
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => line.slice(line.lastIndexOf("\r") + 1))
    .map((line) => line.replace(/\b\d+(\.\d+)?\s?(µs|us|ms|s|seconds?|milliseconds?)\b/g, "<time>"))
    .map((line) => line.trimEnd())
    .join("\n");
}
