import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A folder of its own for a test file, gone when the file is done. */
export function scratch(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "store-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
