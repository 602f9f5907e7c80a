import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import fsp from "node:fs/promises";
import path from "node:path";
import { threadId } from "node:worker_threads";

const SUFFIX = ".millrace-tmp";
const NAME_BYTES_MAX = 255;
// A process that writes into more directories than this looks into some of them again.
const LOOKED_INTO_MAX = 10_000;

/**
 * Where a process id means one process: this boot of this machine, this namespace of ids.
 * `undefined` where the system does not say; a host name alone is no proof.
 */
const place: string | undefined = ((): string | undefined => {
  try {
    const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const namespace = fs.readlinkSync("/proc/self/ns/pid");
    return createHash("sha256").update(`${boot} ${namespace}`).digest("hex").slice(0, 12);
  } catch {
    return undefined;
  }
})();

/**
 * Whether a name is that of a file, or a folder of files, still being written, or left behind by a
 * killed process.
 */
export function isTemporary(name: string): boolean {
  return name.endsWith(SUFFIX);
}

/** A hidden name beside a file, of this process and of no other writer. */
export function temporaryName(base: string): string {
  const random = randomBytes(6).toString("hex");
  const mark = `${place ?? "unknown"}-${process.pid}-${threadId}-${random}${SUFFIX}`;
  let kept = base;
  while (Buffer.byteLength(kept) + mark.length + 2 > NAME_BYTES_MAX) kept = kept.slice(0, -1);
  return `.${kept}.${mark}`;
}

const lookedInto = new Set<string>();

/**
 * Delete what killed processes left in a directory. One listing a directory and process; what may
 * belong to a process that lives, or to another machine or container, stays.
 */
export async function removeLeftovers(directory: string): Promise<void> {
  if (place === undefined || lookedInto.has(directory)) return;
  if (lookedInto.size >= LOOKED_INTO_MAX) lookedInto.clear();
  lookedInto.add(directory);
  // Tidying is no part of the writing: where it is not possible, the file stays and is not listed.
  const names = await fsp.readdir(directory).catch(() => []);
  for (const name of names.filter(isTemporary)) {
    const [, where, pid] = /\.(\w+)-(\d+)-\d+-[0-9a-f]{12}\.millrace-tmp$/.exec(name) ?? [];
    if (where !== place || isAlive(Number(pid))) continue;
    const left = path.join(directory, name);
    // As above.
    await fsp.rm(left, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
