import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * What is kept for the next run, and what a worker leaves whose process the test runner has killed:
 * the next worker of the machine removes that.
 */
const kept = /^(?:tsx-.*|node-compile-cache|millrace-bench|millrace-worker-.*)$/;

let folder: string | undefined;

/** Gives all tests of a run, and what they start, one folder for temporary files. */
export function setup(): void {
  folder = mkdtempSync(join(realpathSync(tmpdir()), "millrace-tests-"));
  // By system: what `os.tmpdir()` looks at.
  for (const name of ["TMPDIR", "TMP", "TEMP"]) process.env[name] = folder;
}

/** Removes the folder; what somebody left in it is told, and fails the run. */
export function teardown(): void {
  if (folder === undefined) return;
  const left = readdirSync(folder).filter((name) => !kept.test(name));
  rmSync(folder, { recursive: true, force: true });
  if (left.length === 0) return;
  // An error alone is told, and the run is one that passed.
  process.exitCode = 1;
  const names = left.slice(0, 20).join(", ");
  throw new Error(
    `tests left ${left.length} temporary files or folders: ${names}. Take folders from ` +
      "scratchFolder() of test/lib/scratch-folder.ts, which removes them.",
  );
}
