import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestRunner, afterAll, onTestFinished } from "vitest";

/**
 * A folder that is empty now and gone with all in it when the test ends that asks for it; for a
 * whole file of tests where no test is running.
 */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "millrace-test-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  if (TestRunner.getCurrentTest() === undefined) afterAll(remove);
  else onTestFinished(remove);
  return folder;
}
