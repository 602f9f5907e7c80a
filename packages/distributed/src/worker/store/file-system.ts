import fsp from "node:fs/promises";

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
