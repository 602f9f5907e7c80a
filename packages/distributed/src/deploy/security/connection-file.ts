import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { chmodSync, constants, lstatSync, mkdirSync, readFileSync, unlinkSync } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { quoteValue } from "@millrace/graph";
import { DistributedError } from "../../errors.ts";

/** How a scheduler is reached, and by which secret. */
export interface Connection {
  /** ws:// or wss:// */
  readonly url: string;
  readonly token: string;
  /** PEM texts by which the scheduler is known; left out without TLS. */
  readonly ca?: string;
  /** The process of the scheduler. */
  readonly pid: number;
  /** One scheduler of all there ever are. */
  readonly id: string;
}

/** A connection file that stands, until it is removed. */
export interface ConnectionFile {
  readonly path: string;
  /** Removes it, unless another scheduler has written its own meanwhile. May be called at exit. */
  remove(): void;
}

const BYTES_MAX = 2 ** 20;
/** What names a file where nobody says who reads it. */
const flag = "--scheduler-file";
const isPosix = process.platform !== "win32";

/**
 * Writes the file by which workers and clients find a scheduler. It is whole whenever somebody
 * looks, nobody but the user can read it, and what stood there before is replaced.
 *
 * @throws DistributedError `distributed/bad-connection-file` where it cannot be written
 */
export async function writeConnectionFile(
  path: string,
  connection: Connection,
): Promise<ConnectionFile> {
  const target = resolve(path);
  const unfinished = join(dirname(target), `.millrace-${randomUUID()}`);
  try {
    const file = await open(unfinished, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(connection, undefined, 2)}\n`);
      // After a crash of the machine there is the old one or the new one, not an empty one.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, target);
  } catch (error) {
    // Where it was not made there is nothing to remove.
    await unlink(unfinished).catch(() => undefined);
    throw bad(flag, `it cannot be written (${codeOf(error)})`, path, "a path in a folder", error);
  }
  return { path: target, remove: () => removeOwn(target, connection.id) };
}

/**
 * What a connection file says. Whoever has written it chooses the scheduler that is connected to,
 * which may then run code here: so it must be of this user, and of nobody else.
 *
 * @param api - whom errors name
 * @throws DistributedError `distributed/bad-connection-file` where it is missing, damaged, of
 * another user, or readable by others, who know the token then
 */
export async function readConnectionFile(path: string, api: string = flag): Promise<Connection> {
  if (resolve(dirname(path)) === resolve(connectionFolder())) checkFolder(api);
  let facts: Stats;
  let text: string;
  try {
    // What is looked at is what is read; a pipe without a writer is not waited for.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      facts = await file.stat();
      if (!facts.isFile() || facts.size > BYTES_MAX) {
        throw bad(api, "it is no connection file", path, "the file that a scheduler wrote");
      }
      checkOwner(api, "it", path, facts);
      text = await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DistributedError) throw error;
    const wanted = "the file of a running scheduler";
    if (codeOf(error) !== "ENOENT") {
      throw bad(api, `it cannot be read (${codeOf(error)})`, path, wanted, error);
    }
    throw bad(api, "there is no such file", path, wanted, error, "Start the scheduler first.");
  }
  const mode = facts.mode & 0o777;
  if (isPosix && (mode & 0o077) !== 0) {
    throw new DistributedError(
      "distributed/bad-connection-file",
      `${api}: others on this machine may read the token, got ${quoteValue(path)} ` +
        `with mode ${mode.toString(8)}, wanted 600. Run: chmod 600 ${path}`,
    );
  }
  return connectionIn(api, path, text);
}

/**
 * Where a scheduler on a port of this machine is found when nobody says where: in a folder of the
 * user alone. The folder is made by `makeConnectionFolder`.
 */
export function defaultConnectionFile(port: number): string {
  return join(connectionFolder(), `scheduler-${port}.json`);
}

/**
 * Makes the folder of `defaultConnectionFile`.
 *
 * @throws DistributedError `distributed/bad-connection-file` where it is not, or not only, the
 * user's
 */
export function makeConnectionFolder(): void {
  const folder = connectionFolder();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const facts = lstatSync(folder);
    if (!facts.isDirectory()) throw bad(flag, "its folder is none", folder, "a folder");
    checkOwner(flag, "its folder", folder, facts);
    if (isPosix && (facts.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  } catch (error) {
    if (error instanceof DistributedError) throw error;
    throw bad(flag, `its folder cannot be made (${codeOf(error)})`, folder, "a folder", error);
  }
}

/** A folder where others may put files is as good as one of theirs. */
function checkFolder(api: string): void {
  const folder = connectionFolder();
  const facts = lstatSync(folder, { throwIfNoEntry: false });
  if (facts === undefined) return;
  checkOwner(api, "its folder", folder, facts);
  const mode = facts.mode & 0o777;
  if (!isPosix || facts.isSymbolicLink() || (mode & 0o022) === 0) return;
  throw new DistributedError(
    "distributed/bad-connection-file",
    `${api}: others on this machine may put files into its folder, got ${quoteValue(folder)} ` +
      `with mode ${mode.toString(8)}, wanted 700. Look at what is in it, and run: chmod 700 ${folder}`,
  );
}

/** Everybody may make files and folders among temporary files, under any name. */
function checkOwner(api: string, what: string, path: string, { uid }: Stats): void {
  const own = process.getuid?.();
  if (own === undefined || uid === own) return;
  throw new DistributedError(
    "distributed/bad-connection-file",
    `${api}: ${what} belongs to somebody else, whose scheduler it may name, got ` +
      `${quoteValue(path)} of user ${uid}, wanted one of user ${own}, who runs this. ` +
      "Find out who made it and remove it, or give the token of your scheduler by MILLRACE_TOKEN.",
  );
}

function connectionFolder(): string {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && runtime !== "") return join(runtime, "millrace");
  return join(tmpdir(), `millrace-user-${process.getuid?.() ?? "0"}`);
}

function connectionIn(api: string, path: string, text: string): Connection {
  const wanted = "JSON with url, token, pid and id, as a scheduler writes it";
  let value: Partial<Record<string, unknown>> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (error) {
    throw bad(api, "it is no JSON", path, wanted, error);
  }
  const { url, token, ca, pid, id } = value ?? {};
  const isWhole =
    typeof url === "string" &&
    /^wss?:\/\//.test(url) &&
    typeof token === "string" &&
    typeof pid === "number" &&
    typeof id === "string" &&
    (ca === undefined || typeof ca === "string");
  if (!isWhole) throw bad(api, "something is missing in it", path, wanted);
  return { url, token, ...(ca === undefined ? {} : { ca }), pid, id };
}

function removeOwn(path: string, id: string): void {
  try {
    const { id: found } = JSON.parse(readFileSync(path, "utf8")) as { id?: unknown };
    if (found === id) unlinkSync(path);
  } catch (error) {
    // Gone already, or something else by now: not ours to remove.
    if (error instanceof SyntaxError || codeOf(error) === "ENOENT") return;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function bad(
  api: string,
  what: string,
  path: string,
  wanted: string,
  cause?: unknown,
  remedy = "Name another file.",
): DistributedError {
  return new DistributedError(
    "distributed/bad-connection-file",
    `${api}: ${what}, got ${quoteValue(path)}, wanted ${wanted}. ${remedy}`,
    cause === undefined ? undefined : { cause },
  );
}
