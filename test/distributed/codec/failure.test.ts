import { registerErrors } from "@millrace/graph";
import fc from "fast-check";
import { expect, test } from "vitest";

import { decodeFailure } from "../../../packages/distributed/src/codec/failure/decode-failure.ts";
import { encodeValue } from "../../../packages/distributed/src/codec/encode-value.ts";
import { encodeFailure } from "../../../packages/distributed/src/codec/failure/encode-failure.ts";
import { graphs, hole, holey, primitives } from "./drawn-values.ts";

const travelled = (thrown: unknown): unknown => decodeFailure(encodeFailure(thrown));
const failed = (thrown: unknown): Error & Record<string, unknown> => travelled(thrown) as never;

class QuotaError extends RangeError {
  readonly code = "E_QUOTA";
  readonly left = { bytes: -0, tags: new Map([["a", 1]]) };
  readonly retry = (): void => {};
  override get name(): string {
    return "QuotaError";
  }
}

test("an error keeps its class, name, message, stack, fields and causes", () => {
  const thrown = new QuotaError("full", { cause: new TypeError("inner", { cause: "text" }) });
  const back = failed(thrown);
  expect(back).toBeInstanceOf(RangeError);
  expect([back.name, back.message, back.stack]).toEqual(["QuotaError", "full", thrown.stack]);
  expect(back["code"]).toBe("E_QUOTA");
  expect(back["left"]).toEqual(thrown.left);
  expect(back["retry"]).toBe("[Function: retry]");
  expect(Object.keys(back)).toEqual(["code", "left", "retry"]);
  expect(back.cause).toBeInstanceOf(TypeError);
  expect((back.cause as Error).cause).toBe("text");
});

test.each([
  ["Error", new Error("m")],
  ["TypeError", new TypeError("m")],
  ["SyntaxError", new SyntaxError("m")],
  ["AggregateError", new AggregateError([], "m")],
  ["DOMException", new DOMException("m", "TimeoutError")],
])("a plain %s comes back as one", (name, thrown) => {
  const back = failed(thrown);
  expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(thrown));
  expect([back.name, back.message, back.stack]).toEqual([thrown.name, "m", thrown.stack]);
  expect(name === "DOMException" || Object.keys(back).length === 0).toBe(true);
});

test("an error of a registered class is of it again, one that has its name by chance is not", () => {
  class DepthError extends RangeError {
    override readonly name = "DepthError";
    readonly code: string;
    constructor(code: string, options?: ErrorOptions) {
      super("deep", options);
      this.code = code;
    }
    get isDeep(): boolean {
      return this.code === "depths/too-deep";
    }
  }
  registerErrors("depths", { DepthError });
  const back = failed(new DepthError("depths/too-deep", { cause: new DepthError("E_DEPTH") }));
  expect(back).toBeInstanceOf(DepthError);
  expect([back["isDeep"], Object.keys(back), back.name]).toEqual([
    true,
    ["name", "code"],
    "DepthError",
  ]);
  expect(back.cause).toBeInstanceOf(RangeError);
  expect(back.cause).not.toBeInstanceOf(DepthError);
  const inList = failed(new AggregateError([new DepthError("depths/too-deep")]));
  expect((inList["errors"] as unknown[])[0]).toBeInstanceOf(DepthError);
});

test("what is no error comes back as it was thrown", () => {
  for (const thrown of [
    undefined,
    null,
    0,
    -0,
    "text",
    5n,
    Symbol.for("s"),
    { code: 1 },
    holey(1, hole, 2),
  ]) {
    expect(travelled(thrown)).toStrictEqual(thrown);
  }
});

test("what cannot travel comes back as an error that says what it was", () => {
  const thrown = [
    Symbol("mine"),
    () => 1,
    new (class Odd {
      a = 1;
    })(),
    Promise.resolve(1),
    new Proxy({}, {}),
  ];
  const messages = thrown.map((each) => failed(each).message);
  expect(messages).toMatchInlineSnapshot(`
    [
      "a value was thrown that cannot travel: Symbol(mine)",
      "a value was thrown that cannot travel: [Function (anonymous)]",
      "a value was thrown that cannot travel: Odd { a: 1 }",
      "a value was thrown that cannot travel: Promise { 1 }",
      "a value was thrown that cannot travel: {}",
    ]
  `);
});

test("causes travel to a depth of eight, and one that is its own cause stays so", () => {
  let chain = new Error("0");
  for (let i = 1; i < 20; i++) chain = new Error(String(i), { cause: chain });
  let depth = 0;
  let at: unknown = failed(chain);
  for (; at instanceof Error; at = at.cause) depth += 1;
  expect([depth, typeof at]).toEqual([9, "string"]);
  const first = new Error("first");
  const second = new Error("second", { cause: first });
  first.cause = second;
  const back = failed(first);
  expect((back.cause as Error).cause).toBe(back);
});

test("the errors of an AggregateError travel, the fields `errors` of others as fields", () => {
  const back = failed(new AggregateError([new TypeError("a"), 1, () => 2], "all"));
  const [a, one, fn] = back["errors"] as unknown[];
  expect(a).toBeInstanceOf(TypeError);
  expect([one, fn]).toEqual([1, "[Function (anonymous)]"]);
  expect(failed(Object.assign(new Error("m"), { errors: ["x"] }))["errors"]).toEqual(["x"]);
  const many = failed(new AggregateError(Array.from({ length: 5_000 }, () => new Error("x"))));
  expect((many["errors"] as unknown[]).length).toBeLessThanOrEqual(64);
});

test("texts are cut at 64 KiB, and large fields become texts", () => {
  const thrown = Object.assign(new Error("m".repeat(100_000_000)), {
    rows: new Float64Array(100_000),
    note: "n".repeat(1_000_000),
  });
  const block = encodeFailure(thrown);
  const back = decodeFailure(block) as typeof thrown;
  expect([back.message.length, back.note.length, typeof back.rows]).toEqual([
    65_536,
    65_536,
    "string",
  ]);
  expect((travelled("t".repeat(1_000_000)) as string).length).toBe(65_536);
});

test("whatever is thrown, encoding it throws nothing and decoding it gives something", () => {
  const traps = new Proxy(
    {},
    {
      get: () => () => {
        throw new Error("trap");
      },
    },
  );
  const hostile: unknown[] = [
    new Proxy(new Error("x"), traps),
    Object.freeze(new Error("frozen")),
    Object.create(Error.prototype, {
      message: {
        get: () => {
          throw new Error("no message");
        },
      },
      stack: { get: () => 5 },
    }),
    Object.setPrototypeOf(new Error("no prototype"), null),
    Object.setPrototypeOf(new Error("odd prototype"), new Proxy(Error.prototype, traps)),
    Object.assign(new Error("symbol"), {
      message: Symbol("m"),
      name: 5,
      cause: new Proxy({}, traps),
    }),
    Object.defineProperty(new Error("x"), "cause", {
      get: () => {
        throw new Error("no cause");
      },
    }),
    new (class extends Error {
      override get stack(): string {
        throw new Error("no stack");
      }
    })(),
    { [Symbol.toPrimitive]: () => ({}), toString: null },
    new (class {
      get [Symbol.toStringTag](): string {
        throw new Error("no tag");
      }
    })(),
    Object.assign(Object.create(null), { a: new WeakMap() }),
  ];
  for (const thrown of hostile) {
    const back = travelled(thrown);
    expect(["object", "string"]).toContain(typeof back);
  }
  fc.assert(
    fc.property(fc.oneof(graphs, primitives), fc.boolean(), (value, isCause) => {
      travelled(isCause ? new Error("with a cause", { cause: value }) : value);
    }),
  );
});

test("a field whose codec is not known where the failure is read is a text there", async () => {
  const { registerCodec } = await import("@millrace/closure");
  class Local {}
  const codec = {
    test: (value: object) => value instanceof Local,
    encode: () => null,
    decode: () => new Local(),
  };
  registerCodec({ name: "test.Here", ...codec });
  const block = encodeFailure(Object.assign(new Error("m"), { local: new Local() }));
  const at = Buffer.from(block.header).indexOf("test.Here");
  block.header[at] = 0x54;
  expect((decodeFailure(block) as { local?: unknown }).local).toBe("Local {}");
});

test("a block that is no failure is refused", () => {
  for (const value of [
    1,
    null,
    {},
    { thrown: 1, errors: [] },
    { thrown: { error: 0 }, errors: [{}] },
  ]) {
    expect(() => decodeFailure(encodeValue(value))).toThrow(
      expect.objectContaining({ code: "distributed/corrupt-block" }),
    );
  }
});
