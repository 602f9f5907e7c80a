import { statSync } from "@millrace/storage";
import { dataFault } from "../errors.ts";
import { hasSyncReads } from "./bad-file.ts";
import { storageFault } from "./storage-fault.ts";

/**
 * A file as it was when it was planned. Of one that must be waited for, and of a pipe, nothing is
 * known: size 0, and no time.
 */
export interface FileVersion {
  readonly url: string;
  readonly size: number;
  readonly modifiedMs: number | undefined;
}

/** A file as it is now. */
export function versionOf(url: string): FileVersion {
  const unknown = { url, size: 0, modifiedMs: undefined };
  if (!hasSyncReads(url)) return unknown;
  const { kind, size = 0, modifiedMs } = statSync(url);
  return kind === "file" ? { url, size, modifiedMs } : unknown;
}

/** Refuses a local file that is not what it was when it was planned: places in it mean nothing. */
export function checkUnchanged({ url, size, modifiedMs }: FileVersion): void {
  if (modifiedMs === undefined) return;
  const now = versionNow(url);
  if (now.size === size && now.modifiedMs === modifiedMs) return;
  const message =
    `${url}: the file has changed since the frame was made, got ${versionText(now)}, ` +
    `wanted ${versionText({ size, modifiedMs })}. Make the frame anew.`;
  throw dataFault("dataframe/bad-file", message);
}

function versionNow(url: string): FileVersion {
  try {
    return versionOf(url);
  } catch (error) {
    throw storageFault(error);
  }
}

function versionText({ size, modifiedMs }: Omit<FileVersion, "url">): string {
  if (modifiedMs === undefined) return "no file";
  return `${size} bytes of ${new Date(modifiedMs).toISOString()}`;
}
