import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { captureAll } from "./fixtures/capture-all.mjs";
import { cases } from "./fixtures/cases.mjs";

type Row = { name: string; hash: string };
type Report = Record<string, { count: number; different: string[][] }>;

const run = promisify(execFile);
const fixture = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "millrace-closure-"));
const rowsOf = (environment: string): string => join(folder, `${environment}.json`);
const captureFile = fixture("capture-all.mjs");

// Each environment captures a table of functions in a process of its own.
const environments: Record<string, { args: string[]; env?: Record<string, string> }> = {
  mjs: { args: [captureFile, "./cases.mjs"] },
  "mjs with an open inspector and V8 coverage": {
    args: ["--inspect=127.0.0.1:0", captureFile, "./function-cases.mjs"],
    env: { NODE_V8_COVERAGE: join(folder, "coverage") },
  },
  "worker thread": { args: [fixture("worker.mjs"), "./cases.mjs"] },
  cjs: { args: [captureFile, "./commonjs-cases.cjs"] },
  tsx: { args: ["--import", "tsx", captureFile, "./typed-cases.ts"] },
  "tsx with CommonJS": { args: ["--import", "tsx", captureFile, "./commonjs/interop-cases.js"] },
};

let report: Report;

beforeAll(async () => {
  writeFileSync(rowsOf("vitest"), JSON.stringify(await captureAll(cases)));
  const captures = Object.entries(environments).map(async ([name, { args, env }]) => {
    await run(process.execPath, [...args, rowsOf(name)], { env: { ...process.env, ...env } });
  });
  await Promise.all(captures);
  // One more process revives them all: nothing is left of the ones that captured.
  const files = ["vitest", ...Object.keys(environments)].map(rowsOf);
  const { stdout } = await run(process.execPath, [fixture("revive-all.mjs"), ...files]);
  report = JSON.parse(stdout) as Report;
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(["vitest", ...Object.keys(environments)])(
  "functions captured under %s do the same in another process",
  (name) => {
    const { count, different } = report[rowsOf(name)]!;
    expect(different).toEqual([]);
    expect(count).toBeGreaterThan(4);
  },
);

test("two processes give the same function the same hash", () => {
  const hashes = (environment: string): Record<string, string> => {
    const rows = JSON.parse(readFileSync(rowsOf(environment), "utf8")) as Row[];
    return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
  };
  const coverage = "mjs with an open inspector and V8 coverage";
  expect(hashes("mjs")).toMatchObject(hashes(coverage));
  expect(hashes("worker thread")).toEqual(hashes("mjs"));
});
