import type { Patterns } from "@millrace/storage";
import { globSync, StorageError, statSync } from "@millrace/storage";
import { dataFault, invalidArgument } from "../errors.ts";
import { hasSyncReads } from "./bad-file.ts";

/** A file as it was when it was planned; the size of one that must be waited for is 0. */
export interface FileVersion {
  readonly url: string;
  readonly size: number;
  readonly modifiedMs: number | undefined;
}

/** The files that paths, globs and folders stand for; a folder for all below it with an ending. */
export function dataFiles(api: string, urls: Patterns, ending: string): readonly FileVersion[] {
  if (typeof urls !== "string" && !(urls instanceof URL) && !Array.isArray(urls)) {
    throw invalidArgument(api, "no place to read", urls, "a path, a URL, or an array of them");
  }
  const given = Array.isArray(urls) ? (urls as readonly (string | URL)[]) : [urls as string];
  const found = given.flatMap((one) => globSync(withFolders(one, ending)));
  if (found.length === 0) {
    throw invalidArgument(api, "no files", "an empty list", "one path, glob or URL or more");
  }
  return found.map((url) => {
    if (!hasSyncReads(url)) return { url, size: 0, modifiedMs: undefined };
    const { size = 0, modifiedMs } = statSync(url);
    return { url, size, modifiedMs };
  });
}

/** Refuses a local file that is not what it was when it was planned: places in it mean nothing. */
export function checkUnchanged({ url, size, modifiedMs }: FileVersion): void {
  if (!hasSyncReads(url)) return;
  const now = statSync(url);
  if (now.size === size && now.modifiedMs === modifiedMs) return;
  const message =
    `${url}: the file has changed since the frame was made, got ${now.size} bytes, ` +
    `wanted the ${size} of then. Make the frame anew, or write results to another place.`;
  throw dataFault("dataframe/bad-file", message);
}

function withFolders(url: string | URL, ending: string): string | URL {
  if (!hasSyncReads(String(url)) || !isFolder(url)) return url;
  const path = url instanceof URL ? decodeURIComponent(url.pathname) : url;
  return `${path.replace(/[\\*?[\]{}()!+@]/g, "\\$&").replace(/\/$/, "")}/**/*.${ending}`;
}

function isFolder(url: string | URL): boolean {
  try {
    return statSync(url).kind === "directory";
  } catch (error) {
    // A glob, or nothing at all: the search for it tells, in better words.
    if (error instanceof StorageError && error.code === "storage/not-found") return false;
    throw error;
  }
}

/** The files of a source as people read them in a plan. */
export function labelOf(urls: Patterns): string {
  return Array.isArray(urls) ? urls.map(String).join(", ") : String(urls);
}
