import fs from "node:fs";
import fsp from "node:fs/promises";
import path from "node:path";
import type { SignalOption, StorageSink } from "./driver.ts";
import { fileFailure } from "./file-failure.ts";
import { checkAborted } from "./storage-error.ts";
import { isTemporary, removeLeftovers, temporaryName } from "./temporary-name.ts";

type SinkOptions = SignalOption & { readonly overwrite: boolean };

/**
 * Write to a hidden sibling, then rename it over the target: readers see the old file or the whole
 * new one.
 */
export async function fileSink(url: string, options: SinkOptions): Promise<StorageSink> {
  checkAborted("write", url, options.signal);
  const fail = fileFailure("write", url);
  const before = await fsp.stat(url).catch((error: NodeJS.ErrnoException) => {
    return error.code === "ENOENT" ? undefined : fail(error);
  });
  if (before?.isDirectory()) return fail(Object.assign(new Error(), { code: "EISDIR" }));
  if (before !== undefined && !options.overwrite)
    return fail(Object.assign(new Error(), { code: "EEXIST" }));
  // Renaming over a device or a pipe would replace the thing itself, so those are written in place.
  if (before !== undefined && !before.isFile()) return deviceSink(url);
  // A link stays a link: the file that it leads to is the one replaced.
  const target = await targetOf(url).catch(fail);
  const directory = path.dirname(target);
  // The folder of a stage is there, or was discarded and must not come back.
  if (!isTemporary(path.basename(directory))) {
    await fsp.mkdir(directory, { recursive: true }).catch(fail);
    await removeLeftovers(directory);
  }
  const temporary = path.join(directory, temporaryName(path.basename(target)));
  const file = await fsp.open(temporary, "wx", before?.mode).catch(fail);
  // The umask had its say at open. A file system without modes refuses, and has none to keep.
  if (before !== undefined) await file.chmod(before.mode & 0o7777).catch(() => undefined);
  return temporarySink(file, temporary, target, options.overwrite, fail);
}

const LINKS_MAX = 40;

/** The file that a path stands for, at the end of its links, whether it is there or not. */
export async function targetOf(url: string): Promise<string> {
  let target = url;
  for (let links = 0; links < LINKS_MAX; links++) {
    const next = await fsp.readlink(target).catch((error: NodeJS.ErrnoException) => {
      // No link, or nothing there.
      if (error.code === "EINVAL" || error.code === "ENOENT") return undefined;
      throw error;
    });
    if (next === undefined) return target;
    // What a relative link starts from is the directory that it is really in.
    target = path.resolve(await fsp.realpath(path.dirname(target)), next);
  }
  throw Object.assign(new Error("too many links"), { code: "ELOOP" });
}

function temporarySink(
  file: fsp.FileHandle,
  temporary: string,
  target: string,
  overwrite: boolean,
  fail: (error: unknown) => never,
): StorageSink {
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await file.close();
  };
  return {
    write: async (chunk) => file.writeFile(chunk).catch(fail),
    commit: async () => {
      try {
        await file.sync();
        await close();
        if (overwrite) await fsp.rename(temporary, target);
        else await moveWithoutReplacing(temporary, target);
        await syncDirectory(path.dirname(target));
      } catch (error) {
        fail(error);
      }
    },
    abort: async () => {
      await close();
      await fsp.rm(temporary, { force: true }).catch(fail);
    },
  };
}

async function deviceSink(url: string): Promise<StorageSink> {
  const fail = fileFailure("write", url);
  const file = await fsp.open(url, fs.constants.O_WRONLY).catch(fail);
  const close = async (): Promise<void> => file.close().catch(fail);
  return { write: async (chunk) => file.writeFile(chunk).catch(fail), commit: close, abort: close };
}

/** Gives a file a name that must be free. */
export async function moveWithoutReplacing(temporary: string, target: string): Promise<void> {
  try {
    // A hard link is the one POSIX call that names a finished file and refuses an existing name, in
    // one step.
    await fsp.link(temporary, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP" && code !== "ENOSYS")
      throw error;
    // No hard links on this file system: reserve the name, then replace the reservation.
    await (await fsp.open(target, "wx")).close();
    await fsp.rename(temporary, target);
    return;
  }
  await fsp.unlink(temporary);
}

/** Makes the names in a folder durable, where the system can. */
export async function syncDirectory(directory: string): Promise<void> {
  // Some systems cannot open or sync a directory; the file itself is synced and in place.
  const handle = await fsp.open(directory, "r").catch(() => undefined);
  if (handle === undefined) return;
  // As above.
  await handle.sync().catch(() => undefined);
  await handle.close();
}
