// Runs the suite under other versions of Node: `npm run test:node -- [22 24] [test/…]`.
// `--json <folder>` writes a summary a version.
// The binaries come from the `node` package on npm and are kept in .cache/node.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const DEFAULT_VERSIONS = ["22", "24"];
/** Tests of the repository's files say nothing about a version of Node. */
const NOT_ABOUT_NODE = new Set(["lib", "repository"]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" } },
});
const asked = positionals.filter((word) => /^\d+(\.\d+)*$/.test(word));
const filters = positionals.filter((word) => !asked.includes(word));
const versions = asked.length > 0 ? asked : DEFAULT_VERSIONS;
const folders = filters.length > 0 ? filters : packageTests();

let failed = false;
for (const version of versions) {
  const node = install(version);
  console.log(`\nnode-versions: ${folders.join(" ")} under ${versionOf(node)}`);
  if (!runSuite(version, node)) failed = true;
}
process.exit(failed ? 1 : 0);

function packageTests() {
  return readdirSync(join(root, "test"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !NOT_ABOUT_NODE.has(entry.name))
    .map((entry) => `test/${entry.name}`);
}

/** Installs `node@<version>` once and gives the path of its binary. */
function install(version) {
  const folder = join(root, ".cache/node", version);
  const name = process.platform === "win32" ? "node.exe" : "node";
  const binary = join(folder, "node_modules/node/bin", name);
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  console.log(`node-versions: installing node@${version} into .cache/node/${version}`);
  const flags = ["--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, error } = spawnSync("npm", ["install", ...flags, `node@${version}`], {
    cwd: folder,
    shell: process.platform === "win32",
    stdio: "inherit",
  });
  if (error) throw error;
  if (status !== 0 || !existsSync(binary)) {
    console.error(
      `node-versions: npm could not install node@${version}; its script must be allowed.`,
    );
    process.exit(1);
  }
  return binary;
}

function versionOf(node) {
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
}

function runSuite(version, node) {
  const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", ...folders];
  if (values.json) {
    args.push("--reporter=default", "--reporter=json");
    args.push(`--outputFile.json=${join(values.json, `node-${version}.json`)}`);
  }
  // Children started by name find this Node first; the others use process.execPath.
  const env = { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH };
  const { status, error } = spawnSync(node, args, { cwd: root, env, stdio: "inherit" });
  if (error) throw error;
  return status === 0;
}
