import { capture } from "@millrace/closure";
import { Record as ImmutableRecord } from "immutable";
import { describe, expect, test } from "vitest";
import { fromText, refusal, through } from "./refusal.ts";

describe("variables", () => {
  test("an assigned variable is refused", () => {
    let count = 0;
    const helper = (): number => ++count;
    const f = (): number => helper();
    expect(refusal(f)).toMatchInlineSnapshot(`
      {
        "code": "closure/assigned-capture",
        "message": "capture: cannot ship count: helper assigns it, and another process would change a copy of its own; return the new value, or declare the variable inside the function
        captured by f -> helper -> count
        helper is at refusals.test.ts",
        "trail": [
          "f",
          "helper",
          "count",
        ],
      }
    `);
  });

  test.each([
    [
      "compound",
      (
        (n) => () =>
          (n += 1)
      )(0),
    ],
    [
      "logical",
      (
        (n) => () =>
          (n ??= 1)
      )(0),
    ],
    [
      "destructuring",
      (
        (_a) => () =>
          ([_a] = [1])
      )(0),
    ],
    [
      "destructuring with _a default",
      (
        (_a) => () =>
          ({ x: _a = 1 } = { x: 2 })
      )(0),
    ],
    [
      "rest",
      (
        (_a) => () =>
          ([, ..._a] = [1, 2])
      )([] as number[]),
    ],
    [
      "for of",
      ((_a) => () => {
        for (_a of [1]) void _a;
      })(0),
    ],
    [
      "in _a nested function",
      (
        (_a) => () => () =>
          _a++
      )(0),
    ],
  ])("assignment is seen: %s", (_, fn) => {
    expect(refusal(fn).code).toBe("closure/assigned-capture");
  });

  test("an uninitialised variable is refused", () => {
    const f = (): number => late;
    const error = refusal(f);
    const late = 1;
    expect(error.code).toBe("closure/uninitialised");
    expect(error.trail).toEqual(["f", "late"]);
    expect(late).toBe(1);
  });

  test("a variable that holds undefined is not taken for an uninitialised one", () => {
    const nothing = lookUp({}, "y");
    const declared = lookUp({}, "x");
    const f = (): unknown => [nothing, declared];
    expect(() => capture(f)).not.toThrow();
  });

  test("an uninitialised class and a case that was jumped over are refused", () => {
    const f = (): unknown => Late;
    expect(refusal(f).code).toBe("closure/uninitialised");
    class Late {}
    const g = fromText(
      "which, key",
      "switch (which) { case 0: const jumped = {}[key]; default: return () => jumped; }",
    ) as (which: number, key: string) => () => unknown;
    expect(refusal(g(1, "x")).code).toBe("closure/uninitialised");
  });

  test("an undeclared variable is refused", () => {
    const f = fromText("return notDeclaredAnywhere + 1") as () => unknown;
    expect(refusal(f)).toMatchInlineSnapshot(`
      {
        "code": "closure/undeclared",
        "message": "capture: cannot ship notDeclaredAnywhere: anonymous reads it, and no such variable can be seen from there; declare it, or pass it as an argument
        captured by anonymous -> notDeclaredAnywhere
        anonymous is at a script without a name:1",
        "trail": [
          "anonymous",
          "notDeclaredAnywhere",
        ],
      }
    `);
  });

  test("a property of globalThis that only this process has is refused", () => {
    (globalThis as { ownGlobal?: number }).ownGlobal = 1;
    const f = fromText("return ownGlobal") as () => unknown;
    expect(refusal(f)).toMatchInlineSnapshot(`
      {
        "code": "closure/global",
        "message": "capture: cannot ship ownGlobal: it is a property of globalThis that only this process has; keep it in a const and use that
        captured by anonymous -> ownGlobal
        anonymous is at a script without a name:1",
        "trail": [
          "anonymous",
          "ownGlobal",
        ],
      }
    `);
    delete (globalThis as { ownGlobal?: number }).ownGlobal;
  });
});

describe("constructs that reach around the function", () => {
  test("lexical this", () => {
    class Job {
      k = 1;
      make(): () => number {
        const f = (): number => this.k;
        return f;
      }
    }
    expect(refusal(new Job().make())).toMatchInlineSnapshot(`
      {
        "code": "closure/lexical-this",
        "message": "capture: cannot ship f: it is an arrow function that uses the 'this' around it, which cannot be read; put what it needs into a const
        captured by f
        f is at refusals.test.ts",
        "trail": [
          "f",
        ],
      }
    `);
  });

  test("lexical arguments, super and new.target", () => {
    const base = { m: (): number => 1 };
    const holder = {
      __proto__: base,
      arrow(): () => unknown {
        return () => super.m();
      },
      m(): unknown {
        return super.m();
      },
    };
    function Made(this: unknown): () => unknown {
      return () => new.target;
    }
    function outer(): () => unknown {
      return () => arguments[0] as unknown;
    }
    expect(refusal(holder.arrow()).code).toBe("closure/super");
    expect(refusal(Reflect.get(holder, "m") as () => unknown).code).toBe("closure/super");
    expect(refusal((Made as () => () => unknown)()).code).toBe("closure/new-target");
    expect(refusal(outer()).code).toBe("closure/lexical-arguments");
  });

  test("a private name of a class around", () => {
    class Vault {
      #gold = 1;
      static peek = (vault: Vault): number => vault.#gold;
    }
    expect(refusal(Vault.peek)).toMatchInlineSnapshot(`
      {
        "code": "closure/private-name",
        "message": "capture: cannot ship peek: it uses #gold of the class around it; ship the class instead
        captured by peek
        peek is at refusals.test.ts",
        "trail": [
          "peek",
        ],
      }
    `);
  });

  test("direct eval is refused, indirect eval is not", () => {
    const f = fromText("text", "return eval(text)") as () => unknown;
    const g = fromText("text", "return (0, eval)(text)") as () => unknown;
    expect(refusal(f)).toMatchInlineSnapshot(`
      {
        "code": "closure/eval",
        "message": "capture: cannot ship anonymous: it calls eval, which can read any variable; use new Function, or (0, eval)(text)
        captured by anonymous
        anonymous is at a script without a name:1",
        "trail": [
          "anonymous",
        ],
      }
    `);
    expect(() => capture(g)).not.toThrow();
  });

  test("with, inside and around", () => {
    const inside = fromText("o", "with (o) return x") as () => unknown;
    const around = fromText("o", "with (o) return () => x") as (o: object) => () => unknown;
    expect(refusal(inside).code).toBe("closure/with");
    expect(refusal(around({ x: 1 })).code).toBe("closure/with");
  });
});

describe("functions without a source", () => {
  test("bound", () => {
    const bound = Math.max.bind(null, 1);
    expect(refusal(through(bound))).toMatchInlineSnapshot(`
      {
        "code": "closure/bound-function",
        "message": "capture: cannot ship value: it is a bound function, whose target and arguments are hidden; write (...args) => target.method(...args)
        captured by f -> value
        f is at refusal.ts",
        "trail": [
          "f",
          "value",
        ],
      }
    `);
    expect(refusal(bound).code).toBe("closure/bound-function");
  });

  test("native ones that no module exports", () => {
    let resolver: (value: number) => void = () => undefined;
    void new Promise<number>((resolve) => (resolver = resolve)).then(() => undefined);
    const native = resolver;
    expect(refusal(through(native))).toMatchInlineSnapshot(`
      {
        "code": "closure/native-function",
        "message": "capture: cannot ship value: it is a native function that no module exports; call it inside a function of your own, in this process
        captured by f -> value
        f is at refusal.ts",
        "trail": [
          "f",
          "value",
        ],
      }
    `);
    const { revoke } = Proxy.revocable({}, {});
    expect(refusal(revoke).code).toBe("closure/native-function");
  });

  test("internal functions of Node", () => {
    const timer = setTimeout(() => undefined, 0);
    clearTimeout(timer);
    expect(refusal(through(timer.constructor)).code).toBe("closure/native-function");
  });
});

describe("arguments of capture", () => {
  test("anything but a function is refused", () => {
    expect(refusal(5 as never)).toMatchInlineSnapshot(`
      {
        "code": "closure/invalid-argument",
        "message": "capture: the first argument must be a function, got 5. Pass a function or a class.",
        "trail": [],
      }
    `);
  });

  test("an unknown mode is refused", () => {
    expect(() => capture(() => 1, { mode: "fast" as never })).toThrowErrorMatchingInlineSnapshot(
      `[CaptureError: capture: unknown mode, got "fast", wanted "auto", "explicit" or "off". Leave it out for "auto".]`,
    );
  });
});

function lookUp(object: Record<string, number>, key: string): number | undefined {
  return object[key];
}

test("a function with a method then is refused, since a Promise would call it", () => {
  const fn = Object.defineProperty(() => 1, ["th", "en"].join(""), { value: () => 2 });
  expect(refusal(fn).code).toBe("closure/invalid-argument");
});

test("a class whose base a package keeps to itself, with state, is refused with the way", () => {
  class Point extends ImmutableRecord({ x: 0 }) {}
  const error = refusal(() => new Point());
  expect(error.code).toBe("closure/assigned-capture");
  expect(error.trail.slice(1)).toEqual(["Point", "Record", "hasInitialized"]);
});
