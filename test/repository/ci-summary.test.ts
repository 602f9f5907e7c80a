import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { scratchFolder } from "../lib/scratch-folder.ts";

test("a failure of .ci/run is told with its message, and counted", () => {
  const folder = scratchFolder();
  const messages = ['Error: Property failed after 7 tests\n{ seed: 42, path: "6" }\n    at a line'];
  const results = [
    { status: "passed", fullName: "adds", failureMessages: [] },
    { status: "failed", fullName: "divides", failureMessages: messages },
    { status: "skipped", fullName: "waits", failureMessages: [] },
  ];
  const files = [
    { name: "a.test.ts", status: "failed", assertionResults: results },
    { name: "b.test.ts", status: "failed", message: "cannot be loaded", assertionResults: [] },
  ];
  writeFileSync(join(folder, "node-22.json"), JSON.stringify({ testResults: files }));
  writeFileSync(join(folder, "node-22.status"), "1\n");
  writeFileSync(join(folder, "lint.status"), "0\n");

  const { stdout, status } = spawnSync(process.execPath, [".ci/summary.mjs", folder], {
    encoding: "utf8",
  });

  expect(stdout).toMatchInlineSnapshot(`
    "
    [node-22] divides:
      Error: Property failed after 7 tests
      { seed: 42, path: "6" }
          at a line

    [node-22] b.test.ts:
      cannot be loaded

    failed: [node-22] divides
    failed: [node-22] b.test.ts
    2 passed, 2 failed, 1 skipped
    "
  `);
  expect(status).toBe(1);
});
