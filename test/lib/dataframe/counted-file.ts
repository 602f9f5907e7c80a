import { statSync } from "node:fs";
import { open } from "node:fs/promises";

import { registerDriver } from "@millrace/storage";
import { onTestFinished } from "vitest";

type Range = readonly [start: number, end: number];

/** A file of which it is counted what is read. */
export interface CountedFile {
  readonly url: string;
  readonly ranges: Range[];
}

let fileCount = 0;

/** A file under a URL of its own, through a driver that notes the ranges that are read. */
export function countedFile(path: string): CountedFile {
  const ranges: Range[] = [];
  const { size } = statSync(path);
  const name = `counted${fileCount++}`;
  const unregister = registerDriver(name, {
    stat: async (url) => ({
      url,
      kind: "file",
      size,
      modifiedMs: 0,
      etag: undefined,
      ranged: true,
    }),
    async *read(_url, { start = 0, end = size }) {
      ranges.push([start, end]);
      const file = await open(path);
      try {
        const { buffer } = await file.read(new Uint8Array(end - start), 0, end - start, start);
        yield buffer;
      } finally {
        await file.close();
      }
    },
  });
  onTestFinished(unregister);
  // Footers are remembered by name: each file has one of its own.
  return { url: `${name}://files/${path.split("/").at(-1)}`, ranges };
}

/** Bytes that were read of a file. */
export function bytesOf({ ranges }: CountedFile): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}
