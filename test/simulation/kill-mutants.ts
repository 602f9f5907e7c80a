import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { patchedFile } from "./patched-file.ts";

/**
 * Says how good the simulator is: each patch in `mutants/` is one small mistake in a machine, and
 * is to be found. `npm run mutants -- [--seeds N] [--only PATTERN] [--together N]`; ends with 1
 * where one is not and has no line in `lives-on.txt`.
 */

const root = join(import.meta.dirname, "../..");
const folder = join(import.meta.dirname, "mutants");
const scratch = join(root, ".cache/mutants");
/** The seeds that run before the scenarios; most mutants do not live longer. */
const seedsFirst = 500;
/** A mutant that takes longer than this for one step hangs, and so it is found. */
const hangsAfterMs = 20 * 60_000;
/** Stands for the exit code of a process that was ended for it. */
const hung = -1;

/** Mutants that may live, with the reason: they change nothing that anybody could see. */
const livesOn = new Set<string>(readLines("lives-on.txt"));

interface Verdict {
  readonly name: string;
  readonly by: string | undefined;
}

const options = new Map<string, string>();
for (const [n, arg] of process.argv.entries()) {
  if (arg.startsWith("--")) options.set(arg.slice(2), process.argv[n + 1] ?? "");
}
const seeds = Number(options.get("seeds") ?? 20_000);
const together = Number(options.get("together") ?? 2);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".patch"))
  .map((file) => file.slice(0, -".patch".length))
  .filter((name) => new RegExp(options.get("only") ?? "").test(name));

const innocent = await judge(undefined);
if (innocent !== undefined) throw new Error(`without any mutant there is a failure: ${innocent}`);
const waiting = [...names];
const verdicts: Verdict[] = [];
await Promise.all(Array.from({ length: together }, work));
const alive = verdicts.filter(({ by }) => by === undefined).map(({ name }) => name);
print(`${names.length - alive.length} of ${names.length} mutants were found`);
for (const name of alive) print(`alive: ${name}${livesOn.has(name) ? " (nobody can tell)" : ""}`);
process.exitCode = alive.every((name) => livesOn.has(name)) ? 0 : 1;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readLines(name: string): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, "mutants", name), "utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [line.split(":")[0] as string]));
}

async function work(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const startMs = performance.now();
    const by = await judge(name);
    verdicts.push({ name, by });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    print(`${by === undefined ? "ALIVE" : "found"} ${name} after ${seconds} s: ${by ?? ""}`);
  }
}

/** What finds a mutant, or undefined; without a name, what finds a mistake where there is none. */
async function judge(name: string | undefined): Promise<string | undefined> {
  const copy = join(scratch, name ?? "none");
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const part of ["packages/distributed/src", "test/simulation", "test/lib"]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  if (name !== undefined) {
    const { path, text } = patchedFile(readFileSync(join(folder, `${name}.patch`), "utf8"), copy);
    writeFileSync(join(copy, path), text);
  }
  let found = (await runSeeds(copy, 0, Math.min(seedsFirst, seeds))) ?? (await runScenarios(copy));
  if (name !== undefined) found ??= await runSeeds(copy, seedsFirst, seeds - seedsFirst);
  rmSync(copy, { recursive: true, force: true });
  return found;
}

async function runSeeds(copy: string, from: number, count: number): Promise<string | undefined> {
  if (count <= 0) return undefined;
  const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
  const simulate = join(copy, "test/simulation/simulate.ts");
  const range = ["--from", String(from), "--seeds", String(count)];
  const { code, output } = await run([tsx, simulate, ...range, "--failures", "1"], copy);
  if (code === hung) return "it hangs";
  return code === 0 ? undefined : output.split("\n")[0]?.slice(0, 150);
}

async function runScenarios(copy: string): Promise<string | undefined> {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  // A machine that is busy, or was asleep, must not count as a mutant that was found.
  const options = ["--bail", "1", "--testTimeout", String(hangsAfterMs)];
  const args = [vitest, "run", ...options, "--root", copy, "test/simulation/scenarios"];
  const { code, output } = await run(args, copy);
  if (code === 0) return undefined;
  const failed = /FAIL.*/.exec(output)?.[0];
  // Otherwise everything would be found, by nothing.
  if (failed === undefined && code !== hung) throw new Error(`no scenario was run: ${output}`);
  return failed ?? "it hangs";
}

function run(args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: hangsAfterMs,
    });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    child.on("close", (code) => resolve({ code: code ?? hung, output }));
  });
}
