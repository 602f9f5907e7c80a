import type { Future } from "../futures/future.ts";

/** One file. */
export interface UploadedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Files that were uploaded together: they lie in one folder. */
export interface Upload {
  /** Of all that is in it, in hexadecimal digits. */
  readonly hash: string;
  /** Whether `.js` files are modules, as they were where they come from. */
  readonly isModule: boolean;
  /** Small ones are with the scheduler, others with the workers. */
  readonly files: readonly UploadedFile[] | Future<readonly UploadedFile[]>;
}

/** Characters of the name of a file. */
export const fileNameMax = 200;

/** Whether a text names a file of a folder, on any system, and nothing else. */
export function isFileName(name: unknown): name is string {
  if (typeof name !== "string" || name.length === 0 || name.length > fileNameMax) return false;
  return name !== "." && name !== ".." && !/[/\\:\0]/.test(name);
}
