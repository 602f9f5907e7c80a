import { expect, it } from "vitest";

import { publicNames, type PublicName } from "../lib/public-surface.ts";

const names = publicNames();

it("there are public names to look at", () => {
  expect(names.length).toBeGreaterThan(0);
});

it("every public export and public class member says in a sentence what you get", () => {
  expect(names.filter((name) => !hasFirstSentence(name)).map(show)).toEqual([]);
});

it("every exported function, class and constant has an @example with a ts block", () => {
  const wrong = names.filter(
    (name) =>
      (name.kind === "function" || name.kind === "class" || name.kind === "constant") &&
      !/@example[^@]*```ts\b/.test(name.doc ?? ""),
  );
  expect(wrong.map(show)).toEqual([]);
});

function hasFirstSentence({ doc }: PublicName): boolean {
  const prose = (doc ?? "").split(/(?:^|\s)@[a-z]/)[0]?.trim() ?? "";
  const first = prose.split(/\n\s*\n/)[0] ?? "";
  return first.length >= 10 && /^[A-Z`"'0-9@{]/i.test(first) && /[.!?:;)`]$/.test(first);
}

function show(name: PublicName): string {
  return `${name.file}:${name.line}: ${name.kind} ${name.name}`;
}
