import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import type { Bench, BenchResult, BenchRow } from "./bench.ts";

const USAGE = `npm run bench -- <name> [--small] [--json] [--repeat <times>]

  --small    the small parameters, which the tests use
  --json     print the results as JSON and write no file
  --repeat   run the whole bench several times (1)`;

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => file.replace(/\.bench\.ts$/, ""))
  .toSorted();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    small: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    repeat: { type: "string", default: "1" },
  },
});
const [name] = positionals;
const repeat = Number(values.repeat);
if (name === undefined || positionals.length > 1 || !names.includes(name)) {
  stop(name === undefined ? USAGE : `there is no bench ${JSON.stringify(name)}`);
}
if (!Number.isInteger(repeat) || repeat < 1) stop(`--repeat ${values.repeat}: wanted 1 or more`);

const { bench } = (await import(`./${name}.bench.ts`)) as { bench: Bench<unknown> };
const size = values.small ? "small" : "full";
const parameters = bench.parameters[size];
if (!values.json) console.log(`${bench.question}\n${JSON.stringify(parameters)}\n`);
const results: BenchResult[] = [];
for (let i = 0; i < repeat; i += 1) {
  const result = await bench.run(parameters);
  results.push(result);
  if (!values.json) console.log(`${table(result.rows)}\n\nanswer: ${result.answer}\n`);
}

const record = { name, question: bench.question, size, parameters, machine: machine(), results };
if (values.json) console.log(JSON.stringify(record));
else {
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}${values.small ? ".small" : ""}.json`);
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
  console.log(`written to bench/results/${name}${values.small ? ".small" : ""}.json`);
}

function stop(message: string): never {
  console.error(`bench: ${message}\n\nbenches:\n${names.map((each) => `  ${each}`).join("\n")}`);
  process.exit(2);
}

/** What a reader needs to judge the figures; nothing that tells whose machine it was. */
function machine(): Record<string, string | number> {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

/** The commit that was measured, marked when files differ from it. */
function commit(): string {
  const git = (...args: string[]): string => {
    return execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
  };
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    return git("rev-parse", "--short=12", "HEAD") + (changed ? " with changes" : "");
  } catch (error) {
    return `unknown (${(error as Error).message.split("\n")[0] ?? ""})`;
  }
}

function table(rows: readonly BenchRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cell(value: number | string | undefined): string {
  if (typeof value !== "number") return value ?? "";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
