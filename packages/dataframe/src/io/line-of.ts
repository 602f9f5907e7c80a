import type { TextFormat } from "./text-format.ts";
import { decodedChunks } from "./decoded-chunks.ts";
import { localBytes } from "./local-bytes.ts";

const LF = 10;
const CHUNK_BYTES = 1 << 20;

/** The number of the line at a place of a file, from 1 on: read only to say where a bad row is. */
export function lineOfBlock(url: string, at: number): number {
  let line = 1;
  for (let offset = 0; offset < at; offset += CHUNK_BYTES) {
    line += lineEnds(localBytes(url, offset, Math.min(CHUNK_BYTES, at - offset)));
  }
  return line;
}

/** As {@link lineOfBlock}, of a file that is read as a stream. */
export async function lineOfStream(url: string, at: number, settings: TextFormat): Promise<number> {
  let line = 1;
  let left = at;
  for await (const chunk of decodedChunks(url, settings)) {
    line += lineEnds(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  return line;
}

function lineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}
