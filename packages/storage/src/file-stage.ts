import type { Stats } from "node:fs";
import fsp from "node:fs/promises";
import path from "node:path";
import type { SignalOption, StorageStage } from "./driver.ts";
import { fileFailure } from "./file-failure.ts";
import { moveWithoutReplacing, syncDirectory, targetOf } from "./file-sink.ts";
import { checkAborted } from "./storage-error.ts";
import { removeLeftovers, temporaryName } from "./temporary-name.ts";

type StageOptions = SignalOption & { readonly overwrite: boolean };

/** A file of a stage: written at `staged`, it will be at `target`. */
interface Staged {
  readonly url: string;
  readonly target: string;
  readonly staged: string;
}

/**
 * Files written into hidden folders beside their places, and renamed when all are there. What is
 * still being written when a stage is discarded goes with its folder.
 */
export async function fileStage(
  urls: readonly string[],
  { overwrite, signal }: StageOptions,
): Promise<StorageStage> {
  const folders = new Map<string, string>();
  const discard = async (): Promise<void> => {
    for (const folder of folders.values()) {
      // A file that is made meanwhile is in the way once.
      const remove = { recursive: true, force: true, maxRetries: 4 };
      await fsp.rm(folder, remove).catch(fileFailure("write", folder));
    }
  };
  try {
    const parts: (Staged | undefined)[] = [];
    for (const [number, url] of urls.entries()) {
      checkAborted("write", url, signal);
      parts.push(await stagedAt(url, number, overwrite, folders).catch(fileFailure("write", url)));
    }
    const commit = async (): Promise<void> => {
      await placeAll(
        parts.filter((part) => part !== undefined),
        overwrite,
      );
      for (const directory of folders.keys()) await syncDirectory(directory);
      // All files are in their places; what stays is hidden, and never globbed.
      await discard().catch(() => undefined);
    };
    return { urls: parts.map((part, i) => part?.staged ?? (urls[i] as string)), commit, discard };
  } catch (error) {
    // What went wrong first is the news; what stays is hidden, and never globbed.
    await discard().catch(() => undefined);
    throw error;
  }
}

/** Where one file goes meanwhile; undefined for a device or a pipe, which is written in place. */
async function stagedAt(
  url: string,
  number: number,
  overwrite: boolean,
  folders: Map<string, string>,
): Promise<Staged | undefined> {
  const before = await statOf(url);
  if (before?.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
  if (before !== undefined && !overwrite) throw Object.assign(new Error(), { code: "EEXIST" });
  if (before !== undefined && !before.isFile()) return undefined;
  const target = await targetOf(url);
  const directory = path.dirname(target);
  let folder = folders.get(directory);
  if (folder === undefined) {
    await fsp.mkdir(directory, { recursive: true });
    await removeLeftovers(directory);
    folder = path.join(directory, temporaryName("write"));
    await fsp.mkdir(folder);
    folders.set(directory, folder);
  }
  return { url, target, staged: path.join(folder, stagedName(number, path.basename(url))) };
}

const KEPT_BYTES_MAX = 200;

/** The end of the name, which says how the file is compressed; links may lead to one folder. */
function stagedName(number: number, base: string): string {
  let kept = base;
  while (Buffer.byteLength(kept) > KEPT_BYTES_MAX) kept = kept.slice(1);
  return `${number}-${kept}`;
}

/** Puts all files in their places, or none where one of them cannot be. */
async function placeAll(parts: readonly Staged[], overwrite: boolean): Promise<void> {
  const undos: (() => Promise<void>)[] = [];
  for (const part of parts) {
    try {
      undos.push(await (overwrite ? replace(part) : move(part)));
    } catch (error) {
      // What cannot be undone keeps the new file, which is whole; the first error is the news.
      for (const undo of undos.toReversed()) await undo().catch(() => undefined);
      fileFailure("write", part.url)(error);
    }
  }
}

/** Puts a file where there may be one; gives what brings the old one back. */
async function replace({ target, staged }: Staged): Promise<() => Promise<void>> {
  const before = await statOf(target);
  if (before === undefined) {
    await fsp.rename(staged, target);
    return async () => fsp.rename(target, staged);
  }
  // A file system without modes refuses, and has none to keep.
  await fsp.chmod(staged, before.mode & 0o7777).catch(() => undefined);
  const old = `${staged}.old`;
  // Where there are no hard links there is no way back.
  const isKept = await fsp.link(target, old).then(
    () => true,
    () => false,
  );
  await fsp.rename(staged, target);
  return async () => (isKept ? fsp.rename(old, target) : undefined);
}

/** Puts a file where there is none. */
async function move({ target, staged }: Staged): Promise<() => Promise<void>> {
  await moveWithoutReplacing(staged, target);
  return async () => fsp.rename(target, staged);
}

async function statOf(url: string): Promise<Stats | undefined> {
  try {
    return await fsp.stat(url);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
