import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { captureAll } from "./fixtures/capture-all.mjs";
import { cases } from "./fixtures/loader-cases.mjs";
import { scratchFolder } from "../lib/scratch-folder.ts";

type Row = { name: string; hash: string };
type Report = Record<string, { count: number; different: string[][] }>;

const run = promisify(execFile);
const fixture = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const folder = scratchFolder();
const rowsOf = (environment: string): string => join(folder, `${environment}.json`);

// Each process captures the tables of one or two environments.
const captureFile = fixture("capture-all.mjs");
const coverage = { NODE_V8_COVERAGE: join(folder, "coverage") };
const processes: { args: string[]; tables: Record<string, string>; env?: object }[] = [
  { args: [captureFile], tables: { mjs: "./cases.mjs", cjs: "./commonjs-cases.cjs" } },
  {
    args: ["--import", "tsx", captureFile],
    tables: { tsx: "./typed-cases.ts", "tsx with CommonJS": "./commonjs/interop-cases.js" },
  },
  { args: [fixture("worker.mjs")], tables: { "worker thread": "./loader-cases.mjs" } },
  {
    args: ["--inspect=127.0.0.1:0", captureFile],
    tables: { "mjs with an open inspector and V8 coverage": "./function-cases.mjs" },
    env: coverage,
  },
];
const environments = ["vitest", ...processes.flatMap(({ tables }) => Object.keys(tables))];

let report: Report;

beforeAll(async () => {
  const captures = processes.map(async ({ args, tables, env }) => {
    const pairs = Object.entries(tables).flatMap(([name, module]) => [module, rowsOf(name)]);
    await run(process.execPath, [...args, ...pairs], { env: { ...process.env, ...env } });
  });
  writeFileSync(rowsOf("vitest"), JSON.stringify(await captureAll(cases)));
  await Promise.all(captures);
  // One more process revives them all: nothing is left of the ones that captured.
  const files = environments.map(rowsOf);
  const { stdout } = await run(process.execPath, [fixture("revive-all.mjs"), ...files]);
  report = JSON.parse(stdout) as Report;
}, 60_000);

test.each(environments)("functions captured under %s do the same in another process", (name) => {
  const { count, different } = report[rowsOf(name)]!;
  expect(different).toEqual([]);
  expect(count).toBeGreaterThan(4);
});

test("two processes give the same function the same hash, in whatever order and thread", () => {
  const hashes = (environment: string): Record<string, string> => {
    const rows = JSON.parse(readFileSync(rowsOf(environment), "utf8")) as Row[];
    return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
  };
  const inspected = hashes("mjs with an open inspector and V8 coverage");
  expect(hashes("mjs")).toMatchObject(inspected);
  expect(hashes("mjs")).toMatchObject(hashes("worker thread"));
});
