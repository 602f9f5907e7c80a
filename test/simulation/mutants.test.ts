import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { root } from "../lib/workspace.ts";
import { patchedFile } from "./patched-file.ts";

const folder = join(import.meta.dirname, "mutants");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".patch"))
  .map((file) => file.slice(0, -".patch".length));

describe("every mutant is a mistake that today's machines can make", () => {
  it.each(names)("%s", (name) => {
    const { path, text } = patchedFile(readFileSync(join(folder, `${name}.patch`), "utf8"), root);
    expect(path).toMatch(/^packages\/distributed\/src\/(scheduler|worker|client)\//);
    expect(text).not.toBe(readFileSync(join(root, path), "utf8"));
  });
});

it("mutants that may live are mutants, and each has a reason", () => {
  const lines = readFileSync(join(folder, "lives-on.txt"), "utf8").split("\n").filter(Boolean);
  const wrong = lines.filter((line) => {
    const [name = "", reason = ""] = line.split(/:(.*)/);
    return !names.includes(name) || reason.trim() === "";
  });
  expect(wrong).toEqual([]);
});
