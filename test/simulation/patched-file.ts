import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A file as a patch makes it. */
export interface PatchedFile {
  /** From the root. */
  readonly path: string;
  readonly text: string;
}

/**
 * Applies a patch of one file by its text, wherever in the file that stands by now. Nothing is
 * written. Throws where the text is not there, or more than once.
 */
export function patchedFile(patch: string, root: string): PatchedFile {
  const path = /^\+\+\+ b\/(.*)$/m.exec(patch)?.[1];
  if (path === undefined) throw new Error("the patch names no file");
  let text = readFileSync(join(root, path), "utf8");
  for (const hunk of patch.split(/^@@.*$/m).slice(1)) {
    const lines = hunk.split("\n").slice(1, -1);
    const before = lines.filter((line) => !line.startsWith("+")).map((line) => line.slice(1));
    const after = lines.filter((line) => !line.startsWith("-")).map((line) => line.slice(1));
    const parts = text.split(before.join("\n"));
    if (parts.length !== 2) throw new Error(`${path} has changed: the patch does not fit`);
    text = parts.join(after.join("\n"));
  }
  return { path, text };
}
