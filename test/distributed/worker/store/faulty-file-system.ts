import {
  nodeFileSystem,
  type SpillFileHandle,
  type SpillFileSystem,
} from "../../../../packages/distributed/src/worker/store/file-system.ts";

/** A file system that fails on demand; what it does not fail at, it does. */
export interface FaultyFileSystem extends SpillFileSystem {
  /** The error of the next calls of a kind, for instance "ENOSPC"; they work when it is absent. */
  failing: {
    /** For writing. */
    open?: string;
    openToRead?: string;
    write?: string;
    read?: string;
    close?: string;
    unlink?: string;
  };
  /** How many bytes can still be written before the disk is full. */
  roomBytes: number;
  /** One call moves no more than this many bytes. */
  bytesAtOnce: number;
  /** Calls wait for this. */
  gate: Promise<void> | undefined;
  /** Files open now, and the most at any time. */
  openFiles: number;
  openFilesMost: number;
  /** How often something was read. */
  readCount: number;
}

export function faultyFileSystem(): FaultyFileSystem {
  const self: FaultyFileSystem = {
    failing: {},
    roomBytes: Number.POSITIVE_INFINITY,
    bytesAtOnce: Number.POSITIVE_INFINITY,
    gate: undefined,
    openFiles: 0,
    openFilesMost: 0,
    readCount: 0,
    open: async (path, flags, mode) => {
      await self.gate;
      fail("open", flags === "r" ? self.failing.openToRead : self.failing.open);
      const handle = await nodeFileSystem.open(path, flags, mode);
      self.openFiles++;
      self.openFilesMost = Math.max(self.openFilesMost, self.openFiles);
      return faultyHandle(self, handle);
    },
    unlink: async (path) => {
      await self.gate;
      fail("unlink", self.failing.unlink);
      await nodeFileSystem.unlink(path);
    },
  };
  return self;
}

function faultyHandle(disk: FaultyFileSystem, handle: SpillFileHandle): SpillFileHandle {
  return {
    write: async (bytes, offset, length, position) => {
      await disk.gate;
      fail("write", disk.failing.write);
      // A disk that fills up takes what there is room for, and refuses only the next call.
      const room = Math.min(length, disk.roomBytes, disk.bytesAtOnce);
      if (room === 0 && length > 0) fail("write", "ENOSPC");
      disk.roomBytes -= room;
      return handle.write(bytes, offset, room, position);
    },
    read: async (bytes, offset, length, position) => {
      await disk.gate;
      fail("read", disk.failing.read);
      disk.readCount++;
      return handle.read(bytes, offset, Math.min(length, disk.bytesAtOnce), position);
    },
    readv: async (parts, position) => {
      await disk.gate;
      fail("read", disk.failing.read);
      disk.readCount++;
      const total = parts.reduce((sum, part) => sum + part.byteLength, 0);
      const some = total <= disk.bytesAtOnce ? parts : parts.slice(0, 1);
      return handle.readv(some, position);
    },
    close: async () => {
      await handle.close();
      disk.openFiles--;
      fail("close", disk.failing.close);
    },
  };
}

function fail(call: string, code: string | undefined): void {
  if (code === undefined) return;
  throw Object.assign(new Error(`${code}: made to fail, ${call}`), { code });
}
