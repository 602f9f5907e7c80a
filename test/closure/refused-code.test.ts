import { createRequire } from "node:module";
import { capture } from "@millrace/closure";
import { expect, test } from "vitest";
import { fromText, refusal } from "./refusal.ts";

test("a function that replaces itself is refused", () => {
  const self = fromText("function self() { self = () => 2; return 1; } return self")();
  expect(refusal(self as () => unknown)).toMatchObject({
    code: "closure/assigned-capture",
    trail: ["self", "self"],
  });
});

test("typeof does not hide a global that only this process has", () => {
  const f = fromText('return typeof ownGlobal === "undefined" ? 0 : ownGlobal');
  expect(() => capture(fromText('return typeof notThere === "undefined"'))).not.toThrow();
  Object.assign(globalThis, { ownGlobal: 1 });
  expect(refusal(f).code).toBe("closure/global");
  delete (globalThis as { ownGlobal?: number }).ownGlobal;
});

test("what a direct eval made is refused where its strictness is not known", () => {
  const f = fromText("text", "return eval(text)") as (text: string) => () => unknown;
  expect(refusal(f("(() => 1)"))).toMatchInlineSnapshot(`
    {
      "code": "closure/eval",
      "message": "capture: cannot ship (anonymous): a direct eval made it, and whether it is strict code cannot be known; use (0, eval)(text) or new Function
      captured by (anonymous)
      (anonymous) is at a script without a name:1",
      "trail": [
        "(anonymous)",
      ],
    }
  `);
  expect(refusal(f("({ m() {} }).m")).code).toBe("closure/eval");
  expect(() => capture(f("(function () {})"))).not.toThrow();
  expect(() => capture(f("(function () { 'use strict'; return () => 1; })()"))).not.toThrow();
  const indirect = fromText("text", "return (0, eval)(text)") as typeof f;
  expect(() => capture(indirect("(() => 1)"))).not.toThrow();
});

test("a parameter default that looks ahead is refused", () => {
  const codes: string[] = [];
  const look = (fn: () => unknown): void => {
    codes.push(refusal(fn).code);
  };
  const f = fromText("look", "((first = look(() => later), later = 1) => later)()");
  (f as (call: typeof look) => void)(look);
  expect(codes).toEqual(["closure/uninitialised"]);
});

test("the variables of a CommonJS module are refused", () => {
  const require = createRequire(import.meta.url);
  const { functions } = require("./fixtures/commonjs-module-scope.cjs") as {
    functions: Record<string, () => unknown>;
  };
  const refused = Object.entries(functions).map(([name, fn]) => [name, refusal(fn).code]);
  expect(Object.fromEntries(refused)).toEqual({
    usesModule: "closure/module-scope",
    usesExports: "closure/module-scope",
    usesModuleExports: "closure/module-scope",
  });
  expect(refusal(functions["usesExports"]!)).toMatchInlineSnapshot(`
    {
      "code": "closure/module-scope",
      "message": "capture: cannot ship exports: it belongs to the CommonJS module around the function; use the exported variable itself
      captured by usesExports -> exports
      usesExports is at commonjs-module-scope.cjs",
      "trail": [
        "usesExports",
        "exports",
      ],
    }
  `);
});

test("a private method that stands alone is refused", () => {
  class Vault {
    #open(): number {
      return 1;
    }
    take(): () => number {
      // oxlint-disable-next-line typescript/unbound-method -- that is the case
      return this.#open;
    }
  }
  expect(refusal(new Vault().take())).toMatchInlineSnapshot(`
    {
      "code": "closure/private-name",
      "message": "capture: cannot ship #open: it is a private method of a class, which only the class can name; ship the class instead
      captured by #open
      #open is at refused-code.test.ts",
      "trail": [
        "#open",
      ],
    }
  `);
});

test.each([
  ["a variable", 'let key = "a"; class C { [key] = 1; read() { return key; } } key = "b";'],
  ["a property", 'const k = { id: "a" }; class C { [k.id] = 1; read() { return k; } } k.id = "b";'],
])("a computed field key that may have changed is refused: %s", (_, code) => {
  const make = fromText(`${code} return () => new C()`) as () => () => unknown;
  expect(refusal(make()).code).toBe("closure/computed-key");
});
