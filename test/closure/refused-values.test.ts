import { EventEmitter } from "node:events";
import { createConnection } from "node:net";
import { types } from "node:util";
import { runInNewContext } from "node:vm";
import process, { argv } from "node:process";
import * as threads from "node:worker_threads";
import { capture, revive } from "@millrace/closure";
import { describe, expect, test } from "vitest";
import { fromText, refusal, through } from "./refusal.ts";

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
        helper is at refused-values.test.ts",
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
    ["closure/generator", [1][Symbol.iterator]()],
    ["closure/generator", "ab".matchAll(/a/g)],
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
        f is at refusal.ts",
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

function wasmMemory(): object {
  return fromText("return new WebAssembly.Memory({ initial: 1 })")() as object;
}

test.each([
  ["update", "static #n = 0; static f() { return C.#n++; }"],
  ["assignment", "static #n = 0; static f(v) { C.#n = v; }"],
  ["destructuring", "static #n = 0; static f(v) { [C.#n] = v; }"],
  ["loop", "static #n = 0; static f(v) { for (C.#n of v); }"],
  ["object", "static #n = {}; static f() { return C.#n; }"],
])("a private static that may have changed is refused: %s", (_, body) => {
  const make = fromText(`"use strict"; class C { ${body} } return () => C`) as () => () => void;
  expect(refusal(make()).code).toBe("closure/private-state");
});

test("what a built-in module says of this thread alone is refused, a const of it is not", async () => {
  const f = (): unknown => threads.isMainThread;
  expect(refusal(f)).toMatchObject({ code: "closure/global", trail: ["f", expect.anything()] });
  expect(refusal(() => argv.length).code).toBe("closure/global");
  const { isMainThread } = threads;
  const g = (): boolean => isMainThread;
  expect((await revive<typeof g>(capture(g)))()).toBe(isMainThread);
  const own = argv;
  const h = (): string[] => own;
  expect((await revive<typeof h>(capture(h)))()).toEqual(process.argv);
});

test("a buffer that was transferred away, and a URL with properties of its own", () => {
  const moved = new Uint8Array(4);
  structuredClone(moved, { transfer: [moved.buffer] });
  expect(refusal(through(moved))).toMatchObject({
    code: "closure/native-object",
    message: expect.stringContaining("transferred away") as string,
  });
  const url = Object.assign(new URL("http://host/"), { note: 1 });
  expect(refusal(through(url)).message.split("\n")[0]).toMatchInlineSnapshot(
    `"capture: cannot ship value: it is a URL, whose state is inside URL and cannot be read; make it inside the function, or register a codec"`,
  );
});
