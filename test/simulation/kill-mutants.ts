import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Says how good the simulator is: each patch in `mutants/` is one small mistake in a machine, and is
 * to be found. `npm run mutants -- [--seeds N] [--only NAME]`; ends with 1 where too few are found.
 */

const root = join(import.meta.dirname, "../..");
const folder = join(import.meta.dirname, "mutants");
const scratch = join(root, ".cache/mutants");
const together = 2;

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
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".patch"))
  .map((file) => file.slice(0, -".patch".length))
  .filter((name) => name.includes(options.get("only") ?? ""));

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

/** What finds a mutant, or undefined. */
async function judge(name: string): Promise<string | undefined> {
  const copy = join(scratch, name);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const part of [
    "packages/distributed/src",
    "test/simulation",
    "test/distributed",
    "test/lib",
  ]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  applyPatch(readFileSync(join(folder, `${name}.patch`), "utf8"), copy);
  const simulate = join(copy, "test/simulation/simulate.ts");
  const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
  const simulated = await run([tsx, simulate, "--seeds", String(seeds), "--failures", "1"], copy);
  const found =
    simulated.code === 0 ? await runTests(copy) : simulated.output.split("\n")[0]?.slice(0, 150);
  rmSync(copy, { recursive: true, force: true });
  return found;
}

async function runTests(copy: string): Promise<string | undefined> {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--root", copy, "--dir", join(copy, "test/distributed")];
  const tested = await run([...args, "--passWithNoTests"], copy);
  if (tested.code === 0) return undefined;
  return /FAIL.*/.exec(tested.output)?.[0] ?? "a test";
}

function run(args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Applies a patch of one file by its text, wherever in the file that stands by now. */
function applyPatch(patch: string, copy: string): void {
  const path = /^\+\+\+ b\/(.*)$/m.exec(patch)?.[1];
  if (path === undefined) throw new Error("the patch names no file");
  const file = join(copy, path);
  let text = readFileSync(file, "utf8");
  for (const hunk of patch.split(/^@@.*$/m).slice(1)) {
    const lines = hunk.split("\n").slice(1, -1);
    const before = lines.filter((line) => !line.startsWith("+")).map((line) => line.slice(1));
    const after = lines.filter((line) => !line.startsWith("-")).map((line) => line.slice(1));
    const parts = text.split(before.join("\n"));
    if (parts.length !== 2) throw new Error(`${path} has changed: the patch does not fit`);
    text = parts.join(after.join("\n"));
  }
  writeFileSync(file, text);
}
