import { EventEmitter } from "node:events";
import { createConnection } from "node:net";
import { types } from "node:util";
import { runInNewContext } from "node:vm";
import { capture, CaptureError } from "@millrace/closure";
import { describe, expect, test } from "vitest";

type Refused = { code: string; trail: readonly string[]; message: string };

function refusal(fn: (...args: never[]) => unknown): Refused {
  try {
    capture(fn);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    // Positions change with every edit of this file.
    const message = error.message.replace(/is at .*[\\/]([\w.-]+):\d+$/m, "is at $1");
    return { code: error.code, trail: error.trail, message };
  }
  throw new Error("nothing was refused");
}

/** One level down, so that every message shows a trail. */
function through(value: unknown): () => unknown {
  const f = (): unknown => value;
  return f;
}

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
        (a) => () =>
          ([a] = [1])
      )(0),
    ],
    [
      "destructuring with a default",
      (
        (a) => () =>
          ({ x: a = 1 } = { x: 2 })
      )(0),
    ],
    [
      "rest",
      (
        (a) => () =>
          ([, ...a] = [1, 2])
      )([] as number[]),
    ],
    [
      "for of",
      ((a) => () => {
        for (a of [1]) void a;
      })(0),
    ],
    [
      "in a nested function",
      (
        (a) => () => () =>
          a++
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
    let nothing: number | undefined;
    const declared = lookUp({}, "x");
    const f = (): unknown => [nothing, declared];
    expect(() => capture(f)).not.toThrow();
    nothing = 1;
  });

  test("an uninitialised class and a case that was jumped over are refused", () => {
    const f = (): unknown => Late;
    expect(refusal(f).code).toBe("closure/uninitialised");
    class Late {}
    const g = new Function(
      "which, key",
      "switch (which) { case 0: const jumped = {}[key]; default: return () => jumped; }",
    )(1, "x") as () => unknown;
    expect(refusal(g).code).toBe("closure/uninitialised");
  });

  test("an undeclared variable is refused", () => {
    const f = new Function("return notDeclaredAnywhere + 1") as () => unknown;
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
    const f = new Function("return ownGlobal") as () => unknown;
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
      // eslint-disable-next-line prefer-rest-params
      return () => arguments[0] as unknown;
    }
    expect(refusal(holder.arrow()).code).toBe("closure/super");
    expect(refusal(holder.m).code).toBe("closure/super");
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
    const f = new Function("text", "return eval(text)") as () => unknown;
    const g = new Function("text", "return (0, eval)(text)") as () => unknown;
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
    const inside = new Function("o", "with (o) return x") as () => unknown;
    const around = new Function("o", "with (o) return () => x") as (o: object) => () => unknown;
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
        f is at refusals.test.ts",
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
        f is at refusals.test.ts",
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

describe("values that belong to this process", () => {
  test("a socket, with the trail and the remedy", () => {
    const db = createConnection({ port: 1, host: "127.0.0.1" });
    db.on("error", () => undefined);
    const helper = (): unknown => db.readable;
    const f = (): unknown => helper();
    const error = refusal(f);
    db.destroy();
    expect(error).toMatchInlineSnapshot(`
      {
        "code": "closure/live-handle",
        "message": "capture: cannot ship db: it is a Socket (node:net.Socket.prototype), a live handle of this process; open it inside the task or on the worker
        captured by f -> helper -> db
        helper is at refusals.test.ts",
        "trail": [
          "f",
          "helper",
          "db",
        ],
      }
    `);
  });

  test.each([
    ["closure/proxy", new Proxy({ a: 1 }, {})],
    ["closure/proxy", new Proxy(() => 1, {})],
    ["closure/weak-map", new WeakMap()],
    ["closure/weak-map", new WeakSet()],
    ["closure/weak-ref", new WeakRef({})],
    ["closure/weak-ref", new FinalizationRegistry(() => undefined)],
    ["closure/promise", Promise.resolve(1)],
    ["closure/promise", (async () => 1)()],
    [
      "closure/generator",
      (function* () {
        yield 1;
      })(),
    ],
    [
      "closure/generator",
      (async function* () {
        yield 1;
      })(),
    ],
    ["closure/generator", new Map([[1, 1]]).entries()],
    ["closure/native-object", [1][Symbol.iterator]()],
    ["closure/native-object", "ab".matchAll(/a/g)],
    ["closure/shared-array-buffer", new SharedArrayBuffer(8)],
    ["closure/shared-array-buffer", new Uint8Array(new SharedArrayBuffer(8))],
    ["closure/live-handle", new EventEmitter()],
    ["closure/live-handle", process.stdout],
    ["closure/live-handle", setImmediate(() => undefined)],
    ["closure/native-object", new AbortController()],
    ["closure/native-object", new MessageChannel().port1],
    ["closure/native-object", new Intl.NumberFormat("en")],
    ["closure/native-object", new Blob(["x"])],
    [
      "closure/native-object",
      (function (..._: number[]) {
        return arguments;
      })(1),
    ],
    ["closure/native-object", wasmMemory()],
  ])("%s", (code, value) => {
    const holder = { deep: [value] };
    const f = (): unknown => holder;
    expect(refusal(f)).toMatchObject({ code, trail: ["f", "holder.deep[0]"] });
  });

  test("every one of these messages says what it is and what to do", () => {
    const values = [Promise.resolve(), new Proxy({}, {}), new WeakMap(), new AbortController()];
    const messages = values.map((value) => refusal(through(value)).message.split("\n")[0]);
    expect(messages).toMatchInlineSnapshot(`
      [
        "capture: cannot ship value: it is a Promise, which belongs to this process; await it first and capture the result",
        "capture: cannot ship value: it is a Proxy, whose handler cannot be read; pass the target, or make the Proxy inside the function",
        "capture: cannot ship value: it is a WeakMap, whose entries cannot be listed; use a Map",
        "capture: cannot ship value: it is an AbortController, whose state is inside AbortController and cannot be read; make it inside the function, or register a codec",
      ]
    `);
  });

  test("a subclass or a changed prototype hides nothing", () => {
    class Later extends Promise<number> {}
    const disguised = Object.setPrototypeOf(new WeakMap(), Object.prototype) as object;
    expect(refusal(through(Later.resolve(1))).code).toBe("closure/promise");
    expect(refusal(through(disguised)).code).toBe("closure/weak-map");
    expect(types.isProxy(disguised)).toBe(false);
  });

  test("an instance with private members", () => {
    class Account {
      #balance = 1;
      get balance(): number {
        return this.#balance;
      }
    }
    class Savings extends Account {}
    expect(refusal(through(new Account()))).toMatchInlineSnapshot(`
      {
        "code": "closure/private-state",
        "message": "capture: cannot ship value: it is an Account with private (#) members, which only its class can read; register a codec, give the class a method [Symbol.for('millrace.reduce')], or make it inside the function
        captured by f -> value
        f is at refusals.test.ts",
        "trail": [
          "f",
          "value",
        ],
      }
    `);
    expect(refusal(through(new Savings())).code).toBe("closure/private-state");
  });

  test("a class whose private static field can change", () => {
    class Ids {
      static #next = 0;
      static take(): number {
        return Ids.#next++;
      }
    }
    expect(refusal(() => Ids.take()).code).toBe("closure/private-state");
  });

  test("a computed class key that leaves no trace", () => {
    const keyOf = (): string => "k";
    class Keyed {
      // @ts-expect-error the key is not a constant, which is the point
      [keyOf()] = 1;
    }
    expect(refusal(() => new Keyed()).code).toBe("closure/computed-key");
  });

  test("an object of another vm context travels, a live one does not", () => {
    const foreign = runInNewContext("({ list: [1], map: new Map([[1, 2]]) })") as object;
    expect(() => capture(through(foreign))).not.toThrow();
    const pending = runInNewContext("Promise.resolve(1)") as object;
    expect(refusal(through(pending)).code).toBe("closure/promise");
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

function wasmMemory(): object {
  return new Function("return new WebAssembly.Memory({ initial: 1 })")() as object;
}

function lookUp(object: Record<string, number>, key: string): number | undefined {
  return object[key];
}
