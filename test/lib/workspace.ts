import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** The root folder of the repository. */
export const root: string = join(import.meta.dirname, "../..");

const GENERATED = new Set(["node_modules", "dist", ".cache", ".git", "results"]);

/** Every file that people wrote under a folder: sorted paths from the root, forward slashes. */
export function filesUnder(folder: string, suffixes: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (GENERATED.has(entry.name)) continue;
      const child = join(path, entry.name);
      if (entry.isDirectory()) visit(child);
      else if (suffixes.some((suffix) => entry.name.endsWith(suffix))) {
        found.push(relative(root, child).split(sep).join("/"));
      }
    }
  };
  if (existsSync(join(root, folder))) visit(join(root, folder));
  return found.toSorted();
}

/** The text of a file named from the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The names of the package folders that exist, in alphabetical order. */
export function packageFolders(): string[] {
  return readdirSync(join(root, "packages"))
    .filter((name) => existsSync(join(root, "packages", name, "package.json")))
    .toSorted();
}

/** All our own code: what the size, style and tidiness tests read. */
export function codeFiles(): string[] {
  const suffixes = [".ts", ".mts", ".cts", ".mjs", ".cjs", ".js"];
  return ["packages", "test", "bench", "examples", ".ci"].flatMap((folder) =>
    filesUnder(folder, suffixes),
  );
}

/** Every Markdown page of the repository. */
export function markdownFiles(): string[] {
  return filesUnder("", [".md"]);
}

/** The lines that match, as `file:line: text`, for failure messages that can be clicked. */
export function matchingLines(path: string, pattern: RegExp): string[] {
  return read(path)
    .split("\n")
    .flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [],
    );
}
