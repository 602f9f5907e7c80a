import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Bench, BenchRow } from "./bench.ts";

/** `blocks` of 8 MiB go through a process that may take `limitMiB`. */
type Parameters = { readonly blocks: number; readonly limitMiB: number };

/**
 * A process of its own makes blocks of numbers and keeps all of them, then scales and adds them up.
 * `peakRatio` is the most that the process took at any time over its limit.
 */
export const bench: Bench<Parameters> = {
  name: "threads-memory",
  question: "How much memory does a process take whose data is four times its memory limit?",
  parameters: {
    small: { blocks: 8, limitMiB: 512 },
    full: { blocks: 256, limitMiB: 512 },
  },
  run({ blocks, limitMiB }) {
    const program = join(import.meta.dirname, "larger-than-memory.mjs");
    const text = execFileSync(process.execPath, [program, String(blocks), String(limitMiB)], {
      encoding: "utf8",
    });
    const { answer, ...row } = JSON.parse(text) as BenchRow & { readonly answer: string };
    return Promise.resolve({ rows: [row], answer });
  },
};
