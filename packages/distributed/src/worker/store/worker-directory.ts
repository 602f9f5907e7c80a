import fs from "node:fs";
import fsp from "node:fs/promises";
import path from "node:path";
import { quoteValue } from "@millrace/graph/tasks";
import { isGone, thisProcess, type ProcessIdentity } from "./process-identity.ts";
import { StoreError } from "./store-error.ts";

const PREFIX = "millrace-worker-";
const NAME = /^millrace-worker-[A-Za-z0-9]{6}$/;
const UPLOADS = "uploads";
const LOCK = "lock";
/** The lock while it is written; it gets its name by a rename, so a lock is always whole. */
const NEW_LOCK = "lock.new";
const SPILL_FILE = /^[0-9]+\.spill$/;
const LOCK_BYTES_MAX = 4096;
/** How often another directory is made because a starting neighbour took the empty one away. */
const TRIES_MAX = 20;

/** What was found of earlier workers. */
export interface Leftovers {
  /** Directories of dead processes, which are gone now. */
  readonly removed: readonly string[];
  /** Directories that may belong to somebody, or could not be removed. */
  readonly kept: readonly string[];
}

/** A directory of this process alone, for files that nobody needs after it. */
export interface WorkerDirectory {
  readonly path: string;
  readonly leftovers: Leftovers;
  /** Where the spill file of this number belongs. */
  fileOf(number: number): string;
  /** Make the directory again where somebody removed it. */
  restore(): Promise<void>;
  /** Remove the directory and the spill files in it; what others put there stays. */
  remove(): Promise<void>;
}

/**
 * Make a fresh directory `millrace-worker-…` (0700) in `localDirectory`, which is made if need be,
 * and remove those that dead processes left there. It is removed when the process exits, too; only
 * a killed process leaves it behind, for the next one to find.
 *
 * Until its lock stands, a directory holds nothing, and a neighbour that starts at the same time
 * may take it away; then another one is made. From then on only its own process removes it while
 * it lives.
 *
 * @throws StoreError `distributed/bad-directory` where `localDirectory` is no directory that can be
 * written to, or a link to somewhere else
 */
export async function openWorkerDirectory(localDirectory: string): Promise<WorkerDirectory> {
  const parent = await usableDirectory(localDirectory);
  const self = thisProcess();
  const leftovers = await removeLeftovers(parent, self);
  for (let attempt = 1; ; attempt++) {
    const made = await fsp.mkdtemp(path.join(parent, PREFIX)).catch(refuse(parent));
    try {
      await writeLock(made, self);
      return directoryAt(made, self, leftovers);
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === "ENOENT" && attempt < TRIES_MAX;
      if (isTaken) continue;
      // There is nothing in it that matters, and the next worker would remove it too.
      await removeUnlocked(made).catch(() => undefined);
      refuse(parent)(error);
    }
  }
}

/**
 * Whether `openWorkerDirectory` would find its place, for whoever wants to know before there is a
 * worker; makes the directory.
 *
 * @throws StoreError `distributed/bad-directory` as above
 */
export async function checkLocalDirectory(localDirectory: string): Promise<void> {
  await usableDirectory(localDirectory);
}

function directoryAt(
  directory: string,
  self: ProcessIdentity,
  leftovers: Leftovers,
): WorkerDirectory {
  if (removeAtExit.size === 0) process.on("exit", removeAll);
  removeAtExit.add(directory);
  return {
    path: directory,
    leftovers,
    fileOf: (number) => path.join(directory, `${number}.spill`),
    restore: async () => {
      // Fails where anything else has taken the name: that is not ours to write into.
      await fsp.mkdir(directory, { mode: 0o700 });
      await writeLock(directory, self);
    },
    remove: async () => {
      await removeDirectory(directory);
      removeAtExit.delete(directory);
      if (removeAtExit.size === 0) process.off("exit", removeAll);
    },
  };
}

async function usableDirectory(localDirectory: string): Promise<string> {
  if (typeof localDirectory !== "string" || localDirectory === "") {
    throw badDirectory("no path", localDirectory, "Name a directory.");
  }
  const parent = path.resolve(localDirectory);
  await fsp.mkdir(parent, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    // What is there already is looked at below.
    if (error.code !== "EEXIST") refuse(parent)(error);
  });
  const facts = await fsp.lstat(parent).catch(refuse(parent));
  if (facts.isSymbolicLink()) {
    const target = await fsp.realpath(parent).catch(refuse(parent));
    throw badDirectory("a link that leads elsewhere", parent, `Use ${quoteValue(target)} itself.`);
  }
  if (!facts.isDirectory()) throw badDirectory("no directory", parent, "Name a directory.");
  await fsp.access(parent, fs.constants.W_OK | fs.constants.X_OK).catch(refuse(parent));
  return parent;
}

function refuse(directory: string): (error: unknown) => never {
  return (error) => {
    const { code = "", message } = error as NodeJS.ErrnoException;
    switch (code) {
      case "EACCES":
      case "EPERM":
      case "EROFS": {
        const remedy = "Change its permissions, or name another one.";
        throw badDirectory(`not writable (${code})`, directory, remedy, error);
      }
      case "ENOTDIR":
        throw badDirectory("below a file", directory, "Name a directory.", error);
      case "ENOENT":
        throw badDirectory("a link that leads nowhere", directory, "Name a directory.", error);
      default:
        throw badDirectory(`unusable (${message})`, directory, "Name another one.", error);
    }
  };
}

function badDirectory(
  what: string,
  directory: string,
  remedy: string,
  cause?: unknown,
): StoreError {
  return new StoreError(
    "distributed/bad-directory",
    `openWorkerDirectory: the local directory is ${what}, got ${quoteValue(directory)}, ` +
      `wanted a directory that this process may write to. ${remedy}`,
    cause === undefined ? undefined : { cause },
  );
}

/** The lock tells others whose directory this is, all at once and to the last byte. */
async function writeLock(directory: string, self: ProcessIdentity): Promise<void> {
  const unfinished = path.join(directory, NEW_LOCK);
  await fsp.writeFile(unfinished, JSON.stringify(self), { flag: "wx", mode: 0o600 });
  await fsp.rename(unfinished, path.join(directory, LOCK));
}

async function removeLeftovers(parent: string, self: ProcessIdentity): Promise<Leftovers> {
  const removed: string[] = [];
  const kept: string[] = [];
  for (const name of await fsp.readdir(parent).catch(refuse(parent))) {
    if (!NAME.test(name)) continue;
    const directory = path.join(parent, name);
    const isOurs = await isOwnDirectory(directory);
    if (isOurs === undefined) continue;
    const isRemoved = isOurs && (await removeWhereDead(directory, self));
    (isRemoved ? removed : kept).push(directory);
  }
  return { removed, kept };
}

/** Undefined where there is nothing any more: whoever owned it was quicker. */
async function isOwnDirectory(directory: string): Promise<boolean | undefined> {
  const facts = await fsp.lstat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  // A link is not followed, and what another user owns is left to him.
  return facts && facts.isDirectory() && (!process.getuid || facts.uid === process.getuid());
}

/** Whether the directory is gone: its process is dead, or it never got as far as a lock. */
async function removeWhereDead(directory: string, self: ProcessIdentity): Promise<boolean> {
  try {
    const owner = await readLock(directory);
    switch (owner) {
      case "unreadable":
        return false;
      case "none":
        return await removeUnlocked(directory);
      default:
        return isGone(owner, self) && (await removeDirectory(directory));
    }
  } catch {
    // Tidying after others must not keep a worker from starting; what stays is reported as kept.
    return false;
  }
}

async function readLock(directory: string): Promise<ProcessIdentity | "none" | "unreadable"> {
  const file = path.join(directory, LOCK);
  let text: string;
  try {
    const facts = await fsp.lstat(file);
    if (!facts.isFile() || facts.size > LOCK_BYTES_MAX) return "unreadable";
    text = await fsp.readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "none";
    throw error;
  }
  try {
    const lock = JSON.parse(text) as Partial<ProcessIdentity> | null;
    const { pid, started, boot, namespace, machine } = lock ?? {};
    const texts = [started, boot, namespace, machine];
    const isWhole = Number.isInteger(pid) && texts.every((each) => typeof each === "string");
    return isWhole && (pid as number) > 0 ? (lock as ProcessIdentity) : "unreadable";
  } catch {
    // Not what a worker writes.
    return "unreadable";
  }
}

/**
 * A worker that has no lock yet has no files either, and makes another directory when this one is
 * gone. The system itself refuses where a lock has come, or where there are files: then somebody
 * took the lock away, and nobody knows whose they are.
 */
async function removeUnlocked(directory: string): Promise<boolean> {
  await fsp.unlink(path.join(directory, NEW_LOCK)).catch(ignoreMissing(undefined));
  await fsp.rmdir(directory).catch(ignoreMissing(undefined));
  return true;
}

/**
 * Removes a directory with the files that a worker makes. The lock goes last, so that a removal
 * that is broken off can be taken up again. False where something else is in it: that stays, and
 * the directory around it.
 */
async function removeDirectory(directory: string): Promise<boolean> {
  const entries = await fsp.readdir(directory, { withFileTypes: true }).catch(ignoreMissing([]));
  const own = entries.filter((entry) => entry.isFile() && isWorkerFile(entry.name));
  for (const { name } of own.filter((entry) => entry.name !== LOCK)) {
    await fsp.unlink(path.join(directory, name)).catch(ignoreMissing(undefined));
  }
  const uploads = entries.filter(isUploads);
  for (const { name } of uploads) await fsp.rm(path.join(directory, name), { recursive: true });
  if (own.length + uploads.length < entries.length) return false;
  await fsp.unlink(path.join(directory, LOCK)).catch(ignoreMissing(undefined));
  await fsp.rmdir(directory).catch(ignoreMissing(undefined));
  return true;
}

/** A folder of files that clients have uploaded. */
function isUploads(entry: fs.Dirent): boolean {
  return entry.isDirectory() && entry.name === UPLOADS;
}

function isWorkerFile(name: string): boolean {
  return name === LOCK || name === NEW_LOCK || SPILL_FILE.test(name);
}

function ignoreMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return instead;
    throw error;
  };
}

/** The directories of this process, removed when it exits in an orderly way. */
const removeAtExit = new Set<string>();

/** As `removeDirectory`, at a time when no promise is waited for any more. */
function removeAll(): void {
  for (const directory of removeAtExit) {
    try {
      const entries = fs.readdirSync(directory, { withFileTypes: true });
      const own = entries.filter((entry) => entry.isFile() && isWorkerFile(entry.name));
      for (const { name } of own) fs.unlinkSync(path.join(directory, name));
      const uploads = entries.filter(isUploads);
      for (const { name } of uploads) fs.rmSync(path.join(directory, name), { recursive: true });
      if (own.length + uploads.length === entries.length) fs.rmdirSync(directory);
    } catch (error) {
      // Somebody else tidied up.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      process.stderr.write(`millrace: could not remove ${directory}: ${String(error)}\n`);
    }
  }
}
