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

  const nest = (depth: number, inner: unknown = 1): unknown => {
    let value = inner;
    for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { value };
    return value;
  };

  it("reads data of any depth, whichever part comes first", () => {
    expect(tokenize(nest(20_000))).toBe(tokenize(nest(20_000)));
    expect(tokenize(nest(20_000))).not.toBe(tokenize(nest(20_001)));
    for (const one of [tokenize, tokenizeLoosely]) {
      const x = nest(300);
      const y = nest(5000, x);
      expect(one({ a: x, b: y })).toBe(one({ b: y, a: x }));
    }
    let list: object | null = null;
    for (let i = 0; i < 20_000; i++) list = { i, next: list };
    expect(tokenize(list)).toHaveLength(32);
  });

  it("reads more data than a text could hold, to its end", () => {
    // Some 2^29 characters are the longest text.
    expect(tokenize(new Array<string>(2_200_000).fill("x".repeat(250)))).toHaveLength(32);
    const texts = (last: string): string[] => [
      ...new Array<string>(1000).fill("x".repeat(250)),
      last,
    ];
    expect(tokenize(texts("y"))).toBe(tokenize(texts("y")));
    expect(tokenize(texts("y"))).not.toBe(tokenize(texts("z")));
  });

  it("refuses a cycle that takes too long, and memory that is gone", () => {
    type Link = { next?: Link; last?: Link };
    const links = Array.from({ length: 5000 }, (): Link => ({}));
    links.forEach((link, i) => {
      if (i > 0) link.last = links[i - 1] as Link;
      if (i < links.length - 1) link.next = links[i + 1] as Link;
    });
    expect(() => tokenize(links[0])).toThrowErrorMatchingInlineSnapshot(
      `[GraphError: tokenize: this value has no content to make a token of, its cycle of 5000 objects takes too long to tell apart, got an object, wanted plain data. Give its class a [Symbol.for("millrace.token")]() method, or name the task explicitly.]`,
    );
    expect(tokenizeLoosely(links[0])).toHaveLength(32);
    const bytes = new Uint8Array([1, 2]);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    for (const value of [bytes, bytes.buffer]) {
      expect(() => tokenize(value)).toThrow("its memory was transferred");
      expect(tokenizeLoosely(value)).toBe(tokenizeLoosely(value));
    }
    expect(tokenize(new Uint8Array(0))).not.toBe(tokenize(new Uint8Array(1)));
  });

  it("is not misled by a prototype", () => {
    for (const made of [Map, Set, Date, RegExp, URL, ArrayBuffer, Uint8Array]) {
      const fake: object = Object.create(made.prototype as object);
      // It has a token or an error with a code.
      let code: unknown = "token";
      try {
        tokenize(fake);
      } catch (error) {
        ({ code } = error as { code?: unknown });
      }
      expect([made.name, code]).toEqual([made.name, expect.stringMatching(/^(token|closure\/)/)]);
    }
  });

  it("does not tell apart what its documentation says", () => {
    const bare: object = Object.assign(Object.create(null) as object, { a: 1 });
    expect(tokenize(bare)).toBe(tokenize({ a: 1 }));
    const numbers = (): number[] => Array.from({ length: 64 }, () => 1);
    expect(tokenize(Object.assign(numbers(), { name: "x" }))).toBe(tokenize(numbers()));
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
    for (const value of [promise, symbol, (() => 1).bind(null)]) {
      expect(tokenizeLoosely(value)).toBe(tokenizeLoosely(value));
      expect(tokenizeLoosely(value)).not.toBe(tokenizeLoosely(1));
    }
    expect(tokenizeLoosely(symbol)).not.toBe(tokenizeLoosely(Symbol("local")));
    expect(tokenizeLoosely(promise)).not.toBe(tokenizeLoosely(Promise.resolve()));
  });
});
