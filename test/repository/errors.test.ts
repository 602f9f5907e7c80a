import { expect, it } from "vitest";

import { filesUnder, packageFolders, read } from "../lib/workspace.ts";

const PAGE = "docs/reference/errors.md";
const CODE =
  /["'`]((?:closure|graph|storage|delayed|bag|dataframe|distributed|millrace)\/[a-z0-9]+(?:-[a-z0-9]+)*)["'`]/g;

const places = codesInSources();
const rows = rowsOfPage();

it("every error code of the packages has a row in docs/reference/errors.md", () => {
  const missing = [...places].filter(([code]) => !rows.has(code));
  const toAdd = missing.map(([code, file]) => `| \`${code}\` | … | … |   <- from ${file}`);
  expect(toAdd, `add these rows to ${PAGE}`).toEqual([]);
});

it("every row of docs/reference/errors.md is a code that a package can raise", () => {
  const stale = [...rows.keys()].filter((code) => !places.has(code));
  expect(stale, `remove these rows from ${PAGE}`).toEqual([]);
});

it("every row says when the error comes and what to do", () => {
  const empty = [...rows].filter(
    ([, cells]) => cells.length !== 2 || cells.some((c) => c.length < 8),
  );
  expect(empty.map(([code]) => code)).toEqual([]);
});

it("the rows of a package are in alphabetical order and stand once", () => {
  const codes = read(PAGE)
    .split("\n")
    .flatMap((line) => codeOfRow(line) ?? []);
  for (const folder of packageFolders()) {
    const own = codes.filter((code) => code.startsWith(`${folder}/`));
    expect(own).toEqual([...new Set(own)].toSorted());
  }
});

/** Code to the first file that names it; comments do not count, so prose keeps no code alive. */
function codesInSources(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of packageFolders()) {
    for (const file of filesUnder(`packages/${folder}/src`, [".ts"])) {
      const text = read(file)
        .replace(/\/\*[\s\S]*?\*\//g, "")
        .replace(/^\s*\/\/.*$/gm, "");
      for (const [, code] of text.matchAll(CODE)) {
        if (code !== undefined && !found.has(code)) found.set(code, file);
      }
    }
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function rowsOfPage(): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const line of read(PAGE).split("\n")) {
    const code = codeOfRow(line);
    if (code === undefined) continue;
    // `\|` inside a cell is not a border.
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    result.set(code, cells.slice(2, -1));
  }
  return result;
}

function codeOfRow(line: string): string | undefined {
  return /^\| `([a-z]+\/[a-z0-9-]+)`\s*\|/.exec(line)?.[1];
}
