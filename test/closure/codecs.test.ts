import { execFileSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  capture,
  codecFor,
  codecNamed,
  importCodec,
  registerCodec,
  revive,
} from "@millrace/closure";
import { List, Map as ImmutableMap } from "immutable";
import { expect, test } from "vitest";
import { refusal } from "./refusal.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

class Temperature {
  readonly #kelvin: number;
  constructor(kelvin: number) {
    this.#kelvin = kelvin;
  }
  get kelvin(): number {
    return this.#kelvin;
  }
}

registerCodec({
  name: "test.Temperature",
  test: (value) => value instanceof Temperature,
  encode: (value: Temperature) => ({ kelvin: value.kelvin, note: new Map([["a", 1]]) }),
  decode: ({ kelvin }: { kelvin: number }) => new Temperature(kelvin),
});
registerCodec({
  name: "test.List",
  test: List.isList,
  encode: (list: List<unknown>) => list.toArray(),
  decode: (items: unknown[]) => List(items),
});

test("a codec carries what cannot be taken apart, nested and shared", async () => {
  const warm = new Temperature(300);
  const table = { warm, list: List([warm, 1]), again: warm };
  const f = (): unknown => [
    table.warm.kelvin,
    table.warm === table.again,
    table.list.get(0) === table.warm,
    List.isList(table.list),
    table.list.size,
  ];
  expect((await revive<typeof f>(capture(f)))()).toEqual([300, true, true, true, 2]);
});

test("without a codec an instance of an unexported class is taken apart by value", async () => {
  const map = ImmutableMap({ a: 1 });
  const f = (): unknown => map.get("a");
  expect((await revive<typeof f>(capture(f)))()).toBe(1);
});

test("the other process imports the codec's module by itself, or says what is missing", () => {
  const run = (...args: string[]): string[] => {
    const file = fixture("codec-main.mjs");
    return execFileSync(process.execPath, [file, ...args], { encoding: "utf8" }).split("\n");
  };
  const module = pathToFileURL(fixture("codec-registration.mjs")).href;
  // The unnamed one first: once the named one has imported the module, both are known.
  const [missing, found] = run("revive", ...run("capture", "", module));
  expect(found).toBe("21 °C");
  expect(missing).toMatchInlineSnapshot(
    `"closure/unknown-codec: revive: no codec is registered here under this name, got "fixture.Celsius". Import the module that calls registerCodec before reviving, or name it in the codec's module option."`,
  );
});

test("a codec whose payload leads back to the value is refused", () => {
  class Node {
    readonly #children: Node[] = [];
    get children(): Node[] {
      return this.#children;
    }
  }
  registerCodec({
    name: "test.Node",
    test: (value) => value instanceof Node,
    encode: (node: Node) => node.children,
    decode: () => new Node(),
  });
  const node = new Node();
  node.children.push(node);
  expect(refusal(() => node)).toMatchInlineSnapshot(`
    {
      "code": "closure/cyclic-codec",
      "message": "capture: cannot ship node: what its codec or reduce method returns leads back to it; encode only plain data
      captured by (anonymous) -> node
      (anonymous) is at codecs.test.ts",
      "trail": [
        "(anonymous)",
        "node",
      ],
    }
  `);
});

test("a codec or reduce method that fails is named", () => {
  class Broken {}
  registerCodec({
    name: "test.Broken",
    test: (value) => value instanceof Broken,
    encode: () => {
      throw new Error("no way");
    },
    decode: () => new Broken(),
  });
  const broken = new Broken();
  const odd = { [Symbol.for("millrace.reduce")]: () => 5 };
  expect(refusal(() => broken).message.split("\n")[0]).toMatchInlineSnapshot(
    `"capture: cannot ship broken: its codec test.Broken threw (no way); it must not throw"`,
  );
  expect(refusal(() => odd).message.split("\n")[0]).toMatchInlineSnapshot(
    `"capture: cannot ship odd: its method Symbol.for('millrace.reduce') must return [function, array of arguments]"`,
  );
});

test("a codec needs all its parts", () => {
  expect(() => registerCodec({ name: "" } as never)).toThrowErrorMatchingInlineSnapshot(
    `[CaptureError: registerCodec: a codec needs a name and the functions test, encode and decode, got "". Pass { name, test, encode, decode }.]`,
  );
});

test("a codec that cannot make the value again is named by revive", async () => {
  class Fragile {}
  registerCodec({
    name: "test.Fragile",
    test: (value) => value instanceof Fragile,
    encode: () => 1,
    decode: (): Fragile => {
      throw new Error("not here");
    },
  });
  const fragile = new Fragile();
  await expect(revive(capture(() => fragile))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[CaptureError: revive: the codec test.Fragile could not make the value again, got "not here", wanted a value. Let it accept in this process what it gave in the other one.]`,
  );
});

test("a value leads to its codec, and the name of the codec leads back", () => {
  const warm = new Temperature(300);
  expect(codecFor(warm)?.name).toBe("test.Temperature");
  expect(codecNamed("test.Temperature")).toBe(codecFor(warm));
  expect(codecFor({ kelvin: 300 })).toBeUndefined();
  expect(codecNamed("test.Nothing")).toBeUndefined();
});

test("a codec is imported by its module once, and its absence is no error", async () => {
  const module = pathToFileURL(fixture("codec-registration.mjs")).href;
  expect(codecNamed("fixture.Celsius")).toBeUndefined();
  expect((await importCodec("fixture.Celsius", module))?.name).toBe("fixture.Celsius");
  expect((await importCodec("fixture.Celsius", "nowhere"))?.name).toBe("fixture.Celsius");
  expect(await importCodec("test.Nothing", module)).toBeUndefined();
  expect(await importCodec("test.Nothing")).toBeUndefined();
});
