import { basename, dirname } from "node:path";

import { SyntaxKind, type Node } from "typescript/unstable/ast";
import { expect, it } from "vitest";

import { lineAt, pathOf, sourcesOf, walk, withProjects } from "../lib/public-surface.ts";
import { codeFiles, read } from "../lib/workspace.ts";

const LINES_MAX = 400;
const COLUMNS_MAX = 100;
const MESSAGE_COLUMNS_MAX = 120;
const FUNCTION_LINES_MAX = 70;
const BANNED_NAMES = new Set(["utils", "util", "common", "types", "helpers", "helper", "shared"]);
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|prop|types|bench|sim|config|d))*\.[mc]?[tj]s$/;

const files = codeFiles();

it("no file is longer than 400 lines", () => {
  const wrong = files.flatMap((path) => {
    const lines = read(path).trimEnd().split("\n").length;
    return lines > LINES_MAX ? [`${path}: ${lines} lines`] : [];
  });
  expect(wrong).toEqual([]);
});

it("no line is wider than 100 columns, but for links, messages and text quoted in tests", () => {
  const wrong = files.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, index) => {
        const quoted = path.startsWith("test/") && /["'`]/.test(line);
        // A message that stands alone on its line stays whole, so that it can be searched for.
        const columnsMax = /^\s*["'`]/.test(line) ? MESSAGE_COLUMNS_MAX : COLUMNS_MAX;
        const tooWide = Array.from(line).length > columnsMax;
        return tooWide && !quoted && !/https?:\/\//.test(line) ? [`${path}:${index + 1}`] : [];
      }),
  );
  expect(wrong).toEqual([]);
});

it("no function of a package is longer than 70 lines", () => {
  const wrong = withProjects((projects) =>
    [...projects].flatMap(([folder, project]) =>
      sourcesOf(project, folder).flatMap((file) => {
        const long: string[] = [];
        walk(file, (node) => {
          if (!isFunction(node)) return;
          const first = lineAt(file, node.getStart());
          const lines = lineAt(file, node.end) - first + 1;
          if (lines > FUNCTION_LINES_MAX) long.push(`${pathOf(file)}:${first}: ${lines} lines`);
        });
        return long;
      }),
    ),
  );
  expect(wrong).toEqual([]);
});

it("no file or folder has a name that says nothing", () => {
  const wrong = files.filter((path) => {
    const names = [...dirname(path).split("/"), basename(path).replace(/\..*$/, "")];
    return names.some((name) => BANNED_NAMES.has(name));
  });
  expect(wrong).toEqual([]);
});

it("file names are kebab-case", () => {
  const wrong = files.filter((path) => !KEBAB_CASE.test(basename(path)));
  expect(wrong).toEqual([]);
});

it("there are no default exports outside of configuration and test fixtures", () => {
  const wrong = files.filter(
    (path) =>
      !/\.config\.ts$|\/fixtures\//.test(path) &&
      /^export default\b|\bas default\b/m.test(read(path)),
  );
  expect(wrong).toEqual([]);
});

function isFunction(node: Node): boolean {
  switch (node.kind) {
    case SyntaxKind.FunctionDeclaration:
    case SyntaxKind.FunctionExpression:
    case SyntaxKind.ArrowFunction:
    case SyntaxKind.MethodDeclaration:
    case SyntaxKind.Constructor:
    case SyntaxKind.GetAccessor:
    case SyntaxKind.SetAccessor:
      return true;
    default:
      return false;
  }
}
