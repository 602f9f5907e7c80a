// Runs before `npm start` and `npm test`: installs and builds what is missing or out of date.
// Plain Node without dependencies, because in a fresh clone nothing else is there yet.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, ".cache");
const stamp = join(cache, "built");
const lock = join(cache, "prepare.lock");
const NODE_MIN = [20, 19];
const LOCK_WAIT_MS_MAX = 10 * 60_000;

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])) {
  fail(`Millrace needs Node ${NODE_MIN.join(".")} or newer, this is ${process.version}.`);
}

if (whyInstall() || whyBuild()) withLock(prepare);

function prepare() {
  // Asked again under the lock: another process may just have done it.
  const install = whyInstall();
  if (install) {
    run(`installing packages (${install}): npm ci`, ...npm("ci", "--no-audit", "--no-fund"));
  }
  const build = install ?? whyBuild();
  if (build) {
    const startedAt = new Date();
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    run(`building (${build}): tsc -b`, process.execPath, [tsc, "-b"]);
    // The stamp carries the time the build began, so a file saved while it ran counts as newer.
    writeFileSync(stamp, "");
    utimesSync(stamp, startedAt, startedAt);
  }
}

/** Compares what npm says it installed with the lockfile, entry by entry. */
function whyInstall() {
  const installedFile = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedFile)) return "node_modules is missing";
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedFile, "utf8")).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith("node_modules/")) continue;
    const found = installed[path];
    // npm leaves optional packages for other platforms out.
    const differs = found
      ? found.version !== entry.version || found.integrity !== entry.integrity
      : !entry.optional;
    if (differs) return `node_modules is older than the lockfile: ${path.slice(13)}`;
  }
  return undefined;
}

function whyBuild() {
  const packages = readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "tsconfig.json")));
  for (const folder of packages) {
    if (!existsSync(join(folder, "dist/index.js")))
      return `${folder.slice(root.length + 1)}/dist is missing`;
  }
  if (!existsSync(stamp)) return "never built here";
  const builtAt = statSync(stamp).mtimeMs;
  const inputs = [join(root, "tsconfig.base.json"), join(root, "tsconfig.json")];
  for (const folder of packages) {
    inputs.push(join(folder, "tsconfig.json"), join(folder, "package.json"), join(folder, "src"));
    for (const name of readdirSync(join(folder, "src"), { recursive: true })) {
      inputs.push(join(folder, "src", name));
    }
  }
  const newer = inputs.find((path) => changedAfter(path, builtAt));
  return newer && `${newer.slice(root.length + 1)} is newer than the last build`;
}

function changedAfter(path, time) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined || stat.mtimeMs > time;
}

/** A folder is the lock: creating one is atomic. The lock of a dead process is taken over. */
function withLock(action) {
  mkdirSync(cache, { recursive: true });
  const giveUpAt = Date.now() + LOCK_WAIT_MS_MAX;
  let told = false;
  while (!takeLock()) {
    if (!told) console.error("prepare: waiting for another prepare to end");
    told = true;
    if (Date.now() > giveUpAt) fail(`another prepare holds ${lock}; remove it if none is running.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  process.on("exit", () => rmSync(lock, { recursive: true, force: true }));
  action();
}

function takeLock() {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, "pid"), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (holderIsDead()) rmSync(lock, { recursive: true, force: true });
  return false;
}

function holderIsDead() {
  const file = join(lock, "pid");
  if (!existsSync(file)) return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 5000;
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** The npm that runs this script when there is one, so that its version and settings are kept. */
function npm(...args) {
  const own = process.env.npm_execpath;
  return own && /npm-cli\.c?js$/.test(own) ? [process.execPath, [own, ...args]] : ["npm", args];
}

function run(message, command, args) {
  console.error(`prepare: ${message}`);
  // npm sets NODE_ENV-like omissions through the environment; tests need the development packages.
  const env = { ...process.env, NODE_ENV: "development", npm_config_omit: "" };
  const shell = command === "npm" && process.platform === "win32";
  const { status, error } = spawnSync(command, args, { cwd: root, env, shell, stdio: "inherit" });
  if (error) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) fail(`${command === "npm" ? "npm" : args[0]} failed, see above.`);
}

function fail(message) {
  console.error(`prepare: ${message}`);
  process.exit(1);
}
