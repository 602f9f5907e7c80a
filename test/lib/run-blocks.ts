import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { API } from "typescript/unstable/sync";

import { withAssertions } from "./block-assertions.ts";
import type { Block } from "./documented-blocks.ts";
import { root } from "./workspace.ts";

const GROUP_TIMEOUT_MS = 60_000;
const PROCESSES_MAX = 2;

/** What is wrong with each block, by its name; a block that is fine has no entry. */
export type Failures = Map<string, string>;

type Report = { readonly path: string; readonly failed: boolean; readonly text: string };

/**
 * Type-checks every block and runs those that are to be run, as modules inside the repository, so
 * that packages are found by name and functions can be captured from real files.
 */
export async function runBlocks(blocks: readonly Block[]): Promise<Failures> {
  const folder = join(root, ".cache", `docs-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "raw"), { recursive: true });
  mkdirSync(join(folder, "src"));
  try {
    writeConfig(folder);
    const failures: Failures = new Map();
    const written = writeModules(folder, blocks, failures);
    await compile(folder, blocks, failures);
    const runnable = [...written].filter(([, block]) => block.noRun === undefined);
    await runGroups(folder, new Map(runnable), failures);
    return failures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeConfig(folder: string): void {
  const compilerOptions = {
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    sourceMap: false,
    inlineSourceMap: true,
    moduleDetection: "force",
    rootDir: "src",
    outDir: "out",
  };
  const config = { extends: "../../tsconfig.base.json", compilerOptions, include: ["src"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(
    join(folder, "raw/tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.json",
      include: ["."],
      compilerOptions: { rootDir: "." },
    }),
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  copyFileSync(join(import.meta.dirname, "block-promises.ts"), join(folder, "src/promises.ts"));
}

/** Writes a module a block and gives back which compiled file is which block. */
function writeModules(
  folder: string,
  blocks: readonly Block[],
  failures: Failures,
): Map<string, Block> {
  for (const [index, block] of blocks.entries()) {
    writeFileSync(join(folder, "raw", moduleName(index)), block.code);
  }
  const api = new API({ cwd: root });
  const written = new Map<string, Block>();
  try {
    const configFile = join(folder, "raw/tsconfig.json");
    const project = api.updateSnapshot({ openProjects: [configFile] }).getProject(configFile);
    for (const [index, block] of blocks.entries()) {
      const file = project?.program.getSourceFile(join(folder, "raw", moduleName(index)));
      if (file === undefined) throw new Error(`${block.name} was not parsed`);
      try {
        const header = 'import { $equal, $throws } from "./promises.ts"; void $equal, $throws; ';
        writeFileSync(join(folder, "src", moduleName(index)), header + withAssertions(file));
        written.set(join(folder, "out", moduleName(index).replace(/ts$/, "js")), block);
      } catch (error) {
        failures.set(block.name, (error as Error).message);
      }
    }
  } finally {
    api.close();
  }
  return written;
}

function moduleName(index: number): string {
  return `block-${index}.ts`;
}

/** Reports type errors with the line of the page; code is emitted in spite of them. */
async function compile(
  folder: string,
  blocks: readonly Block[],
  failures: Failures,
): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "--pretty", "false", "-p", folder];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(
    (error: unknown) => {
      const { stdout: output } = error as { stdout?: string };
      if (!output) throw error;
      return { stdout: output };
    },
  );
  for (const [text, index, line, message] of stdout.matchAll(
    /^src\/block-(\d+)\.ts\((\d+),\d+\): (.*(?:\n .*)*)/gm,
  )) {
    const block = blocks[Number(index)];
    if (block === undefined) throw new Error(text);
    add(failures, block, `${block.file}:${block.line + Number(line)}: ${message}`);
  }
  if (stdout.trim() !== "" && !/^src\/block-/m.test(stdout)) throw new Error(stdout);
}

/** One process a group, two at a time; the working folder is empty and thrown away afterwards. */
async function runGroups(
  folder: string,
  modules: ReadonlyMap<string, Block>,
  failures: Failures,
): Promise<void> {
  const groups = new Map<string, string[]>();
  for (const [path, block] of modules) {
    groups.set(block.group, [...(groups.get(block.group) ?? []), path]);
  }
  const waiting = [...groups.values()];
  const drain = async (): Promise<void> => {
    for (let paths = waiting.pop(); paths !== undefined; paths = waiting.pop()) {
      await runGroup(folder, paths, modules, failures);
    }
  };
  await Promise.all(Array.from({ length: PROCESSES_MAX }, drain));
}

async function runGroup(
  folder: string,
  paths: readonly string[],
  modules: ReadonlyMap<string, Block>,
  failures: Failures,
): Promise<void> {
  const workingFolder = mkdtempSync(join(folder, "work-"));
  const report = join(workingFolder, ".report");
  writeFileSync(report, "");
  const runner = join(import.meta.dirname, "block-runner.mjs");
  const args = ["--enable-source-maps", runner, report, ...paths];
  // Examples may leave temporary files behind, as a reader's first lines do.
  const temporary = join(workingFolder, "tmp");
  mkdirSync(temporary);
  const env = { ...process.env, TMPDIR: temporary, TMP: temporary, TEMP: temporary };
  const options = { cwd: workingFolder, env, timeout: GROUP_TIMEOUT_MS, maxBuffer: 64 * 2 ** 20 };
  const ended = await promisify(execFile)(process.execPath, args, options).then(
    () => "the process ended before the block did",
    (error: unknown) => `the process ended before the block did: ${(error as Error).message}`,
  );
  const reports = readFileSync(report, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Report);
  for (const path of paths) {
    const block = modules.get(path);
    if (block === undefined) throw new Error(path);
    const own = reports.filter((each) => each.path === path);
    for (const { text } of own.filter((each) => each.failed)) add(failures, block, text);
    const finished = own.some((each) => each.failed || each.text === "passed");
    if (!finished) add(failures, block, own.length > 0 ? ended : `never reached: ${ended}`);
  }
}

/** Keeps a failure, with the lines of generated files told as lines of the page. */
function add(failures: Failures, block: Block, text: string): void {
  const told = text.replace(/\S*block-\d+\.ts:(\d+)/g, (_, line: string) => {
    return `${block.file}:${block.line + Number(line)}`;
  });
  failures.set(block.name, [failures.get(block.name), told].filter(Boolean).join("\n"));
}
