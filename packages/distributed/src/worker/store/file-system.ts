import fsp from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";

/** An open file, as far as the store uses it; `FileHandle` of Node is one. */
export interface SpillFileHandle {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  read(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  readv(parts: Uint8Array[], position: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** The part of the file system that the store uses; a test may pass a broken one. */
export interface SpillFileSystem {
  open(path: string, flags: string, mode?: number): Promise<SpillFileHandle>;
  unlink(path: string): Promise<void>;
}

/** The file system of Node. */
export const nodeFileSystem: SpillFileSystem = fsp;

/** What one call moves at the most: its checksum takes the main thread about a millisecond. */
export const CHUNK_BYTES: number = 4 * 2 ** 20;

/** How often, and after how long at first, a file is opened again where handles have run out. */
const OPEN_TRIES_MAX = 6;
const OPEN_WAIT_MS = 20;

/** Opens a file, later if this process or the machine has too many open just now. */
export async function openPatiently(
  fileSystem: SpillFileSystem,
  path: string,
  flags: string,
  mode?: number,
): Promise<SpillFileHandle> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fileSystem.open(path, flags, mode);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const isPassing = code === "EMFILE" || code === "ENFILE" || code === "ENOMEM";
      if (!isPassing || attempt === OPEN_TRIES_MAX) throw error;
    }
    await wait(OPEN_WAIT_MS * 2 ** attempt);
  }
}
