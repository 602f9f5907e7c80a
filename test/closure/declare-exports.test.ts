import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { capture, CaptureError, declareExports, explain, revive, withEnv } from "@millrace/closure";
import { expect, test } from "vitest";

const url = new URL("./fixtures/heavy.mjs", import.meta.url).href;
const run = promisify(execFile);
type Unary = (x: number) => unknown;

test("a declared export travels as its name in every mode, and stays callable here", async () => {
  const own: Unary = (x) => `not looked at ${x}`;
  declareExports(url, { heavy: own });
  expect(own(1)).toBe("not looked at 1");
  for (const mode of ["auto", "explicit", "off"] as const) {
    const real = await revive<Unary>(capture(own, { mode }));
    expect(real(3)).toBe(300);
  }
  expect(explain(own)).toContain("export heavy of file:");
});

test("captured by another function it travels as the reference", async () => {
  const own: Unary = (x) => x;
  declareExports(url, { heavy: own });
  const outer = (x: number): unknown => own(x);
  const packed = capture(outer);
  expect((await revive<Unary>(packed))(2)).toBe(200);
  expect(Buffer.from(packed.bytes).includes("heavy.mjs")).toBe(true);
});

test("in an installed package it is the same reference that is found by looking", () => {
  // The package is linked into node_modules, so its exports travel by reference anyway.
  const found = capture(CaptureError);
  const declared = class extends Error {};
  const file = import.meta.resolve("@millrace/closure").replace(/index\.js$/, "errors.js");
  declareExports(file, { CaptureError: declared });
  expect(capture(declared).hash).toBe(found.hash);
});

test("in another package than it was published in, as in a bundle, a function travels by source", async () => {
  const file = import.meta.resolve("@millrace/closure");
  for (const [place, published] of [
    [file, "@millrace/other"],
    [url, "@millrace/closure"],
  ] as const) {
    const own: Unary = (x) => `source ${x}`;
    declareExports(place, { own }, { package: published });
    expect((await revive<Unary>(capture(own)))(1)).toBe("source 1");
    expect(() => capture(own, { mode: "off" })).toThrow('mode "off"');
  }
});

test("what the main module declares travels by source: its import would run the program", async () => {
  const script = fileURLToPath(new URL("./fixtures/declaring-main.mjs", import.meta.url));
  const { stdout } = await run(process.execPath, [script]);
  expect(stdout).toBe("run 8 true");
});

test("it counts from when it is said, and more than anything else known of a function", async () => {
  const own: Unary = (x) => x;
  const before = capture(own).hash;
  declareExports(url, { heavy: own });
  expect(capture(own).hash).not.toBe(before);
  const secret = withEnv({ secret: 1 }, ({ secret }, x: number) => x + secret);
  declareExports(url, { heavy: secret });
  expect(capture(secret, { mode: "off" }).hash).toBe(capture(own, { mode: "off" }).hash);
});

test("what is not there is told where it is revived", async () => {
  const gone: Unary = (x) => x;
  declareExports(url, { gone });
  await expect(revive(capture(gone))).rejects.toThrow(/no exported function "gone"/);
});

test("a path that is no URL, and what is no function, are refused at once", () => {
  const refusal = (...args: unknown[]): string => {
    try {
      Reflect.apply(declareExports, undefined, args);
    } catch (error) {
      return `${(error as CaptureError).code}: ${(error as Error).message}`;
    }
    return "nothing";
  };
  expect(refusal("file://server/heavy.mjs", {})).toMatch(/must be a file: or data: URL/);
  expect(refusal(url, null)).toMatch(/must be an object, got null/);
  expect(refusal(url, { "": Math.abs })).toMatch(/must be the name of a function/);
  expect(refusal("./heavy.mjs", { heavy: Math.abs })).toMatchInlineSnapshot(
    `"closure/invalid-argument: declareExports: the URL of the module must be a file: or data: URL, got "./heavy.mjs". Pass import.meta.url."`,
  );
  expect(refusal(url, { notAFunction: 5 })).toMatchInlineSnapshot(
    `"closure/invalid-argument: declareExports: "notAFunction" must be the name of a function or a class, got 5. Leave it out."`,
  );
});
