import { expect, it } from "vitest";

import { codeFiles, filesUnder, markdownFiles, matchingLines, read } from "../lib/workspace.ts";

const self = "test/repository/tidy.test.ts";
const code = codeFiles().filter((path) => path !== self);
const packageCode = code.filter((path) => path.startsWith("packages/"));
const tests = code.filter((path) => path.startsWith("test/") && path !== "test/lib/skip.ts");

function found(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((path) => matchingLines(path, pattern));
}

it("nothing is left for later", () => {
  const words = /\b(TODO|FIXME|XXX|HACK)\b|not (yet )?implemented|unimplemented/;
  expect(found([...code, ...markdownFiles()], words)).toEqual([]);
});

it("packages never escape from the type checker", () => {
  const escapes = /\bas any\b|: any\b|<any>|\bany\[\]|@ts-(ignore|expect-error|nocheck)/;
  expect(found(packageCode, escapes)).toEqual([]);
});

it("tests suppress the type checker only to show that something does not compile", () => {
  expect(found(tests, /@ts-(ignore|nocheck)|\bas any\b/)).toEqual([]);
});

it("an error is only dropped under a comment that says why", () => {
  const dropped =
    /catch\s*(\([^)]*\))?\s*\{\s*\}|\.catch\(\s*\(\w*\)\s*=>\s*(\{\s*\}|undefined|null)\s*\)/g;
  const wrong = packageCode.flatMap((path) => {
    const text = read(path);
    return [...text.matchAll(dropped)].flatMap((match) => {
      const [line = "", above = ""] = text.slice(0, match.index).split("\n").reverse();
      const explained = /^\s*(\/\/|\*)/.test(above) || line.includes("//");
      return explained ? [] : [`${path}:${text.slice(0, match.index).split("\n").length}`];
    });
  });
  expect(wrong).toEqual([]);
});

it("lint rules are switched off line by line and with a reason", () => {
  const wrong = found(code, /(eslint|oxlint)-disable/).filter(
    (line) => !/(eslint|oxlint)-disable-(next-)?line [\w/,\s-]+ -- \S/.test(line),
  );
  expect(wrong).toEqual([]);
});

it("no test is focused, skipped or postponed but through test/lib/skip.ts", () => {
  const marks = /\b(it|test|describe|suite|bench)(\.\w+)*\.(only|skip|todo|skipIf|runIf|fails)\b/;
  expect(found(tests, marks)).toEqual([]);
  expect(found(tests, /\b(xit|xtest|xdescribe|fit|fdescribe)\(/)).toEqual([]);
  expect(found(tests, /expect\((true|1)\)\.(toBe|toEqual)\((true|1)\)/)).toEqual([]);
});

it("no test mocks a module", () => {
  expect(found(tests, /\bvi\.(mock|doMock)\(/)).toEqual([]);
});

it("every test file says what it tests: it has a test and an expectation", () => {
  const wrong = filesUnder("test", [".test.ts"]).filter((path) => {
    const text = read(path);
    return !/\b(it|test|itWhen)\b/.test(text) || !/\bexpect|assert/.test(text);
  });
  expect(wrong).toEqual([]);
});

it("the lockfile names the public registry or nothing", () => {
  const lockfile = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
  };
  const wrong = Object.entries(lockfile.packages).filter(
    ([, { resolved }]) =>
      resolved?.includes("://") && !resolved.startsWith("https://registry.npmjs.org/"),
  );
  expect(wrong).toEqual([]);
});

it("the changelog is written for users: versions with dates, then Changed, Added, Fixed", () => {
  const lines = read("CHANGELOG.md").split("\n");
  expect(lines[0]).toBe("# Changelog");
  const versions = lines.filter((line) => line.startsWith("## "));
  expect(versions[0]).toBe("## Unreleased");
  for (const version of versions.slice(1)) {
    expect(version).toMatch(/^## \d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}$/);
  }
  for (const section of lines.filter((line) => line.startsWith("### "))) {
    expect(section).toMatch(/^### (Changed|Added|Fixed|Removed)$/);
  }
  for (const line of lines) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    // An entry is a list item; its further lines are indented.
    expect(line).toMatch(/^(- \S|  \S)|^[A-Z]/);
  }
  expect(lines.filter((line) => /^- (CI|ci|chore|test)\b/.test(line))).toEqual([]);
});
