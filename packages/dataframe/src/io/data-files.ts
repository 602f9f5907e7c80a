import type { Patterns } from "@millrace/storage";
import { globSync, StorageError, statSync } from "@millrace/storage";
import { invalidArgument } from "../errors.ts";
import { hasSyncReads } from "./bad-file.ts";
import type { FileVersion } from "./file-version.ts";
import { versionOf } from "./file-version.ts";

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
  return found.map(versionOf);
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
