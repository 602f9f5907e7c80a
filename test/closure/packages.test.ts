import { execFile } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

import { scratchFolder } from "../lib/scratch-folder.ts";

// Two projects with packages of their own: one captures, the other one revives.
const run = promisify(execFile);
const closure = fileURLToPath(new URL("../../packages/closure", import.meta.url));
const folder = scratchFolder();

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  symlinkSync(target, join(folder, path));
}

const manifest = (name: string, version: string, rest: object = {}): string =>
  JSON.stringify({ name, version, type: "module", exports: "./index.js", ...rest });

/** A package with a deep file, an unexported class, and a counter that tells instances apart. */
function writeTool(place: string, version: string): void {
  write(`${place}/package.json`, manifest("tool", version, { exports: { ".": "./index.js" } }));
  write(
    `${place}/index.js`,
    `import { deep } from "./lib/deep.js";
     class Hidden { constructor(n) { this.n = n; } twice() { return this.n * 2; } }
     export const make = (n) => new Hidden(n);
     export class Shown { static tag = "v${version}"; }
     export { deep };
     export default function () { return "default ${version}"; }
     export const internal = () => unexported();
     export const bound = { helper: unexported };
     function unexported() { return "unexported ${version}"; }`,
  );
  write(`${place}/lib/deep.js`, `export const deep = (x) => x + "${version}";`);
}

function writeProject(name: string, toolVersion: string): void {
  write(`${name}/package.json`, JSON.stringify({ name, version: "1.0.0", type: "module" }));
  link(closure, `${name}/node_modules/@millrace/closure`);
  writeTool(`${name}/node_modules/tool`, toolVersion);
  // pnpm: the package is a link into a store, and its own dependencies are beside it there.
  const store = `${name}/node_modules/.pnpm/stored@3.0.0/node_modules`;
  write(`${store}/stored/package.json`, manifest("stored", "3.0.0"));
  write(
    `${store}/stored/index.js`,
    `import { base } from "below"; export const up = (x) => base(x) + 1;`,
  );
  write(`${store}/below/package.json`, manifest("below", "1.0.0"));
  write(`${store}/below/index.js`, `export const base = (x) => x * 10; export const held = base;`);
  link("./.pnpm/stored@3.0.0/node_modules/stored", `${name}/node_modules/stored`);
  // Dual: the two copies say which one they are.
  const exports = { ".": { import: "./index.mjs", require: "./index.cjs" } };
  write(`${name}/node_modules/dual/package.json`, manifest("dual", "1.0.0", { exports }));
  write(`${name}/node_modules/dual/index.mjs`, `export const kind = () => "esm";`);
  write(
    `${name}/node_modules/dual/index.cjs`,
    `exports.kind = () => "cjs"; exports.nested = { f: () => "nested" };`,
  );
  // A workspace package, linked by its name.
  write(`${name}/packages/lib/package.json`, manifest("linked-lib", "0.1.0"));
  write(`${name}/packages/lib/index.js`, `export const lib = () => "lib"; export class Kind {}`);
  link("../packages/lib", `${name}/node_modules/linked-lib`);
}

const source = `
  import { writeFileSync } from "node:fs";
  import { createRequire } from "node:module";
  import { capture } from "@millrace/closure";
  import tool, { make, Shown, deep, internal, bound } from "tool";
  import * as everything from "tool";
  import { up } from "stored";
  import { kind } from "dual";
  import { lib, Kind } from "linked-lib";
  const require = createRequire(import.meta.url);
  const dual = require("dual");
  const hidden = make(21);
  const shown = new Shown();
  const kindInstance = new Kind();
  const heldUp = [up][0];
  const heldNested = [dual.nested.f][0];
  const heldDeep = [deep][0];
  const { helper } = bound;
  const functions = {
    "named, default, namespace": () => [tool(), deep("x"), everything.internal()],
    "unexported class": () => [hidden.twice(), hidden.n],
    "class and instance": () => [shown instanceof Shown, Shown.tag],
    "deep file, held": () => heldDeep("y"),
    "unexported function, held": () => helper(),
    "pnpm": () => [up(1), heldUp(2)],
    "dual": () => [kind(), dual.kind(), heldNested()],
    "linked": () => [lib(), kindInstance instanceof Kind],
    "whole package function": deep,
  };
  const rows = Object.entries(functions).map(([name, fn]) => ({
    name, bytes: Buffer.from(capture(fn).bytes).toString("base64"),
    own: name === "whole package function" ? fn("z") : fn(),
  }));
  writeFileSync(process.argv[2], JSON.stringify(rows));
`;

const reviver = `
  import { readFileSync } from "node:fs";
  import { revive } from "@millrace/closure";
  const results = {};
  for (const { name, bytes } of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
    try {
      results[name] = await (await revive(Buffer.from(bytes, "base64")))("z");
    } catch (error) {
      results[name] = [error.code, error.message];
    }
  }
  console.log(JSON.stringify(results));
`;

type Results = Record<string, unknown>;
const results: Record<string, Results> = {};

beforeAll(async () => {
  writeProject("here", "1.0.0");
  writeProject("there", "1.0.0");
  writeProject("newer", "2.0.0");
  write("here/capture.mjs", source);
  const rows = join(folder, "rows.json");
  await run(process.execPath, [join(folder, "here/capture.mjs"), rows]);
  // Moved away, so that the projects that revive cannot find the one that captured.
  write("there/revive.mjs", reviver);
  write("newer/revive.mjs", reviver);
  write("empty/package.json", JSON.stringify({ name: "empty", type: "module" }));
  write("empty/revive.mjs", reviver);
  link(closure, "empty/node_modules/@millrace/closure");
  rmSync(join(folder, "here"), { recursive: true });
  const projects = ["there", "newer", "empty"].map(async (project) => {
    const cwd = join(folder, project);
    const { stdout } = await run(process.execPath, ["revive.mjs", rows], { cwd });
    results[project] = JSON.parse(stdout) as Results;
  });
  await Promise.all(projects);
}, 30_000);

test("packages are found by name, version and file in another project", () => {
  expect(results["there"]).toEqual({
    "named, default, namespace": ["default 1.0.0", "x1.0.0", "unexported 1.0.0"],
    "unexported class": [42, 21],
    "class and instance": [true, "v1.0.0"],
    "deep file, held": "y1.0.0",
    "unexported function, held": "unexported 1.0.0",
    pnpm: [11, 21],
    dual: ["esm", "cjs", "nested"],
    linked: ["lib", true],
    "whole package function": "z1.0.0",
  });
});

test("another version of a package is refused with both versions", () => {
  expect(results["newer"]!["deep file, held"]).toMatchInlineSnapshot(`
    [
      "closure/version-mismatch",
      "revive: the function was captured with another version of tool, got 2.0.0 here, wanted 1.0.0. Install the same version on both sides.",
    ]
  `);
  expect(results["newer"]!["pnpm"]).toEqual([11, 21]);
});

test("a package that is not installed is named", () => {
  expect(results["empty"]!["pnpm"]).toMatchInlineSnapshot(`
    [
      "closure/missing-package",
      "revive: the function needs a package that is not installed here, got "stored", wanted version 3.0.0. Install it where this process runs.",
    ]
  `);
  expect((results["empty"]!["linked"] as string[])[0]).toBe("closure/missing-package");
});
