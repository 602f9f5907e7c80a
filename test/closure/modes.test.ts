import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { capture, CaptureError, moduleFunction, revive, withEnv } from "@millrace/closure";
import { expect, test } from "vitest";

const run = promisify(execFile);
const factor = 3;

function codeOf(call: () => unknown): [string, string] {
  try {
    call();
  } catch (error) {
    if (error instanceof CaptureError) return [error.code, error.message];
    throw error;
  }
  throw new Error("nothing was refused");
}

test("explicit takes a function without captured variables, and classes of that kind", async () => {
  const fn = (list: number[]): number => list.map((x) => Math.abs(x)).reduce((a, b) => a + b, 0);
  const again = await revive<typeof fn>(capture(fn, { mode: "explicit" }));
  expect(again([-1, 2])).toBe(3);
  const make = withEnv(
    {
      Pair: class {
        sum = (a: number, b: number): number => a + b;
      },
    },
    ({ Pair }) => new Pair().sum(1, 2),
  );
  expect((await revive<() => number>(capture(make, { mode: "explicit" })))()).toBe(3);
});

test("explicit refuses a captured variable and names both ways out", () => {
  const scale = (x: number): number => x * factor;
  expect(codeOf(() => capture(scale, { mode: "explicit" }))).toMatchInlineSnapshot(`
    [
      "closure/free-variable",
      "capture: cannot ship factor: 'factor' is a free variable of scale, and mode "explicit" captures none; use withEnv({ factor }, ({ factor }, ...args) => ...) or moduleFunction(url, name)
      captured by scale -> factor",
    ]
  `);
});

test("explicit refuses a captured variable inside the environment as well", () => {
  const inner = (x: number): number => x * factor;
  const outer = withEnv({ inner }, ({ inner }, x: number) => inner(x));
  expect(codeOf(() => capture(outer, { mode: "explicit" }))[0]).toBe("closure/free-variable");
  expect(() => capture(outer)).not.toThrow();
});

test("off takes module functions and nothing else", async () => {
  const join = moduleFunction("node:path", "join");
  expect((await revive(capture(join, { mode: "off" })))("a", "b")).toBe("a/b");
  const plain = (): number => 1;
  expect(codeOf(() => capture(plain, { mode: "off" }))).toMatchInlineSnapshot(`
    [
      "closure/mode-off",
      "capture: cannot ship plain: mode "off" takes only moduleFunction(url, name) and declareExports; export plain from a module and pass moduleFunction(new URL("./file.ts", import.meta.url), "plain")",
    ]
  `);
  expect(
    codeOf(() =>
      capture(
        withEnv({}, () => 1),
        { mode: "off" },
      ),
    )[0],
  ).toBe("closure/mode-off");
});

test("under the permission model capture falls back to the explicit rules", async () => {
  const flag = process.allowedNodeEnvironmentFlags.has("--permission")
    ? "--permission"
    : "--experimental-permission";
  const script = fileURLToPath(new URL("./fixtures/explicit.mjs", import.meta.url));
  const args = ["--no-warnings", flag, "--allow-fs-read=*", script];
  const { stdout } = await run(process.execPath, args);
  expect(JSON.parse(stdout)).toMatchInlineSnapshot(`
    {
      "class in an environment": 1,
      "free variable": [
        "closure/no-inspector",
        "capture: cannot ship k: 'k' is a free variable of free, and automatic capture is unavailable here (Bun, Deno or Node's permission model); use withEnv({ k }, ({ k }, ...args) => ...) or moduleFunction(url, name)
      captured by free -> k",
      ],
      "module function": "b",
      "no captures": 7,
      "withEnv": 6,
    }
  `);
});

test("withEnv passes its object in this process and a snapshot elsewhere", async () => {
  const env = { base: 1 };
  const add = withEnv(env, (e, x: number) => e.base + x);
  const packed = capture(add);
  env.base = 100;
  expect(add(1)).toBe(101);
  expect((await revive<typeof add>(packed))(1)).toBe(2);
  expect(capture(add)).toBe(packed);
});

test("withEnv checks its arguments", () => {
  expect(() => withEnv(null as never, () => 1)).toThrowErrorMatchingInlineSnapshot(
    `[CaptureError: withEnv: the environment must be an object, got null. Pass the variables by name: withEnv({ k }, ({ k }, x) => ...).]`,
  );
  expect(() => withEnv({}, 5 as never)).toThrowErrorMatchingInlineSnapshot(
    `[CaptureError: withEnv: the second argument must be a function, got 5. Pass a function whose first parameter is the environment.]`,
  );
});
