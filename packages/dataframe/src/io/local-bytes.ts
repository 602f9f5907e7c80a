import { taskFault } from "@millrace/graph/tasks";
import { StorageError, readRangeSync } from "@millrace/storage";

/** Bytes of a file on this machine. */
export function localBytes(url: string, offset: number, length: number): Uint8Array {
  try {
    return readRangeSync(url, offset, length);
  } catch (error) {
    throw error instanceof StorageError ? taskFault(error) : error;
  }
}
