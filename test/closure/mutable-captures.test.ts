import { capture, mutableCaptures, registerCodec, revive, withEnv } from "@millrace/closure";
import { describe, expect, it } from "vitest";

const shared = { k: 1, list: [1] };
const fixed = Object.freeze({ k: 1 });
const helper = (x: number): number => x * shared.k;
const never = 3;
class Counted {
  static count = 0;
}
class Plain {
  readonly x = 1;
}
/** State behind a wall, which a codec takes down. */
class Walled {
  readonly #list = [1];
  get list(): number[] {
    return this.#list;
  }
}
registerCodec({
  name: "mutable-captures.Walled",
  test: (value) => value instanceof Walled,
  encode: ({ list }: Walled) => [...list],
  decode: () => new Walled(),
});
const walled = new Walled();
const env = { shared };

describe("the captured objects that may change", () => {
  const table: readonly (readonly [string, (...args: never[]) => unknown, unknown[]])[] = [
    ["objects", () => shared.k, [shared]],
    ["what is inside of them as far as it travels", () => shared.list[0], [shared, shared.list]],
    ["those of helpers", () => helper(1), [shared]],
    ["those of an environment", withEnv(env, (own) => own.shared.k), [env, shared, shared.list]],
    ["classes that have state", () => Counted.count, [Counted]],
    ["what only a codec can take apart", () => walled.list, [walled]],
    ["neither numbers nor texts", () => never, []],
    ["nor frozen objects", () => fixed.k, []],
    ["nor plain classes and standard objects", () => [new Plain(), Math, Array], []],
    ["nor packages", () => expect, []],
  ];
  it.each(table)("are %s", (_, fn, wanted) => {
    expect(new Set(mutableCaptures(fn))).toStrictEqual(new Set(wanted));
  });
});

it("a function that reads a variable which is assigned again is among them itself", () => {
  let k = 1;
  const raise = (): void => {
    k++;
  };
  const fn = (x: number): number => x * k;
  expect(mutableCaptures(fn)).toStrictEqual([fn]);
  raise();
  const times = (by: number) => (x: number) => x * by;
  expect(mutableCaptures(times(2))).toStrictEqual([]);
});

it("what was revived shares nothing with anybody", async () => {
  const again = await revive<() => number>(capture(() => shared.k));
  expect(again()).toBe(1);
  expect(mutableCaptures(again)).toStrictEqual([]);
});

it("what cannot be captured is refused as by capture", () => {
  const pending = Promise.resolve();
  expect(() => mutableCaptures(() => pending)).toThrow(
    expect.objectContaining({ code: "closure/promise" }),
  );
});
