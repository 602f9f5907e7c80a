import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { GraphError, tokenize, tokenizeLoosely } from "@millrace/graph";
import { describe, expect, it } from "vitest";

import { equals, table } from "./fixtures/token-table.mjs";

const fixture = fileURLToPath(new URL("./fixtures/token-table.mjs", import.meta.url));

describe("tokenize", () => {
  it("tells different values apart", () => {
    const tokens = new Map<string, string>();
    for (const [name, value] of Object.entries(table)) {
      const token = tokenize(value);
      expect([name, tokens.get(token)]).toEqual([name, undefined]);
      tokens.set(token, name);
    }
  });

  it.each(Object.entries(equals))("gives equal values one token: %s", (_, values) => {
    expect(new Set(values.map((value) => tokenize(value))).size).toBe(1);
  });

  it("gives the same tokens in another process", () => {
    const printed = execFileSync(process.execPath, [fixture], { encoding: "utf8" });
    const [tokens, groups] = JSON.parse(printed) as [[string, string][], [string, string[]][]];
    expect(Object.entries(table).map(([name, value]) => [name, tokenize(value)])).toEqual(tokens);
    expect(
      Object.entries(equals).map(([name, values]) => [name, values.map((v) => tokenize(v))]),
    ).toEqual(groups);
  });

  it("counts its arguments", () => {
    const tokens = [tokenize(), tokenize([]), tokenize(1, 2), tokenize([1, 2]), tokenize([1], 2)];
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens.every((token) => /^[0-9a-f]{32}$/.test(token))).toBe(true);
  });

  it("reads objects that all refer to each other in polynomial time", () => {
    const clique = (count: number, special: number): object[] => {
      const nodes = Array.from({ length: count }, (_, i) => ({
        v: i === special,
        all: [] as object[],
      }));
      for (const node of nodes) node.all.push(...nodes);
      return nodes;
    };
    expect(tokenize(clique(40, 3))).toBe(tokenize(clique(40, 3)));
    expect(tokenize(clique(40, 3))).not.toBe(tokenize(clique(40, 4)));
    let ladder: object = {};
    const root = { ladder };
    for (let i = 0; i < 300; i++) ladder = { l: ladder, r: ladder, root };
    root.ladder = ladder;
    expect(tokenize(root)).toHaveLength(32);
  });

  it("lets a class say what stands for its instances", () => {
    class Handle {
      readonly #id: number;
      constructor(id: number) {
        this.#id = id;
      }
      [Symbol.for("millrace.token")](): unknown {
        return { id: this.#id };
      }
    }
    expect(tokenize(new Handle(1))).toBe(tokenize(new Handle(1)));
    expect(tokenize(new Handle(1))).not.toBe(tokenize(new Handle(2)));
  });

  it("refuses a symbol that only this process knows", () => {
    expect(() => tokenize([Symbol("local")])).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: tokenize: this value has no content to make a token of, it is a symbol that only this process knows, got Symbol(local), wanted plain data. Give its class a [Symbol.for("millrace.token")]() method, or name the task explicitly.]`,
    );
    expect(() => tokenize({ [Symbol("local")]: 1 })).toThrow(GraphError);
  });

  it("refuses what is nested deeper than 400 levels", () => {
    const nest = (depth: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = [value];
      return value;
    };
    expect(tokenize(nest(398))).toHaveLength(32);
    expect(() => tokenize(nest(100_000))).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: tokenize: this value has no content to make a token of, it is nested more than 400 levels deep, got an array of 1, wanted plain data. Give its class a [Symbol.for("millrace.token")]() method, or name the task explicitly.]`,
    );
  });

  it("refuses with the code of closure what cannot be captured", () => {
    const codeOf = (value: unknown): unknown => {
      try {
        return tokenize(value);
      } catch (error) {
        return (error as { code: unknown }).code;
      }
    };
    expect(codeOf(Promise.resolve())).toBe("closure/promise");
    expect(codeOf(new WeakMap())).toBe("closure/weak-map");
    expect(codeOf((() => 1).bind(null))).toBe("closure/bound-function");
  });
});

describe("tokenizeLoosely", () => {
  it("agrees with tokenize where that has an answer", () => {
    for (const [name, value] of Object.entries(table)) {
      expect([name, tokenizeLoosely(value)]).toEqual([name, tokenize(value)]);
    }
  });

  it("tells apart by identity what has no content", () => {
    const promise = Promise.resolve();
    const symbol = Symbol("local");
    let deep: unknown[] = [];
    for (let i = 0; i < 5000; i++) deep = [deep];
    for (const value of [promise, symbol, deep, (() => 1).bind(null)]) {
      expect(tokenizeLoosely(value)).toBe(tokenizeLoosely(value));
      expect(tokenizeLoosely(value)).not.toBe(tokenizeLoosely(1));
    }
    expect(tokenizeLoosely(symbol)).not.toBe(tokenizeLoosely(Symbol("local")));
    expect(tokenizeLoosely(promise)).not.toBe(tokenizeLoosely(Promise.resolve()));
  });
});
