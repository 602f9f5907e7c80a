import { capture, CaptureError, moduleFunction, revive } from "@millrace/closure";
import { expect, test } from "vitest";

const url = new URL("./fixtures/heavy.mjs", import.meta.url);
type Unary = (x: number) => unknown;

test("called here it imports and gives a Promise, revived it is the export itself", async () => {
  const heavy = moduleFunction<Unary>(url, "heavy");
  const promised = heavy(2);
  expect(promised).toBeInstanceOf(Promise);
  expect(await promised).toBe(200);
  for (const mode of ["auto", "explicit", "off"] as const) {
    const real = await revive<Unary>(capture(heavy, { mode }));
    expect(real(3)).toBe(300);
  }
  const later = await revive<Unary>(capture(moduleFunction(url, "later")));
  expect(later(1)).toBeInstanceOf(Promise);
  const byDefault = await revive<Unary>(capture(moduleFunction(url, "default")));
  expect(byDefault(1)).toBe("default 1");
});

test("captured by another function it travels as the reference", async () => {
  const heavy = moduleFunction<Unary>(url, "heavy");
  const outer = async (x: number): Promise<unknown> => heavy(x);
  const packed = capture(outer);
  expect(Buffer.from(packed.bytes).includes("heavy.mjs")).toBe(true);
  expect(Buffer.from(packed.bytes).includes("calls += 1")).toBe(false);
  expect(await (await revive<typeof outer>(packed))(1)).toBe(100);
});

test("a missing export is named with those that exist", async () => {
  const missing = moduleFunction("node:path", "notThere");
  const codeOf = async (call: () => Promise<unknown>): Promise<string> => {
    try {
      await call();
    } catch (error) {
      if (error instanceof CaptureError) return `${error.code} ${error.message}`;
      throw error;
    }
    return "nothing was refused";
  };
  expect(await codeOf(() => missing())).toMatchInlineSnapshot(
    `"closure/missing-export moduleFunction: "node:path" has no exported function "notThere", got undefined, wanted one of "_makeLong, basename, dirname, extname, format, isAbsolute, join, matchesGlob.... Export it, or name another."`,
  );
  expect(await codeOf(() => revive(capture(missing)))).toMatch(/^closure\/missing-export /);
  const value = moduleFunction(url, "notAFunction");
  expect(await codeOf(() => value())).toMatch(/^closure\/missing-export .*got 5/);
});

test("a relative path and an empty name are refused at once", () => {
  expect(() => moduleFunction("./heavy.mjs", "heavy")).toThrowErrorMatchingInlineSnapshot(
    `[CaptureError: moduleFunction: the module must be an absolute URL or a package, got "./heavy.mjs". Pass new URL("./heavy.mjs", import.meta.url).]`,
  );
  expect(() => moduleFunction(url, "")).toThrowErrorMatchingInlineSnapshot(
    `[CaptureError: moduleFunction: the name of the export must be a non-empty string, got "". Pass the name that the module exports, or "default".]`,
  );
});
